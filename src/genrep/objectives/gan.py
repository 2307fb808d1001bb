"""Non-saturating GAN (Goodfellow et al., 2014, section 3) with one-sided label smoothing.

    discriminator: -1/2 E[s log D(x) + (1 - s) log(1 - D(x))] - 1/2 E[log(1 - D(G(z)))]
    generator:     -E[log D(G(z))]

The half comes from the mean over a batch of as many real as generated images.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genrep.objectives.base import Batch, Losses, Noise, Phase, normal
from genrep.params.training import GANObjectiveParams


def cross_entropy(logits: Tensor, target: float) -> Tensor:
    """Mean binary cross-entropy of (B,) logits against one target probability."""
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def phases(networks: nn.ModuleDict, params: GANObjectiveParams) -> list[Phase]:
    """A discriminator phase, then a generator phase with noise of its own."""
    generator: Any = networks["generator"]
    discriminator: Any = networks["discriminator"]

    def draw(batch: Batch, rng: torch.Generator) -> Noise:
        return {"z": normal(batch, rng, len(batch.images), generator.latent)}

    def discriminator_loss(batch: Batch, noise: Noise) -> Losses:
        with torch.no_grad():
            fake = generator(noise["z"])
        real_logits, fake_logits = discriminator(torch.cat([batch.images, fake])).chunk(2)
        real, fake = cross_entropy(real_logits, params.real_label), cross_entropy(fake_logits, 0.0)
        return {"discriminator": (real + fake) / 2, "discriminator_real": real, "discriminator_fake": fake}

    def generator_loss(batch: Batch, noise: Noise) -> Losses:
        return {"generator": cross_entropy(discriminator(generator(noise["z"])), 1.0)}

    return [
        Phase("discriminator", ("discriminator",), draw, discriminator_loss),
        Phase("generator", ("generator",), draw, generator_loss),
    ]
