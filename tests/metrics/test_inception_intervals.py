"""Intervals against the plain bootstrap that they stand in for, and against fresh draws."""

import numpy as np
import pytest

from genrep.metrics.fid import fid, moments
from genrep.metrics.inception_intervals import fid_interval, score_interval, share_interval
from genrep.metrics.intervals import bootstrap
from genrep.metrics.score_splits import split_score


@pytest.mark.parametrize("splits", [1, 3])
def test_score_has_the_bootstraps_interval(splits):
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(6, 0.3), size=50)
    plain = bootstrap(lambda rows: split_score(probabilities[rows], splits).mean, 50, seed=4)
    assert score_interval(probabilities, splits, seed=4) == pytest.approx(plain, rel=1e-9)


def drawn(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.normal(size=(count, 4)) @ np.diag([1.0, 0.5, 2.0, 1.5]) + [0.4, 0, 0.2, 0]


def half_width(features: np.ndarray, real) -> float:
    found = moments(features)
    low, high = fid_interval(fid(found, real), features, found, real)
    return (high - low) / 2


def test_fid_has_the_spread_of_fresh_draws():
    rng = np.random.default_rng(1)
    real = moments(rng.normal(size=(5000, 4)))
    values = [fid(moments(drawn(rng, 400)), real) for _ in range(400)]
    widths = [half_width(drawn(rng, 400), real) for _ in range(20)]
    assert np.mean(widths) == pytest.approx(1.96 * np.std(values), rel=0.1)


def test_fid_of_fewer_images_than_features_has_one_too():
    rng = np.random.default_rng(2)
    real, features = moments(rng.normal(size=(500, 30))), rng.normal(0.3, 1.2, size=(20, 30))
    found = moments(features)
    plain = bootstrap(lambda rows: fid(moments(features[rows]), real), 20, seed=0)
    low, high = fid_interval(fid(found, real), features, found, real)
    assert 0.5 < (high - low) / (plain[1] - plain[0]) < 2


def test_share():
    assert share_interval(0.5, 100) == pytest.approx((0.5 - 0.098, 0.5 + 0.098))
    assert share_interval(1.0, 100) == (1.0, 1.0)
