"""Images reduced to 8x8 cells: where they are bright, and where they have which colour."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from genrep.metrics.parts import by_parts

SIDE = 8


def luminance(images: Tensor) -> np.ndarray:
    """(N, C, H, W) uint8 -> (N, 64) float64, Rec. 601 luma in [0, 1] averaged over each cell."""
    return by_parts(_brightness, images).double().numpy()


def chroma(images: Tensor) -> np.ndarray | None:
    """(N, 3, H, W) uint8 -> (N, 128) float64, blue and red less luma averaged over each cell; None for grey images."""
    if images.shape[1] == 1:
        return None
    return by_parts(_colours, images).double().numpy()


def _brightness(images: Tensor) -> Tensor:
    pixels = images.float() / 255
    return _cells(pixels if images.shape[1] == 1 else _luma(pixels))


def _colours(images: Tensor) -> Tensor:
    pixels = images.float() / 255
    grey = _luma(pixels)
    return torch.cat([_cells(pixels[:, 2:3] - grey), _cells(pixels[:, 0:1] - grey)], dim=1)


def _luma(pixels: Tensor) -> Tensor:
    return (pixels * pixels.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)


def _cells(values: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(values, SIDE).flatten(1)
