"""How far apart the classes are that were asked for: their share of the variance of the classifier's features.

    sum_c n_c |mu_c - mu|^2 / sum_i |f_i - mu|^2

0 where all classes look alike, 1 where each has one image.
"""

import numpy as np

from genrep.metrics.extra import Statistic, Subject


def separation(features: np.ndarray, labels: np.ndarray) -> float:
    """(N, D) features and (N,) classes -> [0, 1]; 0 where the features do not vary at all."""
    centred = features - features.mean(0)
    total = np.square(centred).sum()
    if not total > 0:
        return 0.0
    sums = np.zeros((labels.max() + 1, features.shape[1]))
    np.add.at(sums, labels, centred)
    counts = np.bincount(labels)[:, None]
    between = (np.square(sums) / np.maximum(counts, 1)).sum()
    return float(between / total)


def measures(subject: Subject) -> dict[str, Statistic]:
    """``class_separation``"""
    labels, features = subject.labels, subject.found.features
    if labels is None:
        return {}
    return {f"class_separation/{subject.network}/n={{n}}": lambda rows: separation(features[rows], labels[rows])}
