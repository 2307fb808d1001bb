"""Native metrics beyond those that every replication has; a replication names what it wants (``evaluation.extra``).

One module each; it offers ``measures(subject)``: by id, with ``{n}`` for the sample count, a statistic that takes row
numbers and returns a number. What is costly is computed once, before. A module that has nothing to say of a subject
returns nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genrep.data.arrays import ImageSet
from genrep.metrics.features import Features, extract
from genrep.metrics.variance import total_variance

REFERENCE = 2000  # training images at most that a metric compares with

Statistic = Callable[[np.ndarray], float]


@dataclass(frozen=True)
class Reference:
    """Training images of the classifier's data set, evenly spread over it."""

    images: ImageSet
    classifier: Any

    @cached_property
    def pixels(self) -> Tensor:
        """(M, C, H, W) uint8."""
        rows = self.images.split("train")
        count = rows.stop - rows.start
        chosen = rows.start + np.unique(np.linspace(0, count - 1, min(REFERENCE, count)).astype(int))
        return torch.from_numpy(np.array(self.images.images[chosen])).permute(0, 3, 1, 2)

    @cached_property
    def features(self) -> np.ndarray:
        """(M, D) of the classifier."""
        return extract(self.classifier, self.pixels).features

    @cached_property
    def variance(self) -> float:
        """Of the pixels of all training images."""
        return total_variance(self.images.images[self.images.split("train")])


@dataclass(frozen=True)
class Subject:
    """The images that are measured, and what is known of them."""

    images: Tensor  # (N, C, H, W) uint8
    found: Features
    labels: np.ndarray | None  # (N,) classes that were asked for; None: the model cannot be asked
    attributes: int  # whose combinations the classes are; 0: classes are just that
    confidence: float
    network: str  # the classifier, for ids
    reference: Reference


def measures(name: str, subject: Subject) -> dict[str, Statistic]:
    """The statistics of the metric ``name``."""
    return import_module(f"genrep.metrics.extra.{name}").measures(subject)
