"""Vouching for rewritten code: two checkouts with smoke results that agree, and every way in which they may not."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genrep import codehash
from genrep.codehash import code_hash, code_identity, known_as
from genrep.errors import UserError
from genrep.files import read_json, write_json
from genrep.identity import measuring_code, training_code
from genrep.layout import measurement_path, real_path, run_folder
from genrep.params import load
from genrep.vouch import vouch
from genrep.workflow import Plan
from tests.conftest import ROOT

MACHINE = {"device_name": "a chip", "precision": "fp32", "threads": 1, "libraries": {"torch": "2"}}
NAME = "mnist_timing"


@pytest.fixture
def params() -> dict[str, Any]:
    params = load(ROOT / "params.yaml")
    return {key: params[key] for key in ("scale", "device", NAME)}


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(codehash, "ledger", lambda: tmp_path / "vouched.csv")
    monkeypatch.setattr("genrep.vouch.ledger", lambda: tmp_path / "vouched.csv")
    return tmp_path / "vouched.csv"


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, params: dict[str, Any]) -> Path:
    """Two checkouts with the same made-up smoke results, by present code here and by other code in the older one."""
    here, older = tmp_path / "here", tmp_path / "older"
    here.mkdir()
    monkeypatch.chdir(here)
    plan = Plan(params, NAME, "smoke")
    for name, run in plan.params.runs.items():
        for seed in run.seeds:
            record = {"identity": {"seed": seed}, "weights": f"weights of {name}", "segments": [MACHINE]}
            write_json(run_folder("smoke", NAME, name, seed) / "provenance.json", record | {"code": training_code(run)})
    for name, seed in plan.measured():
        path = measurement_path("smoke", NAME, name, seed)
        measured = {"code": measuring_code(plan.params, name), **MACHINE}
        write_json(
            path, {"evaluation": measured, "snapshots": [{"training_seconds": 1.0, "metrics": [{"value": 2.0}]}]}
        )
        np.savez(path.with_suffix(".npz"), rows=np.zeros((1, 2), np.uint8))
    write_json(
        real_path("smoke", NAME),
        {
            "evaluation": {"code": measuring_code(plan.params), **MACHINE},
            "snapshots": [{"metrics": [{"value": 3.0}]}],
        },
    )
    shutil.copytree(here, older)
    for path in older.rglob("*.json"):
        record = read_json(path)
        part = record.get("evaluation", record)
        part["code"] = f"older {part['code']}"
        write_json(path, record)
    return older


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    record = json.loads(path.read_text())
    change(record)
    write_json(path, record)


def test_equal_results_let_the_code_go_by_the_older_hash(older: Path, params: dict[str, Any]) -> None:
    runs = Plan(params, NAME, "smoke").params.runs
    before = {name: training_code(run) for name, run in runs.items()}
    pairs = vouch(params, older)
    assert set(pairs.values()) == {f"older {code}" for code in pairs}
    assert {name: training_code(run) for name, run in runs.items()} == {n: f"older {c}" for n, c in before.items()}
    assert measuring_code(Plan(params, NAME, "smoke").params) == f"older {code_hash('genrep.metrics.measure')}"
    # what was run with the present code before it was vouched for counts as well
    assert {known_as(code) for code in before.values()} == {f"older {code}" for code in before.values()}


def test_vouching_twice_reaches_the_oldest(older: Path, params: dict[str, Any], ledger: Path) -> None:
    ledger.write_text("code,same_as\nforgotten,still older\n")
    vouch(params, older)
    assert "forgotten,still older" in ledger.read_text()
    assert code_identity("genrep.metrics.measure").startswith("older")


RUN = run_folder("smoke", NAME, "gan-sgd", 0) / "provenance.json"
MEASURED = measurement_path("smoke", NAME, "vae-adam", 0)


@pytest.mark.parametrize(
    ("path", "change", "line"),
    [
        (RUN, lambda r: r.update(weights="other"), "gan-sgd.*the weights differ"),
        (RUN, lambda r: r.update(identity={}), "gan-sgd.*the parameters differ"),
        (RUN, lambda r: r["segments"][-1].update(threads=2), "gan-sgd.*the machine differ"),
        (RUN, lambda r: r.update(code="of yesterday"), "gan-sgd.*not made by the present code.*genrep smoke"),
        (MEASURED, lambda r: r["snapshots"][0]["metrics"][0].update(value=2.1), "vae-adam-seed0.*the metrics differ"),
        (MEASURED, lambda r: r["evaluation"].update(code="x"), "vae-adam-seed0.*not made by the present code"),
        (real_path("smoke", NAME), lambda r: r.update(snapshots=[]), "real.*the metrics differ"),
    ],
)
def test_what_differs_is_named_and_nothing_noted(older, params, ledger, path, change, line) -> None:
    edit(path, change)
    with pytest.raises(UserError, match=line):
        vouch(params, older)
    assert not ledger.exists()


def test_other_images_are_a_difference(older: Path, params: dict[str, Any]) -> None:
    np.savez(MEASURED.with_suffix(".npz"), rows=np.ones((1, 2), np.uint8))
    with pytest.raises(UserError, match=r"vae-adam-seed0\.npz: the images differ"):
        vouch(params, older)


def test_what_was_not_run_here_is_named(older: Path, params: dict[str, Any]) -> None:
    RUN.unlink()
    with pytest.raises(UserError, match=r"gan-sgd.*does not exist; run the smoke scale here, too"):
        vouch(params, older)


def test_runs_that_the_older_code_did_not_have_are_passed_over(older: Path, params: dict[str, Any]) -> None:
    for path in (older / "runs").rglob("provenance.json"):
        if "diffusion" in str(path):
            path.unlink()
    unet = training_code(Plan(params, NAME, "smoke").run("diffusion-adam"))
    assert unet not in vouch(params, older)


def test_training_seconds_may_differ(older: Path, params: dict[str, Any]) -> None:
    edit(MEASURED, lambda record: record["snapshots"][0].update(training_seconds=9.0))
    assert vouch(params, older)
