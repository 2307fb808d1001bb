import numpy as np
import pytest
from scipy.linalg import sqrtm

from genrep.errors import UserError
from genrep.metrics.fid import fid, moments, trace_of_root
from genrep.metrics.frechet import Gaussian, frechet_distance
from genrep.metrics.kid import kid

D = 12


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def features(rng: np.random.Generator, count: int = 60) -> np.ndarray:
    return rng.normal(size=(count, D)) @ rng.normal(size=(D, D)) + rng.normal(size=D)


def test_a_set_is_at_distance_0_from_itself(rng):
    fitted = moments(features(rng))
    assert fid(fitted, fitted) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("silent", [0, 3], ids=["full rank", "rank deficient"])
def test_independent_features_have_a_closed_form(rng, silent):
    means, deviations = rng.normal(size=(2, D)), rng.uniform(0.1, 2, size=(2, D))
    deviations[:, :silent] = 0
    deviations[1, silent] = 0
    expected = np.square(means[0] - means[1]).sum() + np.square(deviations[0] - deviations[1]).sum()
    one, other = (Gaussian(mean, np.diag(std**2)) for mean, std in zip(means, deviations, strict=True))
    assert fid(one, other) == pytest.approx(expected)
    assert fid(other, one) == pytest.approx(expected)


def test_trace_is_that_of_scipys_root(rng):
    for _ in range(5):
        a, b = (moments(features(rng)).covariance for _ in range(2))
        assert trace_of_root(a, b) == pytest.approx(np.trace(sqrtm(a @ b)).real, rel=1e-10)


@pytest.mark.parametrize("count", [5, 60], ids=["fewer images than features", "more"])
def test_distance_is_the_native_ones(rng, count):
    a, b = features(rng, count), features(rng, count)
    expected = frechet_distance(Gaussian.fit(a), Gaussian.fit(b))
    assert fid(moments(a), moments(b)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("count", [300, 2048], ids=["fewer images than features", "more"])
def test_many_features_give_what_clean_fid_gives(rng, count):
    import genrep.compat  # noqa: F401

    cleanfid = pytest.importorskip("cleanfid.fid")
    mixing = rng.normal(size=(1024, 1024)) / 32
    a, b = (rng.normal(size=(count, 1024)) @ mixing + shift for shift in (0.0, 0.1))
    assert fid(moments(a), moments(b)) == pytest.approx(cleanfid.fid_from_feats(a, b), rel=1e-6)
    found = kid(a, b, np.random.default_rng(0), 1, count).mean
    assert found == pytest.approx(cleanfid.kernel_distance(a, b, num_subsets=1, max_subset_size=count), rel=1e-6)


@pytest.mark.parametrize("block", [1, 7, 100])
def test_moments_are_numpys_whatever_the_block(rng, monkeypatch, block):
    monkeypatch.setattr("genrep.metrics.fid.BLOCK", block)
    x = features(rng).astype(np.float32)
    fitted = moments(x)
    assert np.allclose(fitted.mean, x.astype(float).mean(axis=0), rtol=1e-12)
    assert np.allclose(fitted.covariance, np.cov(x, rowvar=False), rtol=1e-10)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_broken_features_are_named(rng, value):
    x = features(rng)
    x[3, 2] = value
    with pytest.raises(UserError, match="features hold NaN or infinite values"):
        moments(x)


def test_one_image_is_not_enough(rng):
    with pytest.raises(UserError, match="at least 2 images, got 1"):
        moments(features(rng, 1))


def test_features_of_two_networks_are_refused(rng):
    with pytest.raises(UserError, match="features of two networks: 12 and 11 per image"):
        fid(moments(features(rng)), moments(features(rng)[:, 1:]))
