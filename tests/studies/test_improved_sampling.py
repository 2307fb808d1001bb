"""A linear VAE whose encoded images are far from N(0, I): distances have closed forms."""

import numpy as np
import pytest
import torch

from genrep.data.arrays import ImageSet
from genrep.studies import improved_sampling
from genrep.studies.abilities import Encoder
from tests.studies.conftest import linear_decoder, linear_encoder, value, values


@pytest.fixture
def lifted(faces, blocks, grey) -> ImageSet:
    """Images that a linear decoder makes of latents from N(m, s^2), with a mean that the prior does not have."""
    rng = np.random.default_rng(0)
    z = torch.from_numpy(rng.normal([1.0, -1.0, 0.5, 0.0], [0.5, 0.5, 1.0, 0.2], (80, 4))).float()
    images = (linear_decoder(0.08 * blocks, grey).decode(z) * 255).round().byte()
    return ImageSet(images.permute(0, 2, 3, 1).numpy(), faces.labels, faces.card)


def test_improved_samples_are_nearer_by_the_distance_of_the_normals(make_subject, lifted, blocks, grey):
    matrix = 0.08 * blocks
    subject = make_subject(
        linear_decoder(matrix, grey),
        linear_encoder(matrix, grey, deviation=0.0),
        data=lifted,
        improved_sampling={"samples": 800, "draws": 3, "dimension": 2},
    )
    found = improved_sampling.study(subject, subject.params.improved_sampling)
    z = linear_encoder(matrix, grey).encode(subject.pixels(np.arange(60)))[0].double()
    mean, covariance = z.mean(0), torch.cov(z.T)
    # in pixels, each latent moves 3 * 64 of them by 0.08 * 255
    scale = 3 * 64 * (0.08 * 255) ** 2
    roots = torch.linalg.eigvalsh(covariance).sqrt()
    prior = scale * float(mean.square().sum() + (covariance.trace() + 4 - 2 * roots.sum()))
    assert value(found, "frechet_distance/prior") == pytest.approx(prior, rel=0.1)
    assert value(found, "frechet_distance/improved") < 0.05 * prior
    assert value(found, "frechet_distance/reconstructed") < 0.05 * prior
    assert len(values(found, "frechet_distance/prior")) == 3  # draws
    assert found.tiles["samples"].rows == ("encoded and decoded", "prior", "improved")
    assert found.tiles["samples"].real.tolist() == [[True] * 4, [False] * 4, [False] * 4]
    counts, edges = found.arrays["mean_counts"], found.arrays["mean_edges"]
    assert counts.sum() == 60
    assert edges[0] == pytest.approx(z[:, 2].min().item(), rel=1e-4)


def test_departures_of_what_is_and_is_not_standard_normal():
    rng = torch.Generator().manual_seed(0)
    zeros, ones = torch.zeros(4000, 3), torch.ones(4000, 3)
    found = {m["name"]: m["value"] for m in improved_sampling.departures(zeros, ones, rng)}
    assert found["encoded_mean_sd"] == 0
    assert found["encoded_deviation"] == 1
    assert found["aggregate_ks"] < 0.03
    means = torch.randn(4000, 3, generator=rng)
    found = {m["name"]: m["value"] for m in improved_sampling.departures(means, 0.1 * ones, rng)}
    assert found["encoded_mean_sd"] == pytest.approx(1, abs=0.03)
    assert found["encoded_deviation"] == pytest.approx(0.1)
    assert found["aggregate_ks"] < 0.03  # all images together may still be standard normal
    found = {m["name"]: m["value"] for m in improved_sampling.departures(means + 2, 0.1 * ones, rng)}
    assert found["aggregate_ks"] == pytest.approx(0.68, abs=0.03)  # of N(2, 1) from N(0, 1)


def test_a_dimension_beyond_the_last_is_the_last(make_subject, lifted, blocks, grey):
    encoder: Encoder = linear_encoder(blocks, grey)
    subject = make_subject(linear_decoder(blocks, grey), encoder, data=lifted, improved_sampling={"samples": 50})
    found = improved_sampling.study(subject, subject.params.improved_sampling)
    assert found.arrays["dimension"] == 3  # the seventh is asked for
