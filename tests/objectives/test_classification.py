from math import log

import pytest
import torch
from torch import nn
from torch.distributions import Categorical

from genrep.objectives import Batch, phases
from genrep.params.training import ClassificationObjectiveParams
from tests.stubs import Stub

LABELS = torch.tensor([0, 1, 2, 2])


def losses(logits):
    networks = nn.ModuleDict({"classifier": Stub(lambda weight, images: weight * logits)})
    (phase,) = phases(networks, ClassificationObjectiveParams(kind="classification"))
    batch = Batch(torch.zeros(4, 1, 1, 1), LABELS)
    return phase.loss(batch, phase.draw(batch, torch.Generator()))


def test_indifference_costs_log_of_the_number_of_classes():
    assert losses(torch.zeros(4, 10))["loss"].item() == pytest.approx(log(10))


def test_loss_is_the_mean_negative_log_likelihood():
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    found = losses(logits)
    assert next(iter(found)) == "loss"
    assert found["loss"].item() == pytest.approx(-Categorical(logits=logits).log_prob(LABELS).mean().item())


def test_accuracy_is_the_share_of_largest_logits_at_the_label():
    guesses = torch.tensor([0, 1, 2, 0])  # the last one is wrong
    assert losses(torch.eye(3)[guesses])["accuracy"] == 0.75
