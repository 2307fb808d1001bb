"""A generator of constant images and a discriminator that reads its logits off the pixels."""

from math import exp, log, log1p

import pytest
import torch
from scipy.stats import kstest, uniform
from torch import nn

from genrep.objectives import Batch, phases
from genrep.params.training import GANObjectiveParams
from tests.stubs import Stub

BATCH = Batch(torch.full((4, 1, 2, 2), 3.0), torch.zeros(4))  # real images: logits 3 under the discriminator below
FAKE = -2.0


def softplus(x: float) -> float:
    return log1p(exp(x))


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


def setting(scale: float = 1.0, real_label: float = 0.9):
    """Both phases and both networks; logits are ``scale`` times an image's mean."""
    networks = nn.ModuleDict(
        {
            "generator": Stub(lambda w, z: w * FAKE * torch.ones(len(z), 1, 2, 2), latent=5),
            "discriminator": Stub(lambda w, x: w * scale * x.flatten(1).mean(1)),
        }
    )
    return phases(networks, GANObjectiveParams(kind="gan", real_label=real_label)), networks


def losses(phase):
    return phase.loss(BATCH, phase.draw(BATCH, torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("real_label", [0.9, 1.0])
def test_an_undecided_discriminator_costs_log_2_throughout(real_label):
    (first, second), _ = setting(scale=0.0, real_label=real_label)
    values = losses(first) | losses(second)
    assert list(values) == ["discriminator", "discriminator_real", "discriminator_fake", "generator"]
    assert all(value.item() == pytest.approx(log(2)) for value in values.values())


@pytest.mark.parametrize("s", [0.9, 1.0])
def test_values_by_hand(s):
    (first, second), _ = setting(real_label=s)
    values = {name: value.item() for name, value in (losses(first) | losses(second)).items()}
    real, fake = s * softplus(-3.0) + (1 - s) * softplus(3.0), softplus(FAKE)
    assert values["discriminator_real"] == pytest.approx(real)
    assert values["discriminator_fake"] == pytest.approx(fake)  # only real labels are smoothed
    assert values["discriminator"] == pytest.approx((real + fake) / 2)
    assert values["generator"] == pytest.approx(softplus(-FAKE))


def test_smoothing_draws_real_images_to_its_own_logit():
    """d/dw of the loss at D(x) = s is left to the generated images."""
    s = 0.9
    (first, _), networks = setting(scale=log(s / (1 - s)) / 3.0, real_label=s)
    losses(first)["discriminator_real"].backward()
    assert networks["discriminator"].weight.grad.item() == pytest.approx(0, abs=1e-6)


def test_discriminator_phase_gives_the_generator_no_gradient():
    (first, _), networks = setting()
    assert first.networks == ("discriminator",)
    losses(first)["discriminator"].backward()
    assert networks["generator"].weight.grad is None
    by_hand = (3.0 * (sigmoid(3.0) - 0.9) + FAKE * sigmoid(FAKE)) / 2
    assert networks["discriminator"].weight.grad.item() == pytest.approx(by_hand, abs=1e-6)


def test_generator_keeps_its_gradient_when_the_discriminator_is_sure():
    """Logit -40: d/dl of -log D is -1, where that of the saturating log(1 - D) would have vanished."""
    (_, second), networks = setting(scale=20.0)
    assert second.networks == ("generator",)
    losses(second)["generator"].backward()
    logit_per_weight = 20.0 * FAKE
    assert networks["generator"].weight.grad.item() == pytest.approx(-logit_per_weight)


def test_each_phase_draws_noise_of_its_own():
    (first, second), _ = setting()
    rng = torch.Generator().manual_seed(0)
    one, other = (phase.draw(BATCH, rng)["z"] for phase in (first, second))
    assert one.shape == other.shape == (4, 5)
    assert not torch.equal(one, other)


def test_random_targets_lie_between_certainty_and_the_label():
    params = GANObjectiveParams(kind="gan", real_label=0.7, fake_label=0.3, random_labels=True)
    first, second = phases(setting()[1], params)
    noise = first.draw(Batch(torch.zeros(2_000, 1, 2, 2), torch.zeros(2_000)), torch.Generator().manual_seed(0))
    for target, low, high in ((noise["real_target"], 0.7, 1.0), (noise["fake_target"], 0.0, 0.3)):
        assert kstest(target.double(), uniform(low, high - low).cdf).pvalue > 1e-3
    assert list(second.draw(BATCH, torch.Generator())) == ["z"]  # the generator is promised that all is real


def test_random_targets_are_what_is_held_against():
    params = GANObjectiveParams(kind="gan", real_label=0.7, fake_label=0.3, random_labels=True)
    (first, _) = phases(setting()[1], params)
    noise = first.draw(BATCH, torch.Generator().manual_seed(0))
    values = first.loss(BATCH, noise)
    for name, logit in (("real", 3.0), ("fake", FAKE)):
        t = noise[f"{name}_target"]
        expected = (t * softplus(-logit) + (1 - t) * softplus(logit)).mean()
        assert values[f"discriminator_{name}"].item() == pytest.approx(expected.item(), rel=1e-5)


def test_generated_images_may_have_a_label_of_their_own():
    (first, _) = phases(setting()[1], GANObjectiveParams(kind="gan", real_label=1.0, fake_label=0.2))
    assert losses(first)["discriminator_fake"].item() == pytest.approx(0.2 * softplus(2.0) + 0.8 * softplus(-2.0))


def test_the_generator_may_see_a_larger_batch():
    (first, second) = phases(setting()[1], GANObjectiveParams(kind="gan", real_label=1.0, generator_batches=2))
    assert [len(phase.draw(BATCH, torch.Generator())["z"]) for phase in (first, second)] == [4, 8]
