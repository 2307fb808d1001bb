"""The two players of an adversarial objective; conditional ones are told the classes.

A discriminator that names the class itself says so by ``predicts_classes``: generated images then have classes drawn
at random instead of those of the batch.
"""

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

    def draw(self, batch: Batch, rng: torch.Generator, times: int = 1) -> Noise:
        """One latent, or ``times`` as many, per image of the batch; classes where the discriminator predicts them."""
        count = times * len(batch.images)
        noise = {"z": latents(self.generator, count, rng)}
        if getattr(self.discriminator, "predicts_classes", False):
            noise["labels"] = torch.randint(self.generator.classes, (count,), generator=rng, device=rng.device)
        return noise

    def fake(self, batch: Batch, noise: Noise) -> Batch:
        """G(z) and its classes: those that were drawn, or the batch's."""
        labels = noise.get("labels", batch.labels)
        times = len(noise["z"]) // len(labels)
        labels = labels if times == 1 else labels.repeat(times)
        return Batch(told(self.generator, noise["z"], labels), labels)

    def constant_fake(self, batch: Batch, noise: Noise) -> Batch:
        """G(z) for the other player's phase: no gradient goes back to the generator."""
        with torch.no_grad():
            return self.fake(batch, noise)

    def score(self, batch: Batch) -> Tensor:
        """D(x) for real or generated images of their classes: (B,)."""
        return told(self.discriminator, batch.images, batch.labels)

    def scores(self, real: Batch, fake: Batch) -> tuple[Tensor, Tensor]:
        """D of the real and of as many generated images, (B,) each, in one pass over both."""
        both = Batch(torch.cat([real.images, fake.images]), torch.cat([real.labels, fake.labels]))
        real_scores, fake_scores = self.score(both).chunk(2)
        return real_scores, fake_scores
