"""Improved precision and recall (Kynkaanniemi et al., 2019), computed by torch-fidelity.

Precision is the share of generated images inside the ball of a real one that reaches to its k-th nearest real
neighbour; recall is the same with the sets exchanged.
"""

from typing import NamedTuple

import numpy as np
import torch

from genrep.errors import UserError
from genrep.metrics.optional import torch_fidelity


class PrecisionRecall(NamedTuple):
    """Both in [0, 1]."""

    precision: float
    recall: float


def precision_recall(features: np.ndarray, reference: np.ndarray, k: int = 3, block: int = 500) -> PrecisionRecall:
    """Of (N, D) generated and (M, D) real features; distances are held for ``block`` rows at a time.

    Raises:
        UserError: k neighbours need at least k + 1 images, or the sets come from different networks.
    """
    if features.shape[1] != reference.shape[1]:
        raise UserError(f"features of two networks: {features.shape[1]} and {reference.shape[1]} per image")
    if min(len(features), len(reference)) <= k:
        raise UserError(
            f"precision and recall with k={k} need at least {k + 1} images in each set, "
            f"got {len(features)} and {len(reference)}"
        )
    part = torch_fidelity("metric_prc").calculate_precision_recall_part
    precision, recall = part(*(torch.from_numpy(np.asarray(x)) for x in (features, reference)), k, block)
    return PrecisionRecall(precision, recall)
