"""Measuring runs on disk: what is written, and what is said where something has not been run."""

from pathlib import Path

import numpy as np
import pytest

from genrep.errors import UserError
from genrep.files import read_json, write_json
from genrep.layout import measurement_path, real_path, run_folder
from genrep.metrics.evaluate import evaluate, measure_real
from genrep.params import load, resolve
from genrep.training.run import train
from tests.conftest import ROOT

NAME, RUN = "mnist_timing", "gan-adam"


@pytest.fixture(scope="module")
def replication():
    """The smoke scale with one short run, and fewer samples."""
    found = resolve(load(ROOT / "params.yaml"), NAME, "smoke")
    tiny = {"epochs": 2, "precision": "fp32", "threads": 1}
    sizes = {RUN: 500, "classifier": 50}
    runs = {name: found.runs[name].model_copy(update=tiny | {"batch_size": size}) for name, size in sizes.items()}
    evaluation = found.evaluation.model_copy(update={"samples": (40, 110), "samples_of": {}})
    return found.model_copy(update={"runs": runs, "evaluation": evaluation})


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def folder(run: str) -> Path:
    return run_folder("smoke", NAME, run, 0)


def measure(replication, digits) -> Path:
    out = measurement_path("smoke", NAME, RUN, 0)
    evaluate(replication, RUN, folder(RUN), folder("classifier"), digits, digits, out, "cpu")
    return out


def test_from_trained_runs_to_measurements(workspace, replication, digits):
    for run, parameters in replication.runs.items():
        train(folder(run), run, parameters, 0, digits, "cpu")
    real = real_path("smoke", NAME)
    measure_real(replication, "classifier", folder("classifier"), digits, real, "cpu")
    out = measure(replication, digits)

    record = read_json(out)
    assert [s["epoch"] for s in record["snapshots"]] == [1, 2]
    assert [s["images_seen"] for s in record["snapshots"]] == [2000, 4000]
    assert record["snapshots"][0]["training_seconds"] < record["snapshots"][1]["training_seconds"]
    assert {m["n"] for m in record["snapshots"][0]["metrics"]} == {40, 110}
    assert record["provenance"] == read_json(folder(RUN) / "provenance.json")
    weights = read_json(folder("classifier") / "provenance.json")["weights"]
    assert record["classifier"] == weights
    assert all(weights[:8] in m["id"] for m in record["snapshots"][0]["metrics"] if m["name"] == "fid")
    with np.load(out.with_suffix(".npz")) as kept:
        assert kept["rows"].shape == (2, 10, 1, 28, 28)
        assert kept["grid"].shape == (100, 1, 28, 28)
    held_out = read_json(real)
    assert held_out["classifier_test_accuracy"] > 0.3
    assert {m["n"] for m in held_out["snapshots"][0]["metrics"]} == {40, 110, 500}

    first = {path: path.read_bytes() for path in (out.with_suffix(".npz"),)}
    metrics = [s["metrics"] for s in record["snapshots"]]
    measure(replication, digits)
    assert [s["metrics"] for s in read_json(out)["snapshots"]] == metrics
    assert {path: path.read_bytes() for path in first} == first


def test_looked_at_epochs_have_intervals_and_a_grid_and_what_is_alike_is_flagged(
    workspace, replication, digits, capsys
):
    """A VAE that keeps its encoder, looked at after each of two epochs; after so few steps its samples are alike."""
    run = resolve(load(ROOT / "params.yaml"), NAME, "smoke").runs["vae-adam"]
    short = run.model_copy(update={"epochs": 2, "precision": "fp32", "threads": 1, "batch_size": 500})
    runs = replication.runs | {RUN: short.model_copy(update={"keep": ("encoder",)})}
    more = {"samples": (40,), "looked_at": {"gan": (1,)}, "extra": ("diversity",)}
    asked = replication.model_copy(update={"runs": runs, "evaluation": replication.evaluation.model_copy(update=more)})
    for name, parameters in runs.items():
        train(folder(name), name, parameters, 0, digits, "cpu")
    measure_real(asked, "classifier", folder("classifier"), digits, real_path("smoke", NAME), "cpu")
    out = measure(asked, digits)

    record = read_json(out)
    for snapshot in record["snapshots"]:
        found = {metric["name"]: metric for metric in snapshot["metrics"]}
        assert found["fid"]["ci_low"] < found["fid"]["ci_high"]
        assert found["elbo/train"]["ci_low"] < found["elbo/train"]["value"] < 0
        assert found["diversity"]["value"] < 0.1
    assert [flag["epoch"] for flag in record["flags"]] == [1, 2]
    assert "gan-adam, epoch 2: samples are nearly all alike (mode collapse)" in capsys.readouterr().err
    with np.load(out.with_suffix(".npz")) as kept:
        assert kept["grid_1"].shape == kept["grid"].shape == (40, 1, 28, 28)
        assert not np.array_equal(kept["grid_1"], kept["grid"])
        assert kept["originals"].shape == (10, 1, 28, 28)
        assert kept["reconstructions"].shape == (2, 10, 1, 28, 28)


@pytest.mark.parametrize(
    ("there", "mend"),
    [
        ((), "genrep train mnist_timing gan-adam --seed 0 --scale smoke"),
        ((RUN,), "genrep train mnist_timing classifier --seed 0 --scale smoke"),
    ],
)
def test_what_was_not_trained_is_named_with_the_command(workspace, replication, digits, there, mend):
    for run in there:
        write_json(folder(run) / "provenance.json", {"status": "finished", "identity": {"seed": 0}})
    with pytest.raises(UserError, match=f"holds no finished run; run: {mend}"):
        measure(replication, digits)


def test_a_classifier_without_statistics_is_named_with_the_command(workspace, replication, digits):
    for run, parameters in replication.runs.items():
        train(folder(run), run, parameters.model_copy(update={"epochs": 1}), 0, digits, "cpu")
    with pytest.raises(UserError, match=r"statistics\.npz .* run: genrep measure-real mnist_timing --scale smoke"):
        measure(replication, digits)
