"""Decode z ~ N(0, I): VAE decoders and GAN generators."""

from typing import Any

import torch
from torch import Tensor, nn

from genrep.params.training import RunParams

NETWORKS = ("decoder", "generator")


def sample(
    networks: nn.ModuleDict, run: RunParams, labels: Tensor, shape: tuple[int, int, int], generator: torch.Generator
) -> Tensor:
    """(N,) labels, of which only the number counts -> (N, C, H, W) pixels in the run's range."""
    network: Any = next(networks[role] for role in NETWORKS if role in networks)
    z = torch.randn(len(labels), network.latent, generator=generator, device=generator.device)
    return network.to_pixels(network(z))
