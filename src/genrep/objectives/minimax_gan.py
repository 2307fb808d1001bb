"""GAN as a minimax game (Goodfellow et al., 2014, equation 1): both players move the same value.

    discriminator: as in genrep.objectives.gan
    generator:     E[log(1 - D(G(z)))]

Where the discriminator is sure of a generated image, the generator's gradient in its logit vanishes: it is -D(G(z)),
against D(G(z)) - 1 in the non-saturating game.
"""

from torch import nn

from genrep.objectives.base import Phase
from genrep.objectives.gan import cross_entropy, game
from genrep.params.training import MinimaxGANObjectiveParams


def phases(networks: nn.ModuleDict, params: MinimaxGANObjectiveParams) -> list[Phase]:
    """The generator lowers log(1 - D(G(z)))."""
    return game(networks, params, lambda logits: -cross_entropy(logits, 0.0))
