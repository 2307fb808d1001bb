"""Spaces in which images are compared: pixels, and the features of a network; and what real images are like in them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor

from genrep.metrics.neighbours import nearest
from genrep.studies.abilities import NotPossible

CLOSEST = 50  # neighbours whose mean distance a copy is held against (Carlini et al., 2023)


@dataclass(frozen=True)
class Space:
    """Images as rows of numbers."""

    name: str  # ``pixels`` or ``features``
    protocol: str  # for ids: what the numbers are
    rows: Callable[[np.ndarray], np.ndarray]  # (N, H, W, C) uint8 -> (N, ...), compared by Euclidean distance


PIXELS = Space("pixels", "grey levels", lambda images: images)


@dataclass(frozen=True)
class RealImages:
    """Training images in a space, and unseen ones beside them."""

    space: Space
    training: np.ndarray  # (M, H, W, C) uint8, memory-mapped or not
    unseen: np.ndarray  # (Q, H, W, C) uint8
    device: str = "cpu"

    @cached_property
    def rows(self) -> np.ndarray:
        """The training images' rows in the space."""
        return self.space.rows(self.training)

    def nearest(self, images: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Distances (N, k) and places of the nearest training images of (N, H, W, C) uint8 images."""
        return nearest(self.space.rows(images), self.rows, k=k, device=self.device)

    @cached_property
    def _unseen(self) -> np.ndarray:
        return self.nearest(self.unseen, self._closest)[0]

    @property
    def _closest(self) -> int:
        return min(CLOSEST, len(self.training))

    @cached_property
    def unseen_distance(self) -> np.ndarray:
        """(Q,) distances from unseen images to their nearest training image."""
        return self._unseen[:, 0]

    def remoteness(self, images: np.ndarray) -> np.ndarray:
        """How far images lie from the training images: (N,), 1 where unseen real images lie on average.

        Raises:
            NotPossible: unseen images are copies of training images.
        """
        unit = float(self.unseen_distance.mean())
        if not unit > 0:
            raise NotPossible("the held-out images are all among the training images; nothing can be held against them")
        return self.nearest(images)[0][:, 0] / unit

    def copies(self, images: np.ndarray) -> np.ndarray:
        """(N,) bool: which images are copies of training images.

        A copy is nearer to its nearest training image, measured by the mean distance to its ``CLOSEST`` ones, than 99
        of 100 unseen images are to theirs; a ratio, since blurred images are near to all others.
        """
        distances = self.nearest(images, self._closest)[0]
        limit = np.quantile(_ratio(self._unseen), 0.01)
        return _ratio(distances) < limit

    @cached_property
    def far(self) -> float:
        """The remoteness that one of a hundred unseen images exceeds."""
        return float(np.quantile(self.unseen_distance, 0.99) / self.unseen_distance.mean())


def _ratio(distances: np.ndarray) -> np.ndarray:
    return distances[:, 0] / np.maximum(distances.mean(axis=1), 1e-12)


def stored(images: Tensor) -> np.ndarray:
    """uint8 (N, C, H, W) as data sets store images: (N, H, W, C)."""
    return images.cpu().permute(0, 2, 3, 1).contiguous().numpy()
