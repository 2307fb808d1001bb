"""Sampling times: what is timed, what is scaled up, and what stands beside them."""

import json

import pytest

from genrep.params import ReplicationParams, load, resolve
from genrep.params.replications import SamplingTimesParams
from genrep.sampling import timing
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def smoke() -> ReplicationParams:
    return resolve(load(ROOT / "params.yaml"), "thesis", "smoke")


@pytest.fixture
def timed(tmp_path, smoke):
    def time(**changes) -> dict:
        how = SamplingTimesParams(runs=("vae", "gan", "diffusion"), batch=3, repetitions=2).model_copy(update=changes)
        timing.time_sampling(
            smoke.model_copy(update={"sampling_times": how}), tmp_path / "times.json", "cpu", threads=1
        )
        return json.loads((tmp_path / "times.json").read_text())

    return time


@pytest.fixture
def asked(monkeypatch) -> list[tuple[int, int]]:
    """Images and steps of every draw, each of which takes a second for every step."""
    now, draws = 0.0, []
    original = timing.sampling.sample

    def sample(networks, run, labels, shape, generator, batch_size=500):
        nonlocal now
        draws.append((len(labels), timing.sampling.steps(run)))
        now += draws[-1][1]
        return original(networks, run, labels[:1], shape, generator)

    monkeypatch.setattr(timing.sampling, "sample", sample)
    monkeypatch.setattr("genrep.sampling.timing.time.perf_counter", lambda: now)
    return draws


def test_a_batch_after_one_that_warms_up(timed, asked):
    record = timed(runs=("gan",))
    assert asked[:3] == [(3, 1)] * 3  # then one pass is counted
    assert record["runs"]["gan"]["seconds"] == [1, 1]
    assert record["how"] == {"runs": ["gan"], "batch": 3, "repetitions": 2}


def test_a_few_of_many_steps_are_scaled_up_on_a_cpu(timed, asked, smoke):
    record = timed(runs=("diffusion",), cpu_steps=5)["runs"]["diffusion"]
    assert asked[:3] == [(3, 2), (3, 5), (3, 5)]
    assert record["seconds"] == pytest.approx([50, 50])
    assert (record["timed_steps"], record["steps"]) == (5, 50)
    assert smoke.runs["diffusion"].objective.steps == 50


def test_every_model_with_its_size(timed, smoke):
    record = timed(repetitions=1)
    assert [run["model"] for run in record["runs"].values()] == ["vae", "gan", "diffusion"]
    assert record["machine"]["device"] == "cpu"
    for name, run in record["runs"].items():
        assert len(run["seconds"]) == 1
        assert run["seconds"][0] > 0
        assert run["identity"]["network"] == smoke.runs[name].network.values()
        assert run["flops_per_image"] > 0
    gan = record["runs"]["gan"]
    # biases of the generator's eight and the critic's ten equalised layers belong to modules with children
    assert sum(gan["parameters"].values()) > sum(gan["leaf_parameters"].values())
    assert record["runs"]["vae"]["parameters"] == record["runs"]["vae"]["leaf_parameters"]
    assert record["runs"]["vae"]["parameters"]["posterior"] == 0
