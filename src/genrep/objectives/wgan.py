"""Wasserstein GAN with clipped weights (Arjovsky et al., 2017, algorithm 1).

    critic:    E[f(G(z))] - E[f(x)],  then every weight of f is clipped to [-c, c]
    generator: -E[f(G(z))]

Real and generated images never share a batch, so that batch norm sees one kind at a time.
"""

import torch
from torch import nn

from genrep.objectives.base import Batch, Losses, Noise, Phase
from genrep.objectives.players import Players
from genrep.params.training import WGANObjectiveParams


def difference(players: Players, batch: Batch, fake: Batch) -> Losses:
    """The critic's loss and the two means that it is the difference of."""
    real, generated = players.score(batch).mean(), players.score(fake).mean()
    return {"critic": generated - real, "critic_real": real, "critic_fake": generated}


def generator_phase(players: Players, critic_steps: int) -> Phase:
    """The generator raises the critic's score, once in so many iterations."""

    def loss(batch: Batch, noise: Noise) -> Losses:
        return {"generator": -players.score(players.fake(batch, noise)).mean()}

    return Phase("generator", ("generator",), players.draw, loss, every=critic_steps)


def phases(networks: nn.ModuleDict, params: WGANObjectiveParams) -> list[Phase]:
    """A critic phase that ends by clipping, then a generator phase."""
    players = Players.of(networks)

    def critic_loss(batch: Batch, noise: Noise) -> Losses:
        return difference(players, batch, players.constant_fake(batch, noise))

    @torch.no_grad()
    def clip() -> None:
        for weight in players.discriminator.parameters():  # scales and shifts of batch norm among them
            weight.clamp_(-params.clip, params.clip)

    here, between = (params.critic_steps, 1) if params.same_batch else (1, params.critic_steps)
    critic = Phase("critic", ("discriminator",), players.draw, critic_loss, after_step=clip, repeats=here)
    return [critic, generator_phase(players, between)]
