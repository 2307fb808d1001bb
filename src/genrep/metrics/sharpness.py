"""Sharpness: variance of the Laplacian of an image (Pech-Pacheco et al., 2000)."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

KERNEL = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])


def sharpness(images: Tensor, batch_size: int = 1000) -> np.ndarray:
    """(N, C, H, W) uint8 -> (N,) variances over the pixels inside the border; channels are averaged to grey first.

    Pixel values count from 0 to 1, so the unit is their square.
    """
    parts = []
    for part in images.split(batch_size):
        grey = part.float().mean(dim=1, keepdim=True) / 255  # (B, 1, H, W)
        parts.append(F.conv2d(grey, KERNEL[None, None]).flatten(1).var(dim=1, unbiased=False))
    return torch.cat(parts).double().numpy()
