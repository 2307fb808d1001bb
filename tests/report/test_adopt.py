"""Adoption of the repository's own committed measurements, as they are and spoiled in a copy."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genrep.files import read_json, write_json
from genrep.identity import inception_code, inception_identity, measuring_code, training_code
from genrep.layout import adoption_path
from genrep.params import load
from genrep.report.adopt import adopt, difference, difference_of_real
from genrep.study_plan import studies_key, study_code
from genrep.workflow import Plan
from tests.report.conftest import ROOT

COMMITTED = Path("results/full/mnist_timing/measurements")
VAE, GAN = "vae-adam-seed0", "gan-rmsprop-seed0"


def tree_params() -> dict[str, Any]:
    """``params.yaml`` as it stands."""
    return load(ROOT / "params.yaml")


def plan(params: dict[str, Any] | None = None) -> Plan:
    return Plan(params or tree_params(), "mnist_timing", "full")


def edit(name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a measurement in the copy."""
    path = COMMITTED / f"{name}.json"
    record = read_json(path)
    change(record)
    write_json(path, record)


@pytest.fixture
def committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with nothing but two committed measurements and the real images'."""
    monkeypatch.chdir(tmp_path)
    COMMITTED.mkdir(parents=True)
    for name in ("real", VAE, GAN):
        shutil.copy(ROOT / COMMITTED / f"{name}.json", COMMITTED)


@pytest.fixture
def current(committed: None) -> None:
    """The same as if today's code had made them, so that only what a test spoils does not match."""

    def restamp(record: dict[str, Any], run: str) -> None:
        is_classifier = run == "classifier"
        parameters = plan().run(run)
        record["classifier" if is_classifier else "provenance"]["code"] = training_code(parameters)
        record["evaluation"]["code"] = measuring_code(plan().params, None if is_classifier else run)

    for name, run in (("real", "classifier"), (VAE, "vae-adam"), (GAN, "gan-rmsprop")):
        edit(name, lambda record, run=run: restamp(record, run))


def test_committed_measurements_match_the_working_tree(committed: None) -> None:
    assert adopt(plan()).refused == {}


def test_what_matches_is_adopted_with_its_key(current: None) -> None:
    found = adopt(plan())
    assert found.refused == {}
    assert found.adopted == {
        "real": plan().training_key("classifier", 0),
        VAE: plan().measuring_key("vae-adam", 0),
        GAN: plan().measuring_key("gan-rmsprop", 0),
    }
    assert found.outputs == [f"{COMMITTED}/{name}.json" for name in ("real", VAE, GAN)]
    assert read_json(adoption_path("full", "mnist_timing")) == found.adopted


def test_what_has_no_measurement_is_listed(current: None) -> None:
    expected = {f"{name}-seed{seed}" for name, seed in plan().measured()} - {VAE, GAN}
    missing = adopt(plan()).missing
    assert set(missing) == expected | {"epoch_times"}
    assert len(missing) == len(set(missing))


def test_nothing_at_all_is_adopted_from_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = adopt(plan())
    assert (found.adopted, found.refused, found.outputs) == ({}, {}, [])
    assert "real" in found.missing


def set_at(*path: str, value: Any = "0" * 64) -> Callable[[dict[str, Any]], None]:
    """A change of one value deep in a record."""

    def change(record: dict[str, Any]) -> None:
        for key in path[:-1]:
            record = record[key]
        assert record.get(path[-1]) != value
        record[path[-1]] = value

    return change


