"""Epoch times: what is extrapolated is what the whole epoch would have taken."""

import json

import pytest
import torch

from genrep.data.arrays import DeviceImages
from genrep.identity import training_code
from genrep.params import load, resolve
from genrep.training import timing
from genrep.training.loop import Loop
from tests.conftest import ROOT
from tests.training.conftest import few

FIRST, LATER = 7.0, 0.5  # seconds of a step


@pytest.fixture
def clocked(monkeypatch):
    """A clock that only training steps move: the first of a process is slow, all others alike."""
    now, steps = 0.0, 0
    step = Loop._step

    def work(self, batch):
        nonlocal now, steps
        now += LATER if steps else FIRST
        steps += 1
        step(self, batch)

    monkeypatch.setattr(Loop, "_step", work)
    monkeypatch.setattr("genrep.training.loop.time.perf_counter", lambda: now)


@pytest.fixture
def timed(tmp_path, monkeypatch, tiny_runs, digits):
    """``timed(count, **changes of the timing block)``: the record that timing one tiny VAE writes."""

    def time(count: int, **changes) -> dict:
        monkeypatch.setattr(timing, "images_of", lambda data: few(digits, count))
        replication = resolve(load(ROOT / "params.yaml"), "mnist_timing", "smoke")
        run = tiny_runs["vae-adam"]
        run = run.model_copy(update={"data": run.data.model_copy(update={"split": "train"})})
        block = replication.timing.model_copy(update={"runs": ("vae-adam",), "epochs": 2} | changes)
        replication = replication.model_copy(update={"runs": {"vae-adam": run}, "timing": block})
        timing.time_epochs(replication, tmp_path / "times.json", "cpu", threads=1)
        return json.loads((tmp_path / "times.json").read_text())

    return time


@pytest.mark.parametrize("steps", [2, 5, 8, 99, None])
def test_extrapolated_epoch_is_the_whole_one(timed, clocked, steps):
    run = timed(80, steps=steps)["runs"]["vae-adam"]
    whole = [FIRST + 7 * LATER, 8 * LATER]
    assert [epoch["seconds"] for epoch in run["epochs"]] == pytest.approx(whole)
    assert [epoch["first_step_seconds"] for epoch in run["epochs"]] == [FIRST, LATER]
    assert (run["steps"], run["timed_steps"]) == (8, min(8, steps or 8))
    assert run["extrapolated"] == (run["timed_steps"] < 8)


def test_epoch_of_one_step(timed, clocked):
    assert timed(10, steps=None)["runs"]["vae-adam"]["epochs"][0]["seconds"] == FIRST


def test_record_says_what_was_timed_and_where(timed, tiny_runs):
    record = timed(40, steps=3, threads=1)
    assert set(record) == {"timed", "git_commit", "git_dirty", "machine", "timing", "runs"}
    assert record["machine"]["device"] == "cpu"
    assert record["timing"] == {"runs": ["vae-adam"], "epochs": 2, "steps": 3, "threads": 1}
    (run,) = record["runs"].values()
    assert [epoch["epoch"] for epoch in run["epochs"]] == [1, 2]
    assert run["model"] == "vae"
    assert run["epoch_images"] == 40
    assert run["precision"] == "fp32"
    assert run["flops_per_image"] > 0
    assert run["identity"]["network"] == tiny_runs["vae-adam"].network.values() | {"channels": [4, 4]}
    assert run["code"] == training_code(tiny_runs["vae-adam"])


def test_threads_of_the_rule_hold_where_the_block_fixes_none(timed, monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    found = [timed(20, threads=threads)["runs"]["vae-adam"]["identity"]["threads"] for threads in (None, 2)]
    assert found == asked == [1, 2]


def test_epoch_of_a_growing_run_is_the_mean_over_its_resolutions(thesis_runs, faces, cpu, monkeypatch):
    """Steps of 1, 10 and 100 seconds: 2, 4 and 4 of them an epoch, for 1, 1 and 2 epochs."""
    now = 0.0
    step = Loop._step

    def work(self, batch):
        nonlocal now
        now += {4: 1, 8: 10, 16: 100}[batch.images.shape[2]]
        step(self, batch)

    monkeypatch.setattr(Loop, "_step", work)
    monkeypatch.setattr("genrep.training.loop.time.perf_counter", lambda: now)
    run = thesis_runs["gan"]
    loop = Loop(run, DeviceImages(faces, "train", run.data.range, cpu), faces.shape, 2, 0, cpu)
    for steps in (None, 2, 3):
        assert timing.mean_epoch(loop, steps) == pytest.approx((0.25 * 2 + 0.25 * 40 + 0.5 * 400, 0.25 + 2.5 + 50))


def test_random_images_stand_in_for_a_set_that_its_user_has_to_bring(thesis_runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GENREP_DATA_MIRROR", raising=False)
    run = thesis_runs["vae"]
    run = run.model_copy(update={"data": run.data.model_copy(update={"set": "landscapes-128-800"})})
    images = timing.timed_images(run)
    assert images.card["name"] == timing.RANDOM
    assert images.images.shape == (800, 128, 128, 3)
    assert images.split("train") == slice(0, 720)
    assert images.images[:64].std() > 50
