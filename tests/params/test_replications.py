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


def test_a_scale_may_leave_models_out():
    """With what the evaluation says of them."""
    full, desk = (resolve(load(ROOT / "params.yaml"), "thesis", scale) for scale in ("full", "desk"))
    assert "gan_landscapes" in full.runs
    assert "gan_landscapes" in full.evaluation.classifier_of
    assert [*desk.runs] == ["vae", "gan", "diffusion", "classifier"]
    assert desk.evaluation.classifier_of == {}
    assert [*desk.evaluation.samples_of] == ["diffusion"]
    assert [*desk.evaluation.also] == ["vae"]


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
