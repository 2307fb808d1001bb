"""Inception score (Salimans et al., 2016): exp E_x KL(p(y|x) || p(y)), over any classifier."""

import numpy as np
from scipy.special import rel_entr


def inception_score(probabilities: np.ndarray) -> float:
    """Score of (N, classes) class probabilities: between 1 and the number of classes."""
    marginal = probabilities.mean(axis=0)
    return float(np.exp(rel_entr(probabilities, marginal).sum(axis=1).mean()))
