"""Decode z drawn from the network's prior: VAE decoders and GAN generators."""

from typing import Any

import torch
from torch import Tensor, nn

from genrep.models.latent import latents, told
from genrep.params.training import RunParams

NETWORKS = ("decoder", "generator")


def sample(
    networks: nn.ModuleDict, run: RunParams, labels: Tensor, shape: tuple[int, int, int], generator: torch.Generator
) -> Tensor:
    """(N,) labels -> (N, C, H, W) pixels in the run's range; to an unconditional network only their number counts."""
    network: Any = next(networks[role] for role in NETWORKS if role in networks)
    z = latents(network, len(labels), generator)
    return network.to_pixels(told(network, z, labels.to(generator.device)))
