"""95% intervals over the images of Inception metrics, whose arrays are too large to be copied 200 times.

The score is bootstrapped on weights of images in place of copies of their rows. FID has the interval of its linear
part (the infinitesimal jackknife; Jaeckel, 1972): one eigen-decomposition where a bootstrap would take hundreds.
"""

from math import sqrt

import numpy as np
from scipy.special import xlogy

from genrep.metrics.fid import BLOCK, factor
from genrep.metrics.frechet import Gaussian
from genrep.metrics.intervals import bootstrap

Interval = tuple[float, float]
NORMAL = 1.96  # standard errors on either side


def score_interval(probabilities: np.ndarray, splits: int, seed: int) -> Interval:
    """Of the Inception Score of (N, classes) probabilities in ``splits`` parts, the mean over parts."""
    count = len(probabilities)
    edges = [i * count // splits for i in range(splits + 1)]
    part = np.repeat(np.arange(splits), np.diff(edges))  # (N,) of each drawn row
    sizes = np.diff(edges)[:, None]
    negentropy = np.concatenate([xlogy(x, x).sum(axis=1) for x in _blocks(probabilities)])  # (N,)

    def mean_score(rows: np.ndarray) -> float:
        times = np.zeros((splits, count))  # how often a part holds an image
        np.add.at(times, (part, rows), 1)
        marginal = times @ probabilities / sizes  # (splits, classes)
        scores = np.exp(times @ negentropy / sizes[:, 0] - xlogy(marginal, marginal).sum(axis=1))
        return float(scores.mean())

    return bootstrap(mean_score, count, seed)


def fid_interval(value: float, features: np.ndarray, found: Gaussian, real: Gaussian) -> Interval:
    """Of the FID of (N, D) generated features; the real images are taken as given.

    With F F^T = S_r and M = F^T S_g F, an image x with c = x - mu_g adds to the distance, to first order, 1/N times

        2 (mu_g - mu_r).c + c.c - |M^(-1/4) F^T c|^2 less its mean over images

    Where S_g is singular M^(-1/4) is taken on its range, where every c lies.
    """
    F = factor(real.covariance)
    values, vectors = np.linalg.eigh(F.T @ found.covariance @ F)
    kept = values > values[-1] * len(values) * np.finfo(values.dtype).eps
    root = F @ (vectors[:, kept] * values[kept] ** -0.25)  # (D, rank)
    parts = []
    for block in _blocks(features):
        c = block - found.mean
        parts.append(2 * c @ (found.mean - real.mean) + np.square(c).sum(axis=1) - np.square(c @ root).sum(axis=1))
    return around(value, float(np.concatenate(parts).std() / sqrt(len(features))))


def share_interval(value: float, count: int) -> Interval:
    """Of a share of ``count`` images."""
    return around(value, sqrt(value * (1 - value) / count))


def around(value: float, standard_error: float) -> Interval:
    """The normal interval."""
    return value - NORMAL * standard_error, value + NORMAL * standard_error


def _blocks(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
