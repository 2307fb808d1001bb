"""Accuracy of a classifier on class-conditional samples: does a model draw the class that it was asked for?"""

import numpy as np

from genrep.errors import UserError


def conditional_accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Share of images whose most probable class is the one asked for, in [0, 1].

    Args:
        probabilities: (N, classes) of the classifier.
        labels: (N,) classes that the model was asked for.

    Raises:
        UserError: not one label per image, or none at all.
    """
    if len(probabilities) == 0 or len(probabilities) != len(labels):
        raise UserError(f"conditional accuracy needs a label per image, got {len(probabilities)} and {len(labels)}")
    return float((probabilities.argmax(axis=1) == labels).mean())
