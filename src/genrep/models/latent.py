"""What a generator or decoder is fed: a latent from its prior and, where it is conditional, the class."""

from typing import Any

import torch
from torch import Tensor


def latents(network: Any, count: int, generator: torch.Generator) -> Tensor:
    """Draw z from the network's ``prior``: (count, latent).

    Normal, of unit deviation unless the network has a ``prior_sd``; or uniform on (-1, 1).
    """
    shape = (count, network.latent)
    if getattr(network, "prior", "normal") == "uniform":
        return 2 * torch.rand(shape, generator=generator, device=generator.device) - 1
    z = torch.randn(shape, generator=generator, device=generator.device)
    return z * getattr(network, "prior_sd", 1.0)


def told(network: Any, inputs: Tensor, labels: Tensor) -> Tensor:
    """The output for ``inputs``; only a conditional network is told their (B,) classes."""
    return network(inputs, labels) if getattr(network, "conditional", False) else network(inputs)
