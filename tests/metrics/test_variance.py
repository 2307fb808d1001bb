import numpy as np
import pytest

from genrep.metrics import variance
from genrep.metrics.variance import total_variance


def test_it_is_the_sum_of_the_variances_of_the_pixels(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (50, 3, 4, 4), dtype=np.uint8)
    expected = (images / 255).var(axis=0, ddof=1).sum()
    assert total_variance(images) == pytest.approx(expected)
    monkeypatch.setattr(variance, "CHUNK", 7)
    assert total_variance(images) == pytest.approx(expected)


def test_it_is_half_the_squared_distance_between_two_images():
    images = np.random.default_rng(0).integers(0, 256, (20, 1, 3, 3), dtype=np.uint8)
    flat = images.reshape(20, -1) / 255
    squared = np.square(flat[:, None] - flat[None]).sum(-1)
    assert total_variance(images) == pytest.approx(squared[~np.eye(20, dtype=bool)].mean() / 2)


def test_images_that_are_all_alike_have_none():
    assert total_variance(np.full((5, 1, 2, 2), 77, np.uint8)) == pytest.approx(0, abs=1e-9)
