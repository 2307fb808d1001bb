"""Against genrep.objectives.gan: one discriminator, two generators."""

from math import exp, log1p

import pytest
import torch
from torch import nn

from genrep.objectives import Batch, phases
from genrep.params.training import GANObjectiveParams, MinimaxGANObjectiveParams
from tests.stubs import Stub

BATCH = Batch(torch.full((4, 1, 2, 2), 3.0), torch.zeros(4, dtype=torch.int64))


def game(kind: str, logit: float):
    """Both phases, and the generator; its images are constant and their value is the logit."""
    networks = nn.ModuleDict(
        {
            "generator": Stub(lambda w, z: w * logit * torch.ones(len(z), 1, 2, 2), latent=5),
            "discriminator": Stub(lambda w, x: w * x.flatten(1).mean(1)),
        }
    )
    schema = {"gan": GANObjectiveParams, "minimax_gan": MinimaxGANObjectiveParams}[kind]
    return phases(networks, schema(kind=kind, real_label=1.0, separate_batches=True)), networks["generator"]


def loss(phase):
    return phase.loss(BATCH, phase.draw(BATCH, torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("logit", [-2.0, 0.5, 4.0])
def test_value_is_the_mean_of_log_1_minus_d(logit):
    (_, second), _ = game("minimax_gan", logit)
    assert loss(second)["generator"].item() == pytest.approx(-log1p(exp(logit)))


@pytest.mark.parametrize("logit", [-6.0, -2.0, 0.5, 4.0])
def test_gradients_of_both_games_in_the_logit(logit):
    """d/dl of log(1 - D) is -D and of -log D it is D - 1, so that the first one vanishes where D is sure of a fake."""
    found = {}
    for kind in ("minimax_gan", "gan"):
        (_, second), generator = game(kind, logit)
        loss(second)["generator"].backward()
        found[kind] = generator.weight.grad.item() / logit
    D = 1 / (1 + exp(-logit))
    assert found == pytest.approx({"minimax_gan": -D, "gan": D - 1}, abs=1e-6)


def test_discriminators_of_both_games_are_one():
    (first, _), _ = game("minimax_gan", -2.0)
    (other, _), _ = game("gan", -2.0)
    assert loss(first) == loss(other)
