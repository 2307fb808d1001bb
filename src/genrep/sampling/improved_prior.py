"""Decode z drawn from the two normals that a VAE's encoded training images follow (section 3.6 of the thesis)."""

from typing import Any

import torch
from torch import Tensor, nn

from genrep.params.training import RunParams

NETWORKS = ("decoder", "posterior")


def sample(
    networks: nn.ModuleDict, run: RunParams, labels: Tensor, shape: tuple[int, int, int], generator: torch.Generator
) -> Tensor:
    """(N,) labels, of which only their number counts -> (N, C, H, W) pixels in the run's range."""
    decoder: Any = networks["decoder"]
    posterior: Any = networks["posterior"]
    return decoder.to_pixels(decoder(posterior.draw(len(labels), generator)))
