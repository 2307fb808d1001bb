"""Classes that are drawn at all: of how many the classifier accepts a sample with confidence."""

import numpy as np

from genrep.metrics.extra import Statistic, Subject
from genrep.metrics.legibility import legible


def measures(subject: Subject) -> dict[str, Statistic]:
    """``classes_covered``"""
    accepted = legible(subject.found.probabilities, subject.confidence)
    classes = subject.found.probabilities.argmax(1)
    return {
        f"classes_covered/{subject.network}/n={{n}}/confidence={subject.confidence}": lambda rows: float(
            len(np.unique(classes[rows][accepted[rows]]))
        )
    }
