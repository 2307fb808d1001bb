"""Variation of style: how much images of one class differ, at a resolution at which noise is not seen.

Mean squared distance of each 8x8 layout of brightness from the mean of its class, per cell. The classes are the
classifier's, so that models count that cannot be asked for one.
"""

import numpy as np

from genrep.metrics.extra import Statistic, Subject
from genrep.metrics.extra.layouts import SIDE, luminance


def measures(subject: Subject) -> dict[str, Statistic]:
    """``style_diversity``"""
    cells, classes = luminance(subject.images), subject.found.probabilities.argmax(1)

    def within(rows: np.ndarray) -> float:
        own, of = cells[rows], classes[rows]
        sums = np.zeros((of.max() + 1, own.shape[1]))
        np.add.at(sums, of, own)
        means = sums / np.maximum(np.bincount(of), 1)[:, None]
        return float(np.square(own - means[of]).mean())

    return {f"style_diversity/{subject.network}/cells={SIDE}x{SIDE}/n={{n}}": within}
