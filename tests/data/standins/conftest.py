"""How well images tell their classes apart."""

from collections.abc import Callable

import numpy as np
import pytest

from genrep.data.standins import Generated


def accuracy_of_centroids(drawn: Generated, held_out: int, cells: int) -> float:
    """Share of the last ``held_out`` images whose class has the nearest mean, over means of ``cells`` x ``cells``."""
    N, H, W, C = drawn.images.shape
    blocks = drawn.images.reshape(N, cells, H // cells, cells, W // cells, C).mean((2, 4)).reshape(N, -1)
    fitted, seen = blocks[:-held_out], drawn.labels[:-held_out]
    centroids = np.stack([fitted[seen == c].mean(0) for c in range(drawn.labels.max() + 1)])
    distances = ((blocks[-held_out:, None] - centroids) ** 2).sum(-1)
    return float((distances.argmin(1) == drawn.labels[-held_out:]).mean())


@pytest.fixture
def centroid_accuracy() -> Callable[[Generated, int, int], float]:
    return accuracy_of_centroids
