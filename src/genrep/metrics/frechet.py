"""Frechet distance between Gaussians fitted to two sets of features (Heusel et al., 2017).

|mu_1 - mu_2|^2 + tr(S_1 + S_2 - 2 (S_1 S_2)^(1/2))
"""

from typing import NamedTuple

import numpy as np

from genrep.errors import UserError


class Gaussian(NamedTuple):
    """Moments of a set of features."""

    mean: np.ndarray  # (D,)
    covariance: np.ndarray  # (D, D), divided by N - 1

    @classmethod
    def fit(cls, features: np.ndarray) -> "Gaussian":
        """Moments of (N, D) features.

        Raises:
            UserError: fewer than two images, or a value that is not finite.
        """
        if len(features) < 2:
            raise UserError(f"a Frechet distance needs at least 2 images, got {len(features)}")
        if not np.isfinite(features).all():
            raise UserError("features hold NaN or infinite values; the images or the network are broken")
        return cls(features.mean(axis=0), np.cov(features, rowvar=False))


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """The squared distance; at least 0, and 0 for equal Gaussians.

    tr (S_1 S_2)^(1/2) is the sum of the square roots of the eigenvalues of R S_2 R with R = S_1^(1/2), which is
    symmetric: two symmetric eigen-decompositions instead of a general matrix square root.
    """
    values, vectors = np.linalg.eigh(a.covariance)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ b.covariance @ root).clip(min=0)).sum()
    distance = np.square(a.mean - b.mean).sum() + np.trace(a.covariance) + np.trace(b.covariance) - 2 * cross
    return max(float(distance), 0.0)
