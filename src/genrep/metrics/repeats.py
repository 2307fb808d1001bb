"""Spread of a metric over repeated draws from a pool of samples."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from genrep.errors import UserError


class Spread(NamedTuple):
    """Over draws."""

    mean: float
    sd: float  # divided by the draws less one
    values: tuple[float, ...]


def repeated_draws(
    statistic: Callable[[np.ndarray], float], pool: int, n: int, repeats: int, rng: np.random.Generator
) -> Spread:
    """Compute a statistic on ``repeats`` draws of ``n`` of the ``pool`` images.

    Draws are disjoint where the pool is large enough; otherwise each is without replacement, but they overlap, and
    the sd understates what fresh samples would give.

    Args:
        statistic: takes row numbers, returns a number.
        pool: images to draw from.
        n: images per draw.
        repeats: at least 2.
        rng: of the draws.

    Raises:
        UserError: the pool is smaller than a draw, or fewer than two draws.
    """
    if repeats < 2 or n < 1 or pool < n:
        raise UserError(f"{repeats} draws of {n} images need at least 2 draws and {n} images, got {pool}")
    if pool >= n * repeats:
        draws = list(rng.permutation(pool)[: n * repeats].reshape(repeats, n))
    else:
        draws = [rng.choice(pool, n, replace=False) for _ in range(repeats)]
    values = tuple(float(statistic(rows)) for rows in draws)
    return Spread(float(np.mean(values)), float(np.std(values, ddof=1)), values)
