"""Kernel Inception distance (Binkowski et al., 2018): unbiased squared MMD with the kernel (x.y / D + 1)^3.

MMD^2 = mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j)
"""

from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from genrep.errors import UserError


class KID(NamedTuple):
    """Over subsets."""

    mean: float  # may lie a little below 0: the estimate is unbiased
    sd: float  # population standard deviation


def kid(
    features: np.ndarray,
    reference: np.ndarray,
    rng: np.random.Generator | np.random.RandomState,
    subsets: int = 100,
    size: int = 1000,
) -> KID:
    """Mean and sd of the squared MMD over random subsets of both sets, computed in float64.

    Args:
        features: (N, D).
        reference: (M, D), of real images.
        rng: draws rows without replacement, for each subset first of ``features``, then of ``reference``.
        subsets: how many.
        size: images in each subset of each set.

    Raises:
        UserError: a set is smaller than a subset, or the sets come from different networks.
    """
    if features.shape[1] != reference.shape[1]:
        raise UserError(f"features of two networks: {features.shape[1]} and {reference.shape[1]} per image")
    if size < 2 or min(len(features), len(reference)) < size:
        raise UserError(
            f"KID with subsets of {size} needs at least {max(size, 2)} images in each set, "
            f"got {len(features)} and {len(reference)}"
        )
    found = []
    for _ in tqdm(range(subsets), desc="KID", unit="subset", disable=None, leave=False):
        x = features[rng.choice(len(features), size, replace=False)].astype(np.float64)
        y = reference[rng.choice(len(reference), size, replace=False)].astype(np.float64)
        found.append(squared_mmd(x, y))
    return KID(float(np.mean(found)), float(np.std(found)))


def squared_mmd(x: np.ndarray, y: np.ndarray) -> float:
    """Unbiased estimate from (n, D) and (m, D) features, n and m at least 2."""
    within = [_off_diagonal_mean(_kernel(part, part)) for part in (x, y)]
    return float(sum(within) - 2 * _kernel(x, y).mean())


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x @ y.T / x.shape[1] + 1) ** 3


def _off_diagonal_mean(kernel: np.ndarray) -> float:
    count = len(kernel)
    return (kernel.sum() - np.trace(kernel)) / (count * (count - 1))
