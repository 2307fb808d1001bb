"""Reconstruction error of a VAE: mean squared difference of pixel values between an image and what comes back."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


@torch.inference_mode()
def squared_error(
    networks: nn.ModuleDict, images: Tensor, value_range: tuple[float, float], batch_size: int = 500
) -> np.ndarray:
    """Error of each image, encoded to the mean of q(z|x) and decoded: (N,) float64, of pixel values from 0 to 1.

    Args:
        networks: ``encoder`` and ``decoder`` in evaluation mode, on one device.
        images: (N, C, H, W) uint8.
        value_range: what pixel values 0 and 255 become for the encoder; the decoder's pixels are in it too.
        batch_size: images per pass; does not matter to the result.
    """
    encoder: Any = networks["encoder"]
    decoder: Any = networks["decoder"]
    device = next(encoder.parameters()).device
    low, high = value_range
    found = []
    for part in images.split(batch_size):
        x = part.to(device).float() * ((high - low) / 255) + low
        mean, _ = encoder(x)
        difference = (decoder.to_pixels(decoder(mean)) - x) / (high - low)
        found.append(difference.square().flatten(1).mean(dim=1).double().cpu())
    return torch.cat(found).numpy()
