"""Drawing and measuring: counts, order, what is kept, and that the draws of all snapshots are the same."""

import numpy as np
import pytest
import torch
from torch import nn

from genrep.metrics.measure import GRID, ROW, measure_held_out, measure_snapshot, pixels, reference
from genrep.metrics.native import NativeProtocol
from genrep.models.posterior import Posterior
from genrep.params.samplers import ImprovedPriorParams, LatentPriorParams
from genrep.params.training import RunParams
from tests.stubs import Stub

COUNTS = (20, 120)


@pytest.fixture
def protocol(digits, classifier):
    return NativeProtocol(classifier, "f" * 64, reference(classifier, digits), 0.05, seed=3, training=digits)


@pytest.fixture
def networks():
    return nn.ModuleDict(
        {"decoder": Stub(lambda _, z: z.repeat(1, 196).view(-1, 1, 28, 28), latent=4, to_pixels=torch.sigmoid)}
    )


def measured(protocol, networks, run: RunParams, digits, last: bool):
    return measure_snapshot(networks, run, protocol, COUNTS, digits, torch.device("cpu"), last)


def test_every_metric_at_every_count(protocol, networks, smoke_runs, digits):
    metrics, kept = measured(protocol, networks, smoke_runs["vae-adam"], digits, last=True)
    names = {"fid", "inception_score", "legible_share", "sharpness"}
    assert {(m["name"], m["n"]) for m in metrics} == {(name, n) for name in names for n in COUNTS}
    assert all(m["ci_low"] <= m["ci_high"] for m in metrics)
    assert kept["grid"].shape == (GRID, 1, 28, 28)
    assert kept["row"].shape == (ROW, 1, 28, 28)
    assert set(kept) == {"grid", "row"}  # one step: no strips


def test_snapshots_before_the_last_have_no_intervals_and_the_same_draws(protocol, networks, smoke_runs, digits):
    run = smoke_runs["vae-adam"]
    early, kept = measured(protocol, networks, run, digits, last=False)
    late, kept_last = measured(protocol, networks, run, digits, last=True)
    assert all(m["ci_low"] is None for m in early)
    assert [m["value"] for m in early] == [m["value"] for m in late]
    assert np.array_equal(kept["row"], kept_last["row"])
    assert set(kept) == {"row"}


def test_held_out_images_are_shuffled_before_the_first_n_are_taken(protocol, digits):
    metrics, accuracy = measure_held_out(protocol, digits, (30, 10_000))
    assert {m["n"] for m in metrics} == {30, 500}  # what the split has not is left out
    test = pixels(digits, "test")
    scores = protocol.measure(test, (500,), intervals=False)
    whole = {m["name"]: m["value"] for m in metrics if m["n"] == 500}
    assert whole["sharpness"] == pytest.approx(next(m["value"] for m in scores if m["name"] == "sharpness"))
    firsts = {m["name"]: m["value"] for m in protocol.measure(test, (30,), intervals=False)}
    assert firsts["fid"] != next(m["value"] for m in metrics if m["name"] == "fid" and m["n"] == 30)
    assert 0 <= accuracy <= 1


def test_pixels_are_the_split(digits):
    assert torch.equal(pixels(digits, "test")[7, 0], torch.from_numpy(np.array(digits.images[2007, ..., 0])))


def test_another_sampler_is_measured_under_names_of_its_own(protocol, networks, smoke_runs, digits):
    networks["posterior"] = Posterior(4)
    networks["posterior"].fit(torch.full((9, 4), 3.0), torch.zeros(9, 4))  # all samples alike, far from the prior's
    run = smoke_runs["vae-adam"].model_copy(update={"sampler": ImprovedPriorParams(kind="improved_prior")})
    also = LatentPriorParams(kind="latent_prior")
    arguments = run, protocol, COUNTS, digits, torch.device("cpu")
    metrics, kept = measure_snapshot(networks, *arguments, True, also)
    own = {m["name"]: m for m in metrics if m["n"] == 20 and "@" not in m["name"]}
    other = {m["name"]: m for m in metrics if m["n"] == 20 and "@" in m["name"]}
    assert other.keys() == {f"{name}@latent_prior" for name in own}
    assert all(m["id"].endswith("/sampler=latent_prior") for m in other.values())
    prior, _ = measured(protocol, networks, smoke_runs["vae-adam"], digits, last=True)
    assert other["fid@latent_prior"]["value"] == next(m["value"] for m in prior if m["name"] == "fid" and m["n"] == 20)
    assert own["fid"]["value"] != other["fid@latent_prior"]["value"]
    assert kept["grid@latent_prior"].shape == kept["grid"].shape
