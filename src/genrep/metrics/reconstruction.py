"""Reconstructions of a VAE, and their error: mean squared difference of pixels between an image and what comes back."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genrep.sampling import to_uint8


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
    low, high = value_range
    errors = [
        ((back - x) / (high - low)).square().flatten(1).mean(dim=1).double().cpu()
        for x, back in _there_and_back(networks, images, value_range, batch_size)
    ]
    return torch.cat(errors).numpy()


@torch.inference_mode()
def reconstructions(
    networks: nn.ModuleDict, images: Tensor, value_range: tuple[float, float], batch_size: int = 500
) -> Tensor:
    """What comes back of (N, C, H, W) uint8 images, likewise; takes what ``squared_error`` does."""
    parts = _there_and_back(networks, images, value_range, batch_size)
    return torch.cat([to_uint8(back, value_range) for _, back in parts])


def _there_and_back(
    networks: nn.ModuleDict, images: Tensor, value_range: tuple[float, float], batch_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of images in the range, and the decoder's pixels of the means of q(z|x)."""
    encoder: Any = networks["encoder"]
    decoder: Any = networks["decoder"]
    device = next(encoder.parameters()).device
    low, high = value_range
    for part in images.split(batch_size):
        x = part.to(device).float() * ((high - low) / 255) + low
        mean, _ = encoder(x)
        yield x, decoder.to_pixels(decoder(mean))
