"""Frechet Inception distance (Heusel et al., 2017), fast enough for 2048 features.

Native metrics keep ``genrep.metrics.frechet``, whose bits their committed values have. The distance is the same
here; its trace is found in another way:

    tr (S_1 S_2)^(1/2) = sum of sqrt(eigenvalues of F^T S_2 F)   for any F with F F^T = S_1

F is the Cholesky factor where S_1 has full rank, else the scaled eigenvectors of its nonzero eigenvalues: one
symmetric eigen-decomposition without vectors, in place of scipy's Schur decomposition of S_1 S_2.
"""

import numpy as np

from genrep.errors import UserError
from genrep.metrics.frechet import Gaussian

BLOCK = 4096  # rows that are float64 at a time


def moments(features: np.ndarray) -> Gaussian:
    """Mean and covariance of (N, D) features of any float type, in float64 and block by block.

    Raises:
        UserError: fewer than two images, or a value that is not finite.
    """
    count = len(features)
    if count < 2:
        raise UserError(f"a Frechet distance needs at least 2 images, got {count}")
    blocks = [slice(start, start + BLOCK) for start in range(0, count, BLOCK)]
    mean = sum(features[rows].sum(axis=0, dtype=np.float64) for rows in blocks) / count
    if not np.isfinite(mean).all():
        raise UserError("features hold NaN or infinite values; the images or the network are broken")
    covariance = np.zeros((features.shape[1],) * 2)
    for rows in blocks:
        centred = features[rows] - mean  # float64
        covariance += centred.T @ centred
    return Gaussian(mean, covariance / (count - 1))


def fid(a: Gaussian, b: Gaussian) -> float:
    """Squared Frechet distance of two Gaussians; at least 0, and 0 for equal ones up to rounding.

    Raises:
        UserError: their features differ in number, so they come from different networks.
    """
    if a.mean.shape != b.mean.shape:
        raise UserError(f"features of two networks: {a.mean.size} and {b.mean.size} per image")
    distance = np.square(a.mean - b.mean).sum() + np.trace(a.covariance) + np.trace(b.covariance)
    return max(float(distance - 2 * trace_of_root(a.covariance, b.covariance)), 0.0)


def trace_of_root(a: np.ndarray, b: np.ndarray) -> float:
    """tr (a b)^(1/2) of two (D, D) covariances, also singular ones."""
    try:
        root, other = np.linalg.cholesky(a), b
    except np.linalg.LinAlgError:  # the trace is also that of (b a)^(1/2)
        root, other = factor(b), a
    return float(np.sqrt(np.linalg.eigvalsh(root.T @ other @ root).clip(min=0)).sum())


def factor(covariance: np.ndarray) -> np.ndarray:
    """(D, rank) F with F F^T = covariance."""
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:  # singular: fewer images than features, or a feature that never fires
        values, vectors = np.linalg.eigh(covariance)
        kept = values > values[-1] * len(values) * np.finfo(values.dtype).eps
        return vectors[:, kept] * np.sqrt(values[kept])
