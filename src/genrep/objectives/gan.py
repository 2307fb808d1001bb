"""Non-saturating GAN (Goodfellow et al., 2014, section 3) with label smoothing.

    discriminator: -1/2 E[s log D(x) + (1 - s) log(1 - D(x))] - 1/2 E[log(1 - D(G(z)))]
    generator:     -E[log D(G(z))]

The half comes from the mean over a batch of as many real as generated images. Targets may be drawn at random for each
image, and smoothed for generated ones too.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genrep.objectives.base import Batch, Losses, Noise, Phase
from genrep.objectives.players import Players
from genrep.params.training import DiscriminatorParams, GANObjectiveParams


def cross_entropy(logits: Tensor, target: float | Tensor) -> Tensor:
    """Mean binary cross-entropy of (B,) logits against one target probability, or one each."""
    targets = target.to(logits.dtype) if isinstance(target, Tensor) else torch.full_like(logits, target)
    return F.binary_cross_entropy_with_logits(logits, targets)


def game(
    networks: nn.ModuleDict, params: DiscriminatorParams, generator_loss: Callable[[Tensor], Tensor]
) -> list[Phase]:
    """A discriminator phase, then a generator phase with noise of its own.

    Args:
        networks: ``generator`` and ``discriminator``.
        params: what the discriminator is shown.
        generator_loss: scalar, of the (B,) logits of generated images.
    """
    players = Players.of(networks)

    def draw(batch: Batch, rng: torch.Generator) -> Noise:
        noise = players.draw(batch, rng)
        if params.random_labels:
            shares = torch.rand(2, len(batch.images), generator=rng, device=rng.device)
            noise |= {"real_target": 1 - (1 - params.real_label) * shares[0]}
            noise |= {"fake_target": params.fake_label * shares[1]}
        return noise

    def discriminator_loss(batch: Batch, noise: Noise) -> Losses:
        fake = players.constant_fake(batch, noise)
        if params.separate_batches:
            real_logits, fake_logits = players.score(batch), players.score(fake)
        else:
            real_logits, fake_logits = players.scores(batch, fake)
        real = cross_entropy(real_logits, noise.get("real_target", params.real_label))
        generated = cross_entropy(fake_logits, noise.get("fake_target", params.fake_label))
        return {"discriminator": (real + generated) / 2, "discriminator_real": real, "discriminator_fake": generated}

    def loss(batch: Batch, noise: Noise) -> Losses:
        return {"generator": generator_loss(players.score(players.fake(batch, noise)))}

    return [
        Phase("discriminator", ("discriminator",), draw, discriminator_loss),
        Phase("generator", ("generator",), partial(players.draw, times=params.generator_batches), loss),
    ]


def phases(networks: nn.ModuleDict, params: GANObjectiveParams) -> list[Phase]:
    """The generator raises log D(G(z))."""
    return game(networks, params, lambda logits: cross_entropy(logits, 1.0))
