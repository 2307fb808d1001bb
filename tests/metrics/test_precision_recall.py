import numpy as np
import pytest

from genrep.errors import UserError
from genrep.metrics.precision_recall import precision_recall

pytest.importorskip("torch_fidelity")


def balls(points: np.ndarray, others: np.ndarray, k: int) -> float:
    """Share of ``others`` inside a ball of ``points``, by the definition."""
    radii = np.sort(np.linalg.norm(points[:, None] - points, axis=2), axis=1)[:, k]
    return float((np.linalg.norm(others[:, None] - points, axis=2) <= radii).any(axis=1).mean())


@pytest.mark.parametrize("block", [7, 1000])
def test_definition(block):
    rng = np.random.default_rng(0)
    real, drawn = rng.normal(size=(60, 4)), 0.4 * rng.normal(size=(50, 4))
    found = precision_recall(drawn, real, k=2, block=block)
    assert found == pytest.approx((balls(real, drawn, 2), balls(drawn, real, 2)))
    assert found.precision > found.recall  # the drawn ones stay in the middle of the real ones


def test_a_set_covers_itself():
    x = np.random.default_rng(0).normal(size=(20, 3))
    assert precision_recall(x, x) == (1, 1)


def test_too_few_images_are_counted():
    with pytest.raises(UserError, match="k=3 need at least 4 images in each set, got 3 and 9"):
        precision_recall(np.zeros((3, 2)), np.zeros((9, 2)))


def test_features_of_two_networks_are_refused():
    with pytest.raises(UserError, match="features of two networks: 2 and 3 per image"):
        precision_recall(np.zeros((9, 2)), np.zeros((9, 3)))
