"""Intervals over evaluation samples."""

from collections.abc import Callable

import numpy as np
from scipy.stats import bootstrap as scipy_bootstrap

RESAMPLES = 200


def bootstrap(statistic: Callable[[np.ndarray], float], count: int, seed: int) -> tuple[float, float]:
    """95% normal interval around a statistic of ``count`` samples, with the bootstrap's standard error.

    Percentile intervals would not do for a Frechet distance: drawing rows twice raises it, so that its own value
    may lie below the interval.

    Args:
        statistic: takes row numbers (with repetitions), returns a number.
        count: of samples.
        seed: of the resampling.
    """
    rows = np.arange(count)
    result = scipy_bootstrap(
        (rows,),
        lambda drawn: statistic(drawn.astype(int)),
        vectorized=False,
        n_resamples=RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    value, margin = statistic(rows), 1.96 * float(result.standard_error)
    return value - margin, value + margin
