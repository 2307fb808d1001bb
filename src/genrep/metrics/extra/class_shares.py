"""Whether samples are all of one class: the largest share of one, and that of class 1 (the digit one)."""

import numpy as np

from genrep.metrics.extra import Statistic, Subject


def measures(subject: Subject) -> dict[str, Statistic]:
    """``top_class_share`` and ``class_1_share``"""
    probabilities = subject.found.probabilities
    classes, count = probabilities.argmax(1), probabilities.shape[1]
    return {
        f"top_class_share/{subject.network}/n={{n}}": lambda rows: float(
            np.bincount(classes[rows], minlength=count).max() / len(rows)
        ),
        f"class_1_share/{subject.network}/n={{n}}": lambda rows: float((classes[rows] == 1).mean()),
    }
