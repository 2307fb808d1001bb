"""Wasserstein GAN with gradient penalty (Gulrajani et al., 2017, equation 3).

    critic:    E[f(G(z))] - E[f(x)] + lambda E[(||grad f(x')|| - 1)^2],   x' = x + alpha (G(z) - x),  alpha ~ U(0, 1)
    generator: -E[f(G(z))]

The penalty asks for the slope at each image on its own. Under batch norm in the critic an image's score depends on the
whole batch, and what is penalised is the gradient of the batch's summed score.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from genrep.objectives.base import Batch, Losses, Noise, Phase
from genrep.objectives.players import Players
from genrep.objectives.wgan import difference, generator_phase
from genrep.params.training import WGANGPObjectiveParams


def slopes(score: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """Norm of the score's gradient at each image, itself differentiable: (B, C, H, W) -> (B,)."""
    images = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(score(images).sum(), images, create_graph=True)
    return gradient.flatten(1).norm(dim=1)


def phases(networks: nn.ModuleDict, params: WGANGPObjectiveParams) -> list[Phase]:
    """A penalised critic phase, then a generator phase."""
    players = Players.of(networks)

    def draw(batch: Batch, rng: torch.Generator) -> Noise:
        alpha = torch.rand(len(batch.images), 1, 1, 1, generator=rng, device=rng.device)
        return players.draw(batch, rng) | {"alpha": alpha}

    def critic_loss(batch: Batch, noise: Noise) -> Losses:
        fake = players.constant_fake(batch, noise)
        losses = difference(players, batch, fake)
        between = batch.images + noise["alpha"] * (fake.images - batch.images)
        penalty = (slopes(lambda images: players.score(Batch(images, batch.labels)), between) - 1).square().mean()
        return losses | {"critic": losses["critic"] + params.penalty * penalty, "penalty": penalty}

    critic = Phase("critic", ("discriminator",), draw, critic_loss, compilable=False)
    return [critic, generator_phase(players, params.critic_steps)]
