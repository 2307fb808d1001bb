"""Strokes of one colour over a region, drawn by a program where the thesis drew by hand (section 6.8)."""

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

JOINTS = 4  # of a stroke
FINENESS = 4  # a stroke is drawn so many times finer and averaged
WIDTH = 1 / 16  # of a stroke, as a share of the image's width


def scribble(images: Tensor, region: Tensor, colour: Tensor, strokes: int, rng: np.random.Generator) -> Tensor:
    """Scribble over a region of each image; what leaves the region is cut off.

    Each stroke leads through a few pixels of the region, in the order of their distance from the first.

    Args:
        images: (N, C, H, W) in [0, 1].
        region: (N, 1, H, W) bool, nowhere empty.
        colour: (C,) in [0, 1].
        strokes: per image.
        rng: of the strokes.

    Returns:
        (N, C, H, W)
    """
    covered = torch.stack([coverage(mask[0].cpu().numpy(), strokes, rng) for mask in region]).to(images)[:, None]
    covered = covered * region.to(images.dtype)
    return images * (1 - covered) + colour.to(images)[None, :, None, None] * covered


def coverage(region: np.ndarray, strokes: int, rng: np.random.Generator) -> Tensor:
    """How far strokes cover each pixel: a region (H, W) bool -> (H, W) in [0, 1]."""
    H, W = region.shape
    board = Image.new("L", (W * FINENESS, H * FINENESS), 0)
    pen = ImageDraw.Draw(board)
    width = max(1, round(WIDTH * W * FINENESS))
    places = np.argwhere(region)
    for _ in range(strokes):
        joints = places[rng.integers(0, len(places), JOINTS)]
        joints = joints[np.linalg.norm(joints - joints[0], axis=1).argsort(kind="stable")]
        points = [(int(FINENESS * (x + 0.5)), int(FINENESS * (y + 0.5))) for y, x in joints]
        pen.line(points, fill=255, width=width, joint="curve")
    levels = np.asarray(board, np.float32).reshape(H, FINENESS, W, FINENESS).mean(axis=(1, 3)) / 255
    return torch.from_numpy(levels)
