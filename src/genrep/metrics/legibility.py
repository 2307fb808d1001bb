"""Legible share: how many images a classifier accepts as one of its classes with confidence."""

import numpy as np


def legible(probabilities: np.ndarray, confidence: float) -> np.ndarray:
    """(N, classes) probabilities -> (N,) booleans: the largest probability exceeds ``confidence``."""
    return probabilities.max(axis=1) > confidence
