"""What a sweep trains and measures: whatever is missing or stale, in order, and nothing that is current."""

import pytest

from genrep import inception_steps, steps
from genrep.data.weight_files import published_sha256, weights_path
from genrep.errors import UserError
from genrep.files import write_json
from genrep.params import load
from genrep.sweep import run as running
from genrep.workflow import Plan
from tests.conftest import ROOT

NAME = "fashion_mnist_is"
USED, TRAINED = "vae", "vae--vae-reconstruction--bernoulli"
MEASURED = "vae--inception-splits--splits-10"


@pytest.fixture
def plan(tmp_path, monkeypatch):
    (tmp_path / "replications").symlink_to(ROOT / "replications")
    monkeypatch.chdir(tmp_path)
    found = Plan(load(ROOT / "params.yaml"), NAME, "smoke")
    statistics = steps.folder_of(found, found.params.evaluation.classifier, 0) / "statistics.npz"
    statistics.parent.mkdir(parents=True)
    statistics.touch()
    return found


@pytest.fixture
def calls(monkeypatch):
    """The steps that were taken, in place of taking them."""
    made: list[tuple[str, ...]] = []
    monkeypatch.setattr(steps, "train", lambda plan, device, name, seed: made.append(("train", name, seed)))
    monkeypatch.setattr(steps, "evaluate", lambda plan, device, name, seed: made.append(("evaluate", name, seed)))
    monkeypatch.setattr(
        steps, "measure_real", lambda plan, device, classifier: made.append(("measure_real", classifier))
    )
    return made


def swept(plan, *names):
    """A sweep over the readings of these names."""
    found = {v.name: v for variants in plan.sweeps.values() for v in variants if not v.not_run}
    return {"a": [found[name] for name in names]}


@pytest.fixture
def stale(monkeypatch):
    """In place of comparing measurements with the working tree: these runs, and these real images, are not current."""

    def set_stale(*names: str) -> None:
        monkeypatch.setattr(running, "difference", lambda plan, name, seed: "it differs" if name in names else "")
        monkeypatch.setattr(running, "difference_of_real", lambda plan, name: "it differs" if name in names else "")

    return set_stale


def test_only_what_is_missing_is_run(plan, calls, stale):
    stale(TRAINED, MEASURED)
    said: list[str] = []
    running.run(plan, "cpu", swept(plan, USED, TRAINED, MEASURED), said.append)
    assert calls == [("train", TRAINED, 0), ("evaluate", TRAINED, 0), ("train", USED, 0), ("evaluate", MEASURED, 0)]
    assert said == [f"1 of 2: {TRAINED}, seed 0", f"2 of 2: {MEASURED}, seed 0"]


def test_nothing_is_run_where_all_is_current(plan, calls, stale):
    stale()
    said: list[str] = []
    running.run(plan, "cpu", swept(plan, USED, TRAINED), said.append)
    assert calls == []
    assert said == ["every reading has been measured"]


def test_without_real_images_everything_is_measured(plan, calls, stale):
    stale("classifier")
    running.run(plan, "cpu", swept(plan, USED), lambda line: None)
    assert calls == [
        ("train", "classifier", 0),
        ("measure_real", "classifier"),
        ("train", USED, 0),
        ("evaluate", USED, 0),
    ]


def test_spoilt_weights_are_refused_before_anything_is_trained(plan, calls, stale):
    stale(TRAINED)
    weights = weights_path("inception")
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"cut short")
    write_json(weights.with_suffix(".json"), {"sha256": "0" * 64, "source_sha256": published_sha256("inception")})
    with pytest.raises(UserError, match=r"inception\.safetensors has sha256 .*; delete it and run: genrep data fetch"):
        running.run(plan, "cpu", swept(plan, TRAINED), lambda line: None)
    assert calls == []


def test_readings_are_measured_on_inception_features_where_the_weights_are(plan, calls, stale, monkeypatch):
    stale()
    monkeypatch.setattr(running, "missing_weights", lambda name: "")
    monkeypatch.setattr("genrep.metrics.weights.Weights.verify", lambda weights: None)
    monkeypatch.setattr(inception_steps, "evaluate", lambda plan, device, name, *_: calls.append(("inception", name)))
    monkeypatch.setattr(
        inception_steps, "measure_real", lambda plan, device, name, *_: calls.append(("inception of real", name))
    )
    running.run(plan, "cpu", swept(plan, TRAINED, MEASURED), lambda line: None)
    assert calls == [
        ("inception of real", "classifier"),
        *(("train", TRAINED, 0), ("inception", TRAINED)),
        *(("train", USED, 0), ("inception", MEASURED)),
    ]


def test_a_measurement_without_its_classifier_is_kept_and_others_wait_for_it(plan, calls, stale):
    (steps.folder_of(plan, plan.params.evaluation.classifier, 0) / "statistics.npz").unlink()
    stale(TRAINED)
    running.run(plan, "cpu", swept(plan, USED, TRAINED), lambda line: None)
    assert calls[:2] == [("train", "classifier", 0), ("measure_real", "classifier")]
    assert ("train", USED, 0) not in calls