SPOILED = {
    "another learning rate": (
        set_at("provenance", "identity", "params", "optimizer", "lr", value=0.5),
        "parameters.params.optimizer.lr: recorded 0.5, now 0.001",
    ),
    "a parameter of old": (
        set_at("provenance", "identity", "params", "replacement", value=True),
        "parameters.params.replacement: recorded True, now None",
    ),
    "other data": (set_at("provenance", "identity", "data"), "data: recorded 000000000000..., now 16b6ddb605ce..."),
    "another seed": (set_at("provenance", "identity", "seed", value=7), "parameters.seed: recorded 7, now 0"),
    "other training code": (set_at("provenance", "code"), "training code: recorded 000000000000..., now "),
    "other measuring code": (set_at("evaluation", "code"), "measuring code: recorded 000000000000..., now "),
    "another protocol": (
        set_at("how", "protocol", "confidence", value=0.5),
        "protocol.protocol.confidence: recorded 0.5, now 0.9",
    ),
    "other snapshots": (set_at("how", "snapshots", value=[50]), "protocol.snapshots: recorded [50], now "),
    "another classifier": (set_at("classifier"), "classifier: recorded 000000000000..., now "),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_what_does_not_match_is_refused_and_says_in_what(current: None, spoiled: str) -> None:
    change, reason = SPOILED[spoiled]
    edit(VAE, change)
    found = adopt(plan())
    assert found.refused.keys() == {VAE}
    assert found.refused[VAE].startswith(reason)
    assert "\n" not in found.refused[VAE]
    assert set(found.adopted) == {"real", GAN}
    assert read_json(adoption_path("full", "mnist_timing")).keys() == {"real", GAN}
    assert f"{COMMITTED}/{VAE}.json" not in found.outputs


def test_an_edit_of_params_refuses_what_it_concerns(current: None) -> None:
    params = tree_params()
    params["mnist_timing"]["full"]["runs"]["vae"]["batch_size"] = 64
    found = adopt(plan(params))
    assert found.refused == {VAE: "parameters.params.batch_size: recorded 128, now 64"}
    assert set(found.adopted) == {"real", GAN}


def test_another_classifier_is_refused_for_the_real_images(current: None) -> None:
    params = tree_params()
    params["mnist_timing"]["full"]["runs"]["classifier"]["epochs"] = 7
    assert adopt(plan(params)).refused == {"real": "parameters.params.epochs: recorded 6, now 7"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda times: None, ""),
        (lambda times: times["timing"].update(epochs=9), "timing.epochs: recorded 9, now "),
        (
            lambda times: times["runs"]["vae-adam"].update(code="0" * 64),
            "training code: recorded 000000000000..., now ",
        ),
        (
            lambda times: times["runs"]["vae-adam"]["identity"].update(batch_size=64),
            "parameters.batch_size: recorded 64, now 128",
        ),
        (lambda times: times["runs"]["vae-adam"]["identity"].update(threads=9), ""),  # a timing sets its own threads
    ],
    ids=["as they are", "more epochs", "other code", "other parameters", "other threads"],
)
def test_epoch_times_are_held_against_the_tree_too(current: None, change: Any, reason: str) -> None:
    params = plan().params
    assert params.timing is not None
    runs = {
        name: {"identity": params.runs[name].training_values(), "code": training_code(params.runs[name])}
        for name in params.timing.runs
    }
    times = json.loads(json.dumps({"timing": params.timing.values(), "runs": runs}))
    change(times)
    write_json(COMMITTED / "epoch_times.json", times)
    found = adopt(plan())
    assert ("epoch_times" in found.adopted) == (not reason)
    assert found.refused.get("epoch_times", "").startswith(reason)


def only_the_vae() -> dict[str, Any]:
    """Parameters of a replication that has one run and one seed, and times nothing."""
    params = tree_params()
    full = params["mnist_timing"]["full"]
    full["runs"] = {name: full["runs"][name] for name in ("vae", "classifier")}
    full["runs"]["vae"]["variants"] = {"adam": full["runs"]["vae"]["variants"]["adam"] | {"seeds": [0]}}
    del full["timing"], full["evaluation"]["samples_of"]  # which speaks of another model
    return params


def test_a_replication_that_is_adopted_whole_is_current_down_to_its_tables(current: None) -> None:
    edit(VAE, lambda record: record["how"]["protocol"].pop("samples_of"))
    found = adopt(plan(only_the_vae()))
    assert (found.refused, found.missing) == ({}, [])
    assert found.outputs == ["replicate_mnist_timing"]
    (COMMITTED / f"{VAE}.json").unlink()
    assert adopt(plan(only_the_vae())).outputs == [f"{COMMITTED}/real.json"]


def test_adopted_measurements_need_no_trained_weights(current: None) -> None:
    needed = {name: plan().to_measure(name, 0) for name in ("vae-adam", "gan-adam")}
    assert all(needed.values())
    adopt(plan())
    assert plan().to_measure("vae-adam", 0) == []
    assert plan().to_measure_real("classifier") == []
    assert plan().to_measure("gan-adam", 0) == needed["gan-adam"]
    params = tree_params()
    params["mnist_timing"]["full"]["runs"]["vae"]["batch_size"] = 64  # what was adopted is another run
    assert plan(params).to_measure("vae-adam", 0) == needed["vae-adam"]


def test_readings_of_a_sweep_are_adopted_where_they_are_there(current: None) -> None:
    reading, gone = "vae-adam--score--splits-10-seed0", "vae-adam--score--of-old-seed0"
    Path("replications/mnist_timing").mkdir(parents=True)
    Path("replications/mnist_timing/assumptions.yaml").write_text(
        "- {id: score, value: 1, evidence: the report, moves: [{cell: a, run: vae-adam}],"
        " readings: [{id: splits-10, says: ten, evaluation: {splits: 10}}]}\n"
    )
    for name in (reading, gone):
        shutil.copy(COMMITTED / f"{VAE}.json", COMMITTED / f"{name}.json")
    assert adopt(plan()).refused == {
        reading: "protocol.protocol.splits: recorded None, now 10",
        gone: "it is of no reading in assumptions.yaml",
    }
    edit(reading, lambda record: record["how"]["protocol"].update(splits=10))
    found = adopt(plan())
    assert found.refused.keys() == {gone}
    assert found.adopted[reading] == plan().measuring_key("vae-adam--score--splits-10", 0)
    assert f"{COMMITTED}/{reading}.json" in found.outputs
    assert plan().to_measure("vae-adam--score--splits-10", 0) == []


def test_what_is_not_current_says_why(current: None) -> None:
    assert difference_of_real(plan(), "classifier") == ""
    assert difference(plan(), "vae-adam", 0) == ""
    assert difference(plan(), "vae-adam", 1) == f"{COMMITTED}/vae-adam-seed1.json does not exist"
    edit(VAE, SPOILED["another seed"][0])
    assert difference(plan(), "vae-adam", 0) == "parameters.seed: recorded 7, now 0"


