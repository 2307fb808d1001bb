"""A replication's blocks: whose sample counts hold, and what identifies it."""

import pytest
from pydantic import ValidationError

from genrep.errors import UserError
from genrep.params import EvaluationParams, TimingParams, load, merge, resolve
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def full():
    return resolve(load(ROOT / "params.yaml"), "mnist_timing", "full")


def with_evaluation(replication, **changes):
    return replication.model_copy(update={"evaluation": replication.evaluation.model_copy(update=changes)})


def test_run_belongs_to_the_model_before_its_variant(full):
    assert {full.model_of(name) for name in full.runs} == {"vae", "gan", "diffusion", "classifier"}
    assert full.model_of("classifier") == "classifier"


def test_sample_counts_of_a_model_replace_the_general_ones(full):
    changed = with_evaluation(full, samples=(2000, 500), samples_of={"diffusion": (300, 100)})
    assert changed.samples_of("vae-adam") == (500, 2000)
    assert {changed.samples_of(f"diffusion-{o}") for o in ("adam", "sgd")} == {(100, 300)}


def test_values_leave_every_default_out(full):
    values = full.values()
    assert values["runs"] == {name: run.values() for name, run in full.runs.items()}
    assert "deviations" not in values
    assert all("seeds" in run for name, run in values["runs"].items() if name in ("vae-adam", "gan-adam"))
    assert "seeds" not in values["runs"]["vae-sgd"]
    assert with_evaluation(full, confidence=0.5).values() != values


def test_mutable_defaults_are_not_shared():
    one, other = (EvaluationParams(classifier="c", samples=(5,), confidence=0.9, seed=1) for _ in range(2))
    one.samples_of["vae"] = (1,)
    assert other.samples_of == {}


@pytest.mark.parametrize("wrong", [{"epochs": 1}, {"steps": 1}, {"runs": ()}, {"threads": 0}])
def test_timing_needs_a_steady_state(wrong):
    right = {"runs": ("vae-adam",), "epochs": 2, "steps": 2, "threads": 1}
    TimingParams.model_validate(right)
    with pytest.raises(ValidationError):
        TimingParams.model_validate(right | wrong)


def with_second_classifier(replication, **classifier_of):
    runs = replication.runs | {"other": replication.runs["classifier"]}
    values = replication.model_dump() | {"runs": {name: run.model_dump() for name, run in runs.items()}}
    values["evaluation"]["classifier_of"] = classifier_of
    return type(replication).model_validate(values)


def test_models_of_another_data_set_have_a_classifier_of_their_own(full):
    two = with_second_classifier(full, gan="other")
    assert (two.classifier_of("gan-sgd"), two.classifier_of("vae-adam")) == ("other", "classifier")
    assert two.classifiers == ("classifier", "other")
    assert full.classifiers == ("classifier",)


@pytest.mark.parametrize(("wrong", "hint"), [({"gun": "other"}, "'gan'"), ({"gan": "othr"}, "'other'")])
def test_a_mistyped_classifier_or_model_is_named(full, wrong, hint):
    with pytest.raises(ValidationError, match=f"evaluation.classifier_of: .* did you mean {hint}"):
        with_second_classifier(full, **wrong)


def changed(replication, **blocks):
    """The replication validated again, with some blocks laid over."""
    values = replication.model_dump() | {"runs": {name: run.model_dump() for name, run in replication.runs.items()}}
    return type(replication).model_validate(merge(values, blocks))


def test_epochs_that_are_looked_at_have_snapshots(full):
    looked_at = changed(full, evaluation={"looked_at": {"vae": [5, 10]}})
    assert looked_at.looked_at("vae-adam") == (5, 10)
    assert looked_at.looked_at("gan-adam") == ()
    with pytest.raises(ValidationError, match="looked_at: diffusion-adam keeps no snapshot of epoch 4; it has 1, 2, 3"):
        changed(full, evaluation={"looked_at": {"diffusion": [4]}})
    with pytest.raises(ValidationError, match="looked_at: vae-adam keeps no snapshot of epoch 60"):
        changed(full, evaluation={"looked_at": {"vae": [60]}})
    with pytest.raises(ValidationError, match=r"looked_at: 'vea' is not one of .* - did you mean 'vae'"):
        changed(full, evaluation={"looked_at": {"vea": [5]}})


def test_what_a_scale_leaves_out_is_not_among_its_runs(full):
    assert full.runs_here == full.runs
    without = changed(full, left_out={"diffusion": "run elsewhere"})
    assert {without.model_of(name) for name in without.runs_here} == {"vae", "gan", "classifier"}
    assert without.runs == full.runs
    with pytest.raises(ValidationError, match="left_out: 'difusion' is not one of"):
        changed(full, left_out={"difusion": "run elsewhere"})


def test_a_classifier_of_what_is_left_out_is_idle(full):
    two = with_second_classifier(full, gan="other")
    assert two.classifiers == ("classifier", "other")
    without = changed(two, left_out={"gan": "run elsewhere"})
    assert without.classifiers == ("classifier",)
    assert "other" not in without.runs_here
    neither = changed(two, left_out={"vae": "elsewhere", "diffusion": "elsewhere"})
    assert neither.classifiers == ("other",)
    assert set(neither.runs_here) == {name for name in two.runs if name.startswith("gan")} | {"other"}


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"evaluation": {"also": {"vea": {"kind": "latent_prior"}}}}, "evaluation.also: 'vea' is not one of .*'vae'"),
        ({"sampling_times": {"runs": ["gann"]}}, "sampling_times.runs: 'gann' is not one of .*'gan'"),
    ],
)
def test_names_in_the_blocks_are_checked(block, words):
    params = load(ROOT / "params.yaml")
    params["thesis"]["smoke"] = merge(params["thesis"]["smoke"], block)
    with pytest.raises(UserError, match=words):
        resolve(params, "thesis", "smoke")
