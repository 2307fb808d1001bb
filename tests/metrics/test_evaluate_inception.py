"""Measuring runs on Inception features: what is shown to the network, what is written, what is not done twice."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch

from genrep.errors import UserError
from genrep.files import read_json
from genrep.identity import inception_code
from genrep.layout import run_folder
from genrep.metrics import evaluate_inception as module
from genrep.metrics.current import real_inception_is_current, run_inception_is_current
from genrep.metrics.evaluate_inception import evaluate_inception, measure_real_inception
from genrep.metrics.inception import Outputs
from genrep.metrics.measure_inception import protocol, real_images, samples
from genrep.params import load, resolve
from genrep.params.inception import InceptionParams
from genrep.rng import generator
from genrep.sampling import sample
from genrep.training.folder import load_networks
from genrep.training.run import train
from tests.conftest import ROOT

NAME, RUN = "mnist_timing", "gan-adam"
ASKED = {"weights": "inception", "samples": (8, 20), "resize": "clean", "grey": "repeat"}
DISTANCES = {"real": "test", "kid": {"subsets": 3, "size": 5}, "k": 2}


class Network:
    """Features that are pixels; remembers what it was shown."""

    shown: ClassVar[list[torch.Tensor]] = []
    constant = False

    def __init__(self, protocol, state, device):
        self.protocol, self.device = protocol, torch.device(device)

    def __call__(self, images):
        Network.shown.append(images)
        flat = images.flatten(1).float() * (not Network.constant)
        return Outputs(flat.repeat(1, 3)[:, :2048], flat.repeat(1, 2)[:, :1008] / 50)


@pytest.fixture(scope="module")
def trained(digits, tmp_path_factory):
    """A folder with one short run in it, and its replication."""
    found = resolve(load(ROOT / "params.yaml"), NAME, "smoke")
    tiny = {"epochs": 2, "precision": "fp32", "threads": 1, "batch_size": 500}
    runs = {name: found.runs[name].model_copy(update=tiny) for name in (RUN, "classifier")}
    root = tmp_path_factory.mktemp("trained")
    train(root / run_folder("smoke", NAME, RUN, 0), RUN, runs[RUN], 0, digits, "cpu")
    return root / run_folder("smoke", NAME, RUN, 0), found.model_copy(update={"runs": runs})


@pytest.fixture
def folder(trained) -> Path:
    return trained[0]


@pytest.fixture
def asking(trained, tmp_path, monkeypatch):
    """``asking(**block)``: the replication with those Inception parameters, beside a stand-in for the network."""
    monkeypatch.setattr(module, "FEATURES", tmp_path / "features")
    monkeypatch.setattr(module, "Inception", Network)
    monkeypatch.setattr("genrep.metrics.weights.Weights.load", lambda self: {})
    monkeypatch.setattr(Network, "shown", [])

    def with_block(**block):
        evaluation = trained[1].evaluation.model_copy(update={"inception": InceptionParams(**ASKED | block)})
        return trained[1].model_copy(update={"evaluation": evaluation})

    return with_block


def test_the_samples_are_those_of_the_native_metrics(folder, trained, digits, cpu):
    run = trained[1].runs[RUN]
    networks = load_networks(folder, run, digits, 2, cpu)
    native = sample(networks, run, torch.arange(620) % 10, digits.shape, generator(1000, "samples"))
    shown = samples(lambda: networks, run, digits, 620, 1000, cpu, {})
    assert torch.equal(torch.cat([*shown.batches(64)]), native)


def test_samples_are_known_by_what_decides_them(trained, digits, cpu):
    run = trained[1].runs[RUN]

    def identity(run=run, count=9, seed=1, origin="a"):
        return samples(dict, run, digits, count, seed, cpu, {"weights": origin}).identity

    changed = [identity(count=8), identity(seed=2), identity(origin="b")]
    changed.append(identity(run.model_copy(update={"precision": "bf16"})))
    assert len({identity(), *changed}) == 5
    assert identity() == identity()


def test_real_images_are_in_one_shuffled_order(digits):
    source = real_images(digits, "test")
    found = torch.cat([*source.batches(100)]).permute(0, 2, 3, 1).numpy()
    stored = np.array(digits.images[digits.split("test")])
    assert not (found == stored).all()
    assert sorted(map(bytes, found)) == sorted(map(bytes, stored))
    assert source.identity == real_images(digits, "test").identity != real_images(digits, "train").identity


def test_a_run_is_measured_at_its_last_snapshot(asking, folder, digits, tmp_path, monkeypatch):
    # seconds for 2048 features; tested on fewer
    monkeypatch.setattr("genrep.metrics.inception_metrics.fid", lambda a, b: 1.0)
    monkeypatch.setattr("genrep.metrics.inception_metrics.fid_interval", lambda *args: (0.5, 1.5))
    out = tmp_path / "gan-adam-seed0.inception.json"
    evaluate_inception(asking(samples=(20,), splits=(1, 4), **DISTANCES), RUN, folder, digits, out, "cpu")
    record = read_json(out)
    (snapshot,) = record["snapshots"]
    assert snapshot["epoch"] == 2
    names = ["fid", "kid", "precision", "recall", "inception_score", "inception_score"]
    assert [row["name"].split("/")[0] for row in snapshot["metrics"]] == names
    assert {row["n"] for row in snapshot["metrics"]} == {20}
    assert all("/inception-6726825d/" in row["id"] and "inception" in row["name"] for row in snapshot["metrics"])
    assert all(row["ci_low"] <= row["value"] <= row["ci_high"] for row in snapshot["metrics"])
    assert record["provenance"] == read_json(folder / "provenance.json")
    assert record["evaluation"]["code"] == inception_code(asking(splits=(1,)), RUN)
    assert (record["run"], record["model"], record["seed"]) == (RUN, "gan", 0)
    seen = sum(map(len, Network.shown))
    assert seen == 500 + 20  # real test images and samples, each once
    evaluate_inception(asking(splits=(2,)), RUN, folder, digits, tmp_path / "other.json", "cpu")
    assert sum(map(len, Network.shown)) == seen  # other metrics of the same features


def test_every_snapshot_where_that_is_asked_for(asking, folder, digits, tmp_path):
    out = tmp_path / "x.inception.json"
    evaluate_inception(asking(splits=(1,), snapshots="all"), RUN, folder, digits, out, "cpu")
    first, last = read_json(out)["snapshots"]
    assert (first["epoch"], last["epoch"]) == (1, 2)
    assert first["images"] != last["images"]
    assert first["metrics"][0]["ci_low"] is None  # as of native metrics: intervals are of the last


def test_real_images_are_measured_at_the_same_counts_and_as_a_whole(asking, digits, tmp_path):
    out = tmp_path / "real.inception.json"
    measure_real_inception(asking(splits=(1,)), "classifier", digits, out, "cpu")
    record = read_json(out)
    assert [row["n"] for row in record["snapshots"][0]["metrics"]] == [8, 20, 500]
    assert record["data"] == digits.card["identity"]


def test_constant_samples_have_a_reason_in_place_of_metrics(asking, folder, digits, tmp_path, monkeypatch):
    monkeypatch.setattr(Network, "constant", True)
    out = tmp_path / "x.inception.json"
    evaluate_inception(asking(splits=(1,)), RUN, folder, digits, out, "cpu")
    (snapshot,) = read_json(out)["snapshots"]
    assert snapshot["metrics"] == []
    assert snapshot["reason"] == "all 20 images of the samples have the same features: are they constant?"


def test_what_is_current_says_so_and_what_is_not_does_not(asking, folder, digits, tmp_path):
    run_out, real_out = tmp_path / "run.inception.json", tmp_path / "real.inception.json"
    asked = asking(splits=(1,))
    assert not run_inception_is_current(asked, RUN, folder, run_out)
    evaluate_inception(asked, RUN, folder, digits, run_out, "cpu")
    measure_real_inception(asked, "classifier", digits, real_out, "cpu")
    for replication, current in ((asked, True), (asking(splits=(2,)), False), (asking(splits=(1,), k=0), True)):
        assert run_inception_is_current(replication, RUN, folder, run_out) == current
        assert real_inception_is_current(replication, "classifier", digits, real_out) == current


def test_a_run_that_was_not_trained_is_named_with_the_command(asking, folder, digits, tmp_path):
    with pytest.raises(UserError, match="run: genrep train mnist_timing gan-sgd --seed 0 --scale smoke"):
        evaluate_inception(asking(splits=(1,)), RUN, folder.parents[1] / "gan-sgd/seed0", digits, tmp_path / "x", "cpu")


def test_the_protocol_is_the_parameters(asking):
    asked = InceptionParams(**ASKED | {"splits": (1,), "quantise": True, "precision": "bf16"})
    assert protocol(asked, "ab" * 32).features == "inception-abababab/clean/quantised/grey-repeated/bf16"
