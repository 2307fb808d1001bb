"""What identifies a run, and which of its epochs are kept."""

import json

import pytest
from pydantic import ValidationError

from genrep.files import sha256_json
from genrep.params import RunParams
from genrep.params.training import AdamParams, SGDParams


class WithAnotherFeature(RunParams):
    """The schema after somebody added a parameter."""

    warmup: int = 0


def test_new_feature_keeps_the_identity_of_old_runs(smoke_runs):
    for run in smoke_runs.values():
        later = WithAnotherFeature.model_validate(run.model_dump())
        assert sha256_json(later.training_values()) == sha256_json(run.training_values())
        on = later.model_copy(update={"warmup": 5})
        assert on.training_values() == run.training_values() | {"warmup": 5}


def test_default_written_out_is_the_default(smoke_runs):
    run = smoke_runs["vae-sgd"]
    assert run.optimizer.values() == {"kind": "sgd", "lr": 0.01}
    assert SGDParams(kind="sgd", lr=0.01, momentum=0.0).values() == run.optimizer.values()
    spelled = RunParams.model_validate(run.model_dump() | {"ema": None, "accumulate": 1, "compile": False})
    assert spelled.values() == run.values()


@pytest.mark.parametrize(
    "change",
    [{"batch_size": 7}, {"ema": 0.5}, {"accumulate": 2}, {"replacement": True}, {"lr_decay": "linear"}, {"threads": 3}],
)
def test_what_trains_differently_is_told_apart(smoke_runs, change):
    run = smoke_runs["vae-adam"]
    assert run.model_copy(update=change).training_values() != run.training_values()


def test_seeds_and_sampler_do_not_identify_a_trained_model(smoke_runs):
    run = smoke_runs["diffusion-adam"]
    sampler = run.sampler.model_copy(update={"guidance": 2.0})
    assert run.model_copy(update={"seeds": (4, 5), "sampler": sampler}).training_values() == run.training_values()


def test_values_are_json_that_makes_the_same_run_again(smoke_runs, garment_runs):
    for run in (*smoke_runs.values(), *garment_runs.values()):
        assert RunParams.model_validate(json.loads(json.dumps(run.values()))) == run


def test_parameters_cannot_be_changed_in_place(smoke_runs):
    with pytest.raises(ValidationError, match="frozen"):
        smoke_runs["vae-adam"].epochs = 3


def test_keras_and_torch_epsilon_are_different_optimizers():
    keras, torch = (AdamParams(kind="adam", lr=1e-3, betas=(0.9, 0.999), eps=eps) for eps in (1e-7, 1e-8))
    assert keras.values() != torch.values()


def test_optimizer_of_a_phase_is_laid_over_the_common_one(garment_runs):
    run = garment_runs["wgan"]
    assert run.optimizer_for("critic") == run.optimizer
    assert run.optimizer_for("generator") == run.optimizer.model_copy(update={"lr": 1e-3})
    other_kind = {"kind": "rmsprop", "lr": 5e-5, "alpha": 0.9, "eps": 1e-8}
    changed = RunParams.model_validate(run.values() | {"optimizer_of": {"critic": other_kind}})
    assert changed.optimizer_for("critic").values() == other_kind
    assert changed.optimizer_for("generator") == run.optimizer
    with pytest.raises(ValidationError, match=r"optimizer_of\.critic\.rmsprop\.alpha"):  # another kind inherits nothing
        RunParams.model_validate(run.values() | {"optimizer_of": {"critic": {"kind": "rmsprop", "lr": 1, "eps": 1}}})


def test_run_without_optimizers_by_phase_is_identified_as_before(smoke_runs, garment_runs):
    assert all("optimizer_of" not in run.training_values() for run in smoke_runs.values())
    assert garment_runs["gan"].training_values()["optimizer_of"]["generator"]["betas"] == [0.5, 0.999]