@pytest.fixture
def on_inception(current: None) -> dict[str, Any]:
    """Parameters that ask for Inception metrics, and measurements of one run and of real images as if made today."""
    params = tree_params()
    asked = {"weights": "inception", "samples": [500], "splits": [1], "resize": "clean", "grey": "repeat"}
    params["mnist_timing"]["full"]["evaluation"]["inception"] = asked
    asking = plan(params)
    for title, run in (("real", "classifier"), (VAE, "vae-adam")):
        native = read_json(COMMITTED / f"{title}.json")
        code = inception_code(asking.params, run)
        record = {"how": inception_identity(asking.params, run), "evaluation": {"code": code}, "snapshots": []}
        trained = {"data": native["data"]} if title == "real" else {"provenance": native["provenance"]}
        write_json(COMMITTED / f"{title}.inception.json", record | trained)
    return params


def test_inception_metrics_are_adopted_where_there_are_any(on_inception: dict[str, Any]) -> None:
    asking = plan(on_inception)
    assert asking.inception() == []  # no weights, nothing adopted: not run
    found = adopt(asking)
    assert found.refused == {}
    assert {"real.inception", f"{VAE}.inception"} < set(found.adopted)
    assert not [title for title in found.missing if "inception" in title]
    assert set(found.adopted) >= {"real", VAE, GAN}  # native ones stay valid
    current = plan(on_inception)
    assert current.inception() == [f"{COMMITTED}/{title}.inception.json" for title in ("real", VAE)]
    assert current.to_measure_inception("vae-adam", 0) == current.to_measure_real_inception("classifier") == []
    assert current.to_measure_inception("gan-adam", 0) != []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (set_at("how", "weights"), "protocol.weights: recorded 000000000000..., now 6726825d0af5..."),
        (set_at("how", "protocol", "splits", value=[10]), "protocol.protocol.splits: recorded [10], now [1]"),
        (set_at("evaluation", "code"), "measuring code: recorded 000000000000..., now "),
        (set_at("provenance", "identity", "seed", value=7), "parameters.seed: recorded 7, now 0"),
    ],
    ids=["weights", "splits", "code", "seed"],
)
def test_inception_metrics_that_do_not_match_are_refused(
    on_inception: dict[str, Any], change: Any, reason: str
) -> None:
    edit(f"{VAE}.inception", change)
    found = adopt(plan(on_inception))
    assert found.refused.keys() == {f"{VAE}.inception"}
    assert found.refused[f"{VAE}.inception"].startswith(reason)


# -- studies ----------------------------------------------------------------------------------------------------------

BLOCK = {"runs": ["vae-adam"], "images": 2, "seed": 0, "effort": {}, "encode_decode": {}}


def studying(**change: Any) -> Plan:
    """The plan with studies of the VAE."""
    params = tree_params()
    params["mnist_timing"]["full"]["studies"] = BLOCK | change
    return plan(params)


@pytest.fixture
def studied(current: None) -> None:
    """Studies of the first VAE as today's code would have left them."""
    now, asked = studying(), ("encode_decode", "effort")
    record = {
        "provenance": read_json(COMMITTED / f"{VAE}.json")["provenance"],
        "how": {name: now.params.studies.study(name) for name in asked},  # type: ignore[union-attr]
        "code": {name: study_code(now.params, "vae-adam", name) for name in asked},
        "classifier": read_json(COMMITTED / "real.json")["classifier"]["weights"],
    }
    write_json(COMMITTED / "studies" / f"{VAE}.json", record)


def test_studies_are_adopted_with_their_key(studied: None) -> None:
    found = adopt(studying())
    assert found.refused == {}
    assert found.adopted[f"studies/{VAE}"] == studies_key(studying(), "vae-adam", 0)
    assert f"{COMMITTED}/studies/{VAE}.json" in found.outputs
    assert {"studies/vae-adam-seed1", "studies/vae-adam-seed2"} <= set(found.missing)
    assert f"studies/{VAE}" not in adopt(plan()).adopted  # nobody asks for them


@pytest.mark.parametrize(
    ("change", "spoil", "reason"),
    [
        ({"images": 3}, lambda record: None, "studies.effort.images: recorded 2, now 3"),
        ({"opposite": {"frames": 3}}, lambda record: None, "studies.opposite: recorded None"),
        ({}, set_at("code", "effort"), "code of effort: recorded 000000000000"),
        ({}, set_at("classifier"), "classifier: recorded 000000000000"),
        ({}, set_at("provenance", "identity", "data"), "data: recorded 000000000000"),
    ],
)
def test_studies_that_differ_are_refused(studied: None, change: Any, spoil: Any, reason: str) -> None:
    edit(f"studies/{VAE}", spoil)
    if change.get("images"):
        edit(f"studies/{VAE}", lambda record: record["how"].pop("encode_decode"))
        change = change | {"encode_decode": None}
    assert adopt(studying(**change)).refused[f"studies/{VAE}"].startswith(reason)
