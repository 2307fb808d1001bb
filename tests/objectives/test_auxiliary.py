"""A discriminator with two heads: the game sees one, the classes come from the other."""

from math import log

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from genrep.objectives import Batch, phases
from genrep.params.training import AuxiliaryObjectiveParams
from tests.stubs import Stub

CLASSES = 3
GAMES = {
    "gan": {"kind": "gan", "real_label": 0.9},
    "gan apart": {"kind": "gan", "real_label": 0.9, "separate_batches": True},
    "minimax_gan": {"kind": "minimax_gan", "real_label": 1.0},
    "wgan": {"kind": "wgan", "clip": 0.01},
    "wgan_gp": {"kind": "wgan_gp", "penalty": 10.0},
}
BATCH = Batch(torch.rand(4, 1, 2, 2, generator=torch.Generator().manual_seed(1)), torch.tensor([0, 1, 2, 2]))


def judge(w, x):
    """A score, and class logits that lean to class 2 with the brightness."""
    brightness = w * x.flatten(1).mean(1)
    return brightness, torch.stack([0 * brightness, 0 * brightness, 2 * brightness], 1)


def networks(discriminator=judge) -> nn.ModuleDict:
    draw = lambda w, z, labels: w * labels[:, None, None, None] * torch.ones(len(z), 1, 2, 2)  # noqa: E731
    return nn.ModuleDict(
        {
            "generator": Stub(draw, latent=2, conditional=True, classes=CLASSES),
            "discriminator": Stub(discriminator),
        }
    )


def parts(game: str, weight: float = 0.5, discriminator=judge):
    """Networks, and each phase with noise of its own."""
    found = networks(discriminator)
    made = phases(found, AuxiliaryObjectiveParams(kind="auxiliary", game=GAMES[game], weight=weight))
    return found, [(phase, phase.draw(BATCH, torch.Generator().manual_seed(0))) for phase in made]


@pytest.mark.parametrize("game", GAMES)
def test_the_game_is_what_it_is_without_classes(game):
    """Its loss with the score alone, on the same latents and classes."""
    _, ((first, noise), (second, other)) = parts(game)
    alone = Stub(lambda w, x: judge(w, x)[0])
    alone.predicts_classes = True
    params = AuxiliaryObjectiveParams(kind="auxiliary", game=GAMES[game], weight=1.0).game
    plain = phases(nn.ModuleDict({**networks(), "discriminator": alone}), params)
    for phase, by_itself, drawn in ((first, plain[0], noise), (second, plain[1], other)):
        name, expected = next(iter(by_itself.loss(BATCH, drawn).items()))
        assert torch.equal(phase.loss(BATCH, drawn)[f"{name}_game"], expected)


@pytest.mark.parametrize("game", GAMES)
def test_cross_entropy_is_over_what_each_phase_shows(game):
    found, ((first, noise), (second, other)) = parts(game, weight=0.5)
    fake = found["generator"](noise["z"], noise["labels"])
    logits = judge(1, torch.cat([BATCH.images, fake]))[1]
    losses = first.loss(BATCH, noise)
    name = next(iter(losses))
    expected = F.cross_entropy(logits, torch.cat([BATCH.labels, noise["labels"]]))
    assert losses[f"{name}_classes"].item() == pytest.approx(expected.item(), rel=1e-6)
    assert losses[name].item() == pytest.approx((losses[f"{name}_game"] + 0.5 * expected).item(), rel=1e-6)

    fake = found["generator"](other["z"], other["labels"])
    losses = second.loss(BATCH, other)
    expected = F.cross_entropy(judge(1, fake)[1], other["labels"])
    assert losses["generator_classes"].item() == pytest.approx(expected.item(), rel=1e-6)
    assert next(iter(losses)) == "generator"


def test_classes_that_nobody_can_tell_cost_the_logarithm_of_their_number():
    blind = lambda w, x: (w * x.flatten(1).mean(1), torch.zeros(len(x), CLASSES))  # noqa: E731
    _, made = parts("wgan", discriminator=blind)
    for phase, noise in made:
        losses = phase.loss(BATCH, noise)
        assert next(value for name, value in losses.items() if name.endswith("_classes")).item() == pytest.approx(
            log(CLASSES)
        )


def test_the_generator_gains_by_being_told_apart():
    """Its gradient comes from both heads, that of the discriminator's phase stays with the discriminator."""
    found, ((first, noise), (second, other)) = parts("wgan")
    next(iter(first.loss(BATCH, noise).values())).backward()
    assert found["generator"].weight.grad is None
    losses = second.loss(BATCH, other)
    (of_game,) = torch.autograd.grad(losses["generator_game"], found["generator"].weight, retain_graph=True)
    (of_all,) = torch.autograd.grad(losses["generator"], found["generator"].weight)
    assert of_all.item() != of_game.item()


def test_phases_of_the_game_keep_their_rhythm():
    GAMES["slow"] = {"kind": "wgan", "clip": 0.01, "critic_steps": 4}
    found, ((critic, _), (generator, _)) = parts("slow")
    assert (critic.every, generator.every) == (1, 4)
    critic.after_step()
    assert found["discriminator"].weight.item() == pytest.approx(0.01)  # clipped through the judge