@pytest.mark.parametrize(
    ("snapshots", "kept"),
    [("all", (1, 2, 3, 4, 5)), ((), (5,)), ((2,), (2, 5)), ((4, 1), (1, 4, 5)), ((5, 3, 3), (3, 5))],
)
def test_snapshot_epochs_are_ascending_and_end_with_the_last(smoke_runs, snapshots, kept):
    run = smoke_runs["vae-adam"].model_copy(update={"epochs": 5, "snapshots": snapshots})
    assert run.snapshot_epochs() == kept


def test_run_without_sampler_keeps_no_snapshots(smoke_runs):
    run = smoke_runs["classifier"].model_copy(update={"snapshots": "all"})
    assert run.snapshot_epochs() == ()


def test_a_predicted_class_and_the_auxiliary_objective_need_each_other(smoke_runs):
    network = {"kind": "strided_gan", "latent": 4, "generator": (4,), "discriminator": (4,), "kernel": 4, "slope": 0.2}
    game = {"kind": "gan", "real_label": 1.0}
    auxiliary = {"kind": "auxiliary", "game": game, "weight": 1.0}
    values = smoke_runs["gan-adam"].model_dump()
    for classes, objective, fits in (
        ("predicted", auxiliary, True),
        ("told", game, True),
        ("told", auxiliary, False),
        ("predicted", game, False),
    ):
        block = values | {"network": network | {"classes": classes}, "objective": objective}
        if fits:
            assert RunParams.model_validate(block).network.classes == classes
        else:
            with pytest.raises(ValidationError, match="need each other"):
                RunParams.model_validate(block)


# -- what cannot be trained is refused when it is read ----------------------------------------------------------------

FOUR = {"resolution": 4, "epochs": 1, "batch_size": 8}
EIGHT, SIXTEEN = FOUR | {"resolution": 8}, FOUR | {"resolution": 16, "epochs": 2}


@pytest.mark.parametrize(
    ("growth", "words"),
    [
        ([FOUR, EIGHT], r"its parts have 2 epochs, the run has 4"),
        ([FOUR, EIGHT | {"epochs": 3}], r"ends at 8, but the networks lead to 16"),
        ([FOUR, EIGHT, EIGHT | {"epochs": 2}], r"each resolution is twice the one before, not 4, 8, 8"),
        ([FOUR | {"fade": 1}, EIGHT, SIXTEEN], r"the first resolution has nothing to fade in from"),
        ([FOUR, EIGHT, SIXTEEN | {"fade": 3}], r"fade: 3 epochs are more than the 2 at 16"),
    ],
)
def test_growth_leads_to_the_size_of_the_networks(thesis_runs, growth, words):
    with pytest.raises(ValidationError, match=words):
        RunParams.model_validate(thesis_runs["gan"].values() | {"growth": growth})


def test_moving_average_asked_from_a_run_without(thesis_runs):
    values = thesis_runs["diffusion"].values()
    del values["ema"]
    with pytest.raises(ValidationError, match=r"sampler\.average: the run keeps no moving average; set ema, 0\.9999"):
        RunParams.model_validate(values)
    with pytest.raises(ValidationError, match="ema_warm_up: the run keeps no moving average"):
        RunParams.model_validate(values | {"sampler": {"kind": "ancestral"}})


def test_micro_batches_divide_the_batch_of_every_resolution(thesis_runs):
    with pytest.raises(ValidationError, match="accumulate: 16 does not divide batch_size 8"):
        RunParams.model_validate(thesis_runs["gan"].values() | {"batch_size": 16, "accumulate": 16})


@pytest.mark.parametrize("name", ["vae", "diffusion"])
def test_channels_divide_by_the_groups(thesis_runs, name):
    values = thesis_runs[name].values()
    with pytest.raises(ValidationError, match="channels: 4 does not divide by groups 3"):
        RunParams.model_validate(values | {"network": values["network"] | {"groups": 3}})


@pytest.mark.parametrize("value", [True, False, "cuda"])
def test_compilation_is_on_off_or_for_gpus(thesis_runs, value):
    assert RunParams.model_validate(thesis_runs["vae"].values() | {"compile": value}).compile == value
