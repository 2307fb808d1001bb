"""What an objective is: the phases that one training iteration has.

A phase draws its randomness first and then computes a pure function of batch and noise, so that the loss can be
compiled, tested against closed forms, and resumed to the bit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor


class Batch(NamedTuple):
    """One batch on the device."""

    images: Tensor  # (B, C, H, W) float, in the range of the run's data
    labels: Tensor  # (B,) int64


Noise = dict[str, Tensor]
Losses = dict[str, Tensor]  # scalars by name; the first one is minimised, the others are logged


@dataclass(frozen=True)
class Phase:
    """One optimizer step of an iteration."""

    name: str  # of the phase, and of its optimizer
    networks: tuple[str, ...]  # roles whose weights the step changes
    draw: Callable[[Batch, torch.Generator], Noise]
    loss: Callable[[Batch, Noise], Losses]
    every: int = 1  # iterations between steps
    repeats: int = 1  # steps in one iteration, each with noise of its own
    after_step: Callable[[], None] | None = None  # clipping and the like
    compilable: bool = True  # False under double backward


def normal(batch: Batch, generator: torch.Generator, *shape: int) -> Tensor:
    """Standard normal noise of the given shape, on the batch's device."""
    return torch.randn(shape, generator=generator, device=batch.images.device)
