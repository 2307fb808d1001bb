"""What a classifier says of a set of images: features and class probabilities, computed once per set."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Features:
    """One row per image."""

    features: np.ndarray  # (N, D) float64, the layer before the logits
    probabilities: np.ndarray  # (N, classes) float64

    def __len__(self) -> int:
        return len(self.features)

    def rows(self, index: Any) -> "Features":
        """The images of ``index`` (a slice or row numbers)."""
        return Features(self.features[index], self.probabilities[index])


@torch.inference_mode()
def extract(classifier: Any, images: Tensor, batch_size: int = 200) -> Features:
    """Run a classifier (in evaluation mode; input range [0, 1]) over (N, C, H, W) uint8 images.

    Batch normalisation is in evaluation mode, so the batch size does not matter to the result. Small batches keep
    activations below the size from which malloc maps and unmaps pages for every layer.
    """
    device = next(classifier.parameters()).device
    features, probabilities = [], []
    for part in images.split(batch_size):
        embedded = classifier.embed(part.to(device).float() / 255)
        features.append(embedded.cpu().double().numpy())
        probabilities.append(classifier.head(embedded).double().softmax(1).cpu().numpy())
    return Features(np.concatenate(features), np.concatenate(probabilities))
