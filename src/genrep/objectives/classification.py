"""Cross-entropy of a classifier."""

import torch
from torch import nn
from torch.nn import functional as F

from genrep.objectives.base import Batch, Losses, Noise, Phase
from genrep.params.training import ClassificationObjectiveParams


def phases(networks: nn.ModuleDict, params: ClassificationObjectiveParams) -> list[Phase]:
    """One phase over ``classifier``; logs its accuracy on the batch."""
    classifier = networks["classifier"]

    def draw(batch: Batch, generator: torch.Generator) -> Noise:
        return {}

    def loss(batch: Batch, noise: Noise) -> Losses:
        logits = classifier(batch.images)
        accuracy = (logits.argmax(1) == batch.labels).float().mean()
        return {"loss": F.cross_entropy(logits, batch.labels), "accuracy": accuracy}

    return [Phase("classifier", ("classifier",), draw, loss)]
