"""Resizing to the Inception network's 299x299, as clean-fid defines it (Parmar et al., 2022).

- ``clean``: Pillow's bicubic filter with antialiasing, in floats.
- ``legacy_pytorch``: bilinear between pixel centres, as pytorch-fid does.
- ``legacy_tensorflow``: bilinear from the corner, as TensorFlow 1 and torch-fidelity do.

Each is linear and works on rows and columns apart, so it is a matrix per axis. The matrix is taken from the library
itself, by resizing an identity; then a whole batch is resized by two matrix products, on any device. Where results are
cut to whole numbers the library's own function is called: an even area of 255 must not come out as 254.99998.
"""

from functools import cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from genrep.metrics.optional import torch_fidelity
from genrep.params.inception import Resize

SIZE = 299


def to_299(images: Tensor, resize: Resize, quantise: bool = False) -> Tensor:
    """(B, C, H, W) uint8 -> (B, C, 299, 299) float32 in [0, 255], whole numbers if ``quantise``.

    Quantised ``clean`` is Pillow's own resizing of 8-bit images, which rounds between rows and columns too; the
    others are cut off to whole numbers, as clean-fid does.
    """
    if quantise:
        return _pillow_8_bit(images) if resize == "clean" else _legacy(resize, images.float(), (SIZE, SIZE)).floor()
    height, width = (_matrix(resize, side).to(images.device) for side in images.shape[2:])
    return (height @ images.float() @ width.T).clamp(0, 255)


@cache
def _matrix(resize: Resize, side: int) -> Tensor:
    """(299, side)"""
    eye = np.eye(side, dtype=np.float32)
    if resize == "clean":
        return torch.from_numpy(np.array(Image.fromarray(eye).resize((side, SIZE), Image.Resampling.BICUBIC)))
    return _legacy(resize, torch.from_numpy(eye)[None, None], (SIZE, side))[0, 0]


def _legacy(resize: Resize, images: Tensor, size: tuple[int, int]) -> Tensor:
    if resize == "legacy_pytorch":
        return F.interpolate(images, size=size, mode="bilinear", align_corners=False)
    bilinear = torch_fidelity("interpolate_compat_tensorflow").interpolate_bilinear_2d_like_tensorflow1x
    return bilinear(images, size=size, align_corners=False)


def _pillow_8_bit(images: Tensor) -> Tensor:
    planes = images.cpu().flatten(0, 1).numpy()  # (B C, H, W)
    resized = [np.array(Image.fromarray(plane).resize((SIZE, SIZE), Image.Resampling.BICUBIC)) for plane in planes]
    return torch.from_numpy(np.stack(resized)).view(*images.shape[:2], SIZE, SIZE).to(images.device).float()
