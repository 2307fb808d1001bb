"""Density and coverage (Naeem et al., 2020) in the classifier's features.

    density:  mean over generated images of how many real ones have them in their ball, over k
    coverage: share of real images with a generated one in their ball

A real image's ball reaches to its k-th nearest real neighbour. Density says how typical images are, coverage how much
of what is real they reach.
"""

import numpy as np

from genrep.metrics.extra import Statistic, Subject
from genrep.metrics.neighbours import nearest

K = 5
BLOCK = 500  # rows whose distances are held at a time


def inside(features: np.ndarray, real: np.ndarray, k: int = K) -> np.ndarray:
    """(N, D) and (M, D) features -> (N, M) bool: which images lie in which real image's ball."""
    radii = nearest(real, real, k, exclude_self=True).distances[:, -1].astype(np.float64)
    found = np.empty((len(features), len(real)), bool)
    squares = np.square(real).sum(1)
    for start in range(0, len(features), BLOCK):
        part = features[start : start + BLOCK]
        squared = np.square(part).sum(1)[:, None] + squares - 2 * part @ real.T
        found[start : start + BLOCK] = squared <= np.square(radii)
    return found


def measures(subject: Subject) -> dict[str, Statistic]:
    """``density`` and ``coverage``"""
    real = subject.reference.features
    balls = inside(subject.found.features, real)
    counts = balls.sum(1)
    protocol = f"{subject.network}/n={{n}}/train={len(real)}/k={K}"
    return {
        f"density/{protocol}": lambda rows: float(counts[rows].mean() / K),
        f"coverage/{protocol}": lambda rows: float(balls[np.unique(rows)].any(0).mean()),
    }
