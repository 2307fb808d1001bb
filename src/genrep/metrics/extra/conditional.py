"""Whether a model draws what it is asked for: by class, and by each attribute where classes are their combinations."""

import numpy as np

from genrep.metrics.conditional_accuracy import conditional_accuracy
from genrep.metrics.extra import Statistic, Subject


def measures(subject: Subject) -> dict[str, Statistic]:
    """``conditional_accuracy``, and ``attribute_accuracy``: that of the attribute that is followed worst."""
    labels, probabilities = subject.labels, subject.found.probabilities
    if labels is None:
        return {}
    found: dict[str, Statistic] = {
        f"conditional_accuracy/{subject.network}/n={{n}}": lambda rows: conditional_accuracy(
            probabilities[rows], labels[rows]
        )
    }
    if subject.attributes:
        bits = np.arange(subject.attributes)
        has = (np.arange(probabilities.shape[1])[:, None] >> bits & 1).astype(float)  # (classes, attributes)
        right = (probabilities @ has > 0.5) == (labels[:, None] >> bits & 1)  # (N, attributes)
        found[f"attribute_accuracy/{subject.network}/n={{n}}"] = lambda rows: float(right[rows].mean(0).min())
    return found
