"""The two players of an adversarial objective; conditional ones are told the labels of the batch."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from genrep.models.latent import latents, told
from genrep.objectives.base import Batch, Noise


@dataclass(frozen=True)
class Players:
    """A generator, and a discriminator or critic."""

    generator: Any
    discriminator: Any

    @classmethod
    def of(cls, networks: nn.ModuleDict) -> "Players":
        """The networks of these two roles."""
        return cls(networks["generator"], networks["discriminator"])

    def draw(self, batch: Batch, rng: torch.Generator) -> Noise:
        """One latent per image of the batch."""
        return {"z": latents(self.generator, len(batch.images), rng)}

    def fake(self, batch: Batch, noise: Noise) -> Tensor:
        """G(z), of the batch's classes: (B, C, H, W)."""
        return told(self.generator, noise["z"], batch.labels)

    def constant_fake(self, batch: Batch, noise: Noise) -> Tensor:
        """G(z) for the other player's phase: no gradient goes back to the generator."""
        with torch.no_grad():
            return self.fake(batch, noise)

    def score(self, batch: Batch, images: Tensor) -> Tensor:
        """D(x) for real or generated images of the batch's classes: (B, C, H, W) -> (B,)."""
        return told(self.discriminator, images, batch.labels)

    def scores(self, batch: Batch, fake: Tensor) -> tuple[Tensor, Tensor]:
        """D of the real and of the generated images, (B,) each, in one pass over both."""
        both = Batch(torch.cat([batch.images, fake]), batch.labels.repeat(2))
        real_scores, fake_scores = self.score(both, both.images).chunk(2)
        return real_scores, fake_scores
