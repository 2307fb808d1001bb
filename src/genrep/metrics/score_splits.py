"""Inception score as tables print it: mean and standard deviation over consecutive splits (Salimans et al., 2016)."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from genrep.errors import UserError
from genrep.metrics.inception_score import inception_score


class SplitScore(NamedTuple):
    """Over splits."""

    mean: float
    sd: float  # population standard deviation, as in the authors' code; 0 for one split


def split_score(probabilities: np.ndarray, splits: int = 10) -> SplitScore:
    """Score (N, classes) probabilities in ``splits`` consecutive parts of N / splits images.

    Images are taken in order: shuffle a set that is sorted by class first.

    Raises:
        UserError: fewer images than splits.
    """
    count = len(probabilities)
    if splits < 1 or count < splits:
        raise UserError(f"an Inception score in {splits} splits needs at least {max(splits, 1)} images, got {count}")
    edges = [i * count // splits for i in range(splits + 1)]
    scores = [inception_score(probabilities[a:b]) for a, b in pairwise(edges)]
    return SplitScore(float(np.mean(scores)), float(np.std(scores)))
