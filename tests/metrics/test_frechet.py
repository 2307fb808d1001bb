import numpy as np
import pytest
from scipy.linalg import sqrtm

from genrep.errors import UserError
from genrep.metrics.frechet import Gaussian, frechet_distance

D = 6


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def random_gaussian(rng: np.random.Generator) -> Gaussian:
    return Gaussian.fit(rng.normal(size=(50, D)) @ rng.normal(size=(D, D)) + rng.normal(size=D))


def test_equal_sets_are_at_distance_0(rng):
    one = random_gaussian(rng)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("silent", [0, 3], ids=["full rank", "rank deficient"])
def test_independent_features_have_a_closed_form(rng, silent):
    """Sum over features of (difference of means)^2 + (difference of standard deviations)^2."""
    means, deviations = rng.normal(size=(2, D)), rng.uniform(0.1, 2, size=(2, D))
    deviations[:, :silent] = 0  # a feature that never fires
    deviations[1, silent] = 0  # or only in one of the sets
    expected = np.square(means[0] - means[1]).sum() + np.square(deviations[0] - deviations[1]).sum()
    one, other = (Gaussian(mean, np.diag(std**2)) for mean, std in zip(means, deviations, strict=True))
    assert frechet_distance(one, other) == pytest.approx(expected)


def test_correlated_features_agree_with_a_general_matrix_root(rng):
    for _ in range(5):
        a, b = random_gaussian(rng), random_gaussian(rng)
        root = np.real(sqrtm(a.covariance @ b.covariance))
        expected = np.square(a.mean - b.mean).sum() + np.trace(a.covariance + b.covariance - 2 * root)
        assert frechet_distance(a, b) == pytest.approx(expected)
        assert frechet_distance(b, a) == pytest.approx(expected)


def test_fit_divides_by_one_less_than_the_images():
    fitted = Gaussian.fit(np.array([[0.0, 0.0], [2.0, 4.0]]))
    assert fitted.mean.tolist() == [1, 2]
    assert fitted.covariance.tolist() == [[2, 4], [4, 8]]


def test_one_image_is_not_enough():
    with pytest.raises(UserError, match="at least 2 images, got 1"):
        Gaussian.fit(np.zeros((1, D)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_broken_features_are_named(value):
    features = np.zeros((3, D))
    features[1, 2] = value
    with pytest.raises(UserError, match="features hold NaN or infinite values"):
        Gaussian.fit(features)
