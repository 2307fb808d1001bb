"""Power at high spatial frequencies: the mean of the log power spectrum over the upper half of its radii.

Real images have their share of it. What exceeds theirs is detail that no real image has: noise.
"""

import numpy as np

from genrep.metrics.extra import Statistic, Subject
from genrep.metrics.power_spectrum import FLOOR, ring_powers


def measures(subject: Subject) -> dict[str, Statistic]:
    """``high_frequency``, in nats"""
    powers = ring_powers(subject.images)  # (N, K)
    K = powers.shape[1]
    upper = powers[:, K // 2 :]
    return {
        f"high_frequency/rings={K // 2 + 1}-{K}/n={{n}}": lambda rows: float(
            np.log(np.maximum(upper[rows].mean(0), FLOOR)).mean()
        )
    }
