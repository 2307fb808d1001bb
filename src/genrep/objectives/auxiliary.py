"""Auxiliary-classifier GAN (Odena et al., 2017) around any adversarial objective.

    discriminator: its loss in the game + w/2 (-E[log P(c|x)] - E[log P(c|G(z, c))])
    generator:     its loss in the game - w E[log P(c|G(z, c))]

The discriminator has a second output, the logits of the classes. What it generates has classes drawn evenly. The report
prints the class term as a log likelihood (its equation 7) in a loss to be minimised; what is meant is its negative.
"""

from dataclasses import replace
from importlib import import_module

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genrep.objectives.base import Batch, Losses, Noise, Phase
from genrep.params.training import AuxiliaryObjectiveParams


class Judge(nn.Module):
    """The discriminator as the game sees it: its score alone. The logits of the classes are kept aside."""

    predicts_classes = True

    def __init__(self, discriminator: nn.Module):
        super().__init__()
        self.discriminator = discriminator
        self.seen: list[Tensor] = []  # (B, classes) of each pass

    def forward(self, images: Tensor) -> Tensor:
        scores, classes = self.discriminator(images)
        self.seen.append(classes)
        return scores  # (B,)

    def taken(self, count: int) -> Tensor:
        """The logits of the first ``count`` images since the last call; a penalty looks at more."""
        logits = torch.cat(self.seen)[:count]
        self.seen.clear()
        return logits


def phases(networks: nn.ModuleDict, params: AuxiliaryObjectiveParams) -> list[Phase]:
    """The game's own phases, each with the cross-entropy of the classes added to its loss."""
    judge = Judge(networks["discriminator"])
    game = import_module(f"genrep.objectives.{params.game.kind}")
    players = nn.ModuleDict({"generator": networks["generator"], "discriminator": judge})
    return [_with_classes(phase, judge, params.weight) for phase in game.phases(players, params.game)]


def _with_classes(phase: Phase, judge: Judge, weight: float) -> Phase:
    sees_real = phase.networks == ("discriminator",)  # first, then what was generated

    def loss(batch: Batch, noise: Noise) -> Losses:
        losses = phase.loss(batch, noise)
        labels = torch.cat([batch.labels, noise["labels"]]) if sees_real else noise["labels"]
        classes = F.cross_entropy(judge.taken(len(labels)), labels)
        name, game = next(iter(losses.items()))
        return losses | {name: game + weight * classes, f"{name}_game": game, f"{name}_classes": classes}

    return replace(phase, loss=loss, compilable=False)  # what the judge keeps is no pure function's
