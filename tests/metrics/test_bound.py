"""The bound of a VAE on its data set: names, signs, conventions, intervals, and the limit of any decoder."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from genrep.metrics.bound import log_likelihood_limit, measure_bound, row
from genrep.metrics.elbo import elbo
from genrep.metrics.measure import pixels
from genrep.models import build
from genrep.objectives.vae import bernoulli_nll
from genrep.rng import generator


@pytest.fixture(scope="module")
def networks(smoke_runs) -> nn.ModuleDict:
    return build(smoke_runs["vae-adam"].network, (1, 28, 28), 10, seed=0).eval()


def trained_on(split, smoke_runs):
    run = smoke_runs["vae-adam"]
    return run.model_copy(update={"data": run.data.model_copy(update={"split": split})})


def measured(networks, run, digits):
    return {m["name"]: m for m in measure_bound(networks, run, digits, 3, torch.device("cpu"))}


def test_parts_add_up_to_a_negative_bound_whose_id_says_the_convention(networks, smoke_runs, digits):
    found = measured(networks, trained_on("train", smoke_runs), digits)
    for split, n in (("train", 2000), ("test", 500)):
        value = {name: found[f"{name}/{split}"]["value"] for name in ("elbo", "log_likelihood", "kl")}
        assert value["elbo"] == pytest.approx(value["log_likelihood"] - value["kl"])
        assert value["elbo"] < 0 <= value["kl"]
        assert found[f"elbo/{split}"]["id"] == f"elbo/bce_sum/{split}/n={n}/draws=1"
        assert found[f"elbo/{split}"]["n"] == n
        assert value["log_likelihood"] < found[f"log_likelihood_limit/{split}"]["value"] < 0


def test_training_images_are_those_of_the_split_that_the_run_was_trained_on(networks, smoke_runs, digits):
    found = measured(networks, trained_on("all", smoke_runs), digits)
    assert (found["elbo/train"]["n"], found["elbo/test"]["n"]) == (2500, 500)
    assert found["elbo/train"]["id"] == "elbo/bce_sum/all/n=2500/draws=1"
    alone = elbo(networks, pixels(digits, "all"), (0, 1), generator(3, "elbo", "all"))
    assert found["elbo/train"]["value"] == pytest.approx(alone.elbo)


def test_it_is_that_of_the_metric_with_the_same_draws(networks, smoke_runs, digits):
    found = measured(networks, smoke_runs["vae-adam"], digits)
    alone = elbo(networks, pixels(digits, "test"), (0, 1), generator(3, "elbo", "test"))
    assert found["elbo/test"]["value"] == pytest.approx(alone.elbo)


def test_gaussian_pixels_have_another_convention_and_no_limit(networks, smoke_runs, digits):
    run = smoke_runs["vae-adam"]
    gaussian = run.model_copy(update={"objective": run.objective.model_copy(update={"gaussian_sd": 0.5})})
    found = measured(networks, gaussian, digits)
    assert found["elbo/test"]["id"].startswith("elbo/gaussian_sd=0.5/test")
    assert "log_likelihood_limit/test" not in found
    # squared errors of pixels between 0 and 1, summed over 784 of them, over 2 sd^2
    assert -784 / (2 * 0.5**2) < found["log_likelihood/test"]["value"] < 0


def test_no_decoder_beats_the_limit():
    images = torch.randint(256, (3, 1, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    grey = (images.double() / 255).clamp(1e-9, 1 - 1e-9)
    best = -bernoulli_nll(grey.logit(), images.double() / 255)
    assert log_likelihood_limit(images) == pytest.approx(best.numpy(), abs=1e-6)
    assert log_likelihood_limit(torch.tensor([[[[0, 255]]]], dtype=torch.uint8)).tolist() == [0.0]


def test_the_interval_is_normal_over_images():
    values = np.random.default_rng(0).normal(size=400)
    found = row("a", "a/b", values)
    low, high = stats.norm.interval(0.95, values.mean(), stats.sem(values))
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((low, high), abs=1e-4)
    assert (found["name"], found["id"], found["n"]) == ("a", "a/b", 400)
