"""Attributes of images: what the data set says of real ones, and a linear probe that says it of any."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from genrep.data.arrays import ImageSet
from genrep.errors import UserError

POOLED = 8  # cells a side that the probe sees
RIDGE = 1e-2  # of the probe, as a share of the mean variance
MOST = 4000  # images of each side that the probe is fitted to


def attribute(images: ImageSet, name: str | int) -> np.ndarray:
    """Which images have an attribute, or are of a class: (N,) bool.

    Raises:
        UserError: there is no such attribute or class, or all or none of the images have it.
    """
    if isinstance(name, int):
        if not 0 <= name < images.card["classes"]:
            raise UserError(f"{images.card['name']} has no class {name}; it has 0 to {images.card['classes'] - 1}")
        found = np.asarray(images.labels) == name
    else:
        found = images.attribute(name)
    return found


def both_sides(found: np.ndarray, name: str | int, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Places of the images with and without an attribute.

    Raises:
        UserError: one side has no example.
    """
    sides = np.flatnonzero(found), np.flatnonzero(~found)
    for side, which in zip(sides, ("positive", "negative"), strict=True):
        if not len(side):
            raise UserError(f"attribute {name!r} has no {which} example in {where}; choose another")
    return sides


@dataclass(frozen=True)
class Probe:
    """A linear discriminant on coarse colours: 0 at the mean image without an attribute, 1 at that with it."""

    weights: Tensor  # (P,) of the pooled pixels
    offset: float

    @classmethod
    def fit(cls, images: np.ndarray, positive: np.ndarray, negative: np.ndarray) -> "Probe":
        """Fisher's discriminant with a ridge.

        Args:
            images: (N, H, W, C) uint8, memory-mapped or not.
            positive: rows of images with the attribute; the first ``MOST`` are used.
            negative: rows without it.
        """
        sides = [coarse(_pixels(images, rows[:MOST])).double() for rows in (negative, positive)]
        low, high = (side.mean(0) for side in sides)
        centred = torch.cat([side - side.mean(0) for side in sides])
        covariance = centred.T @ centred / len(centred)
        ridge = RIDGE * covariance.diagonal().mean().clamp(min=1e-12)
        weights = torch.linalg.solve(covariance + ridge * torch.eye(len(covariance), dtype=torch.float64), high - low)
        scale = weights @ (high - low)
        if not scale > 0:
            raise UserError("the images with and without the attribute do not differ in their colours")
        weights = weights / scale
        return cls(weights.float(), float(weights @ low))

    def __call__(self, images: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N,) scores on the CPU; above 1/2 an image counts as having the attribute."""
        return coarse(images.float().cpu()) @ self.weights - self.offset

    def accuracy(self, images: np.ndarray, positive: np.ndarray, negative: np.ndarray) -> float:
        """Mean share of both sides that is told right."""
        scores = [self(_pixels(images, rows[:MOST])) for rows in (positive, negative)]
        return float(((scores[0] > 0.5).float().mean() + (scores[1] <= 0.5).float().mean()) / 2)


def coarse(images: Tensor) -> Tensor:
    """Means over a grid of cells: (N, C, H, W) -> (N, C * cells)."""
    return F.adaptive_avg_pool2d(images, POOLED).flatten(1)


def _pixels(images: np.ndarray, rows: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(images[np.sort(rows)])).permute(0, 3, 1, 2).float() / 255
