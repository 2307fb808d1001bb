"""Critics whose slope is known: a plane has the same one everywhere."""

import pytest
import torch
from torch import nn

from genrep.objectives import Batch, phases
from genrep.objectives.wgan_gp import slopes
from genrep.params.training import WGANGPObjectiveParams
from tests.stubs import Stub

PIXELS = (2, 3, 3)


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def batch(rng) -> Batch:
    return Batch(torch.rand(6, *PIXELS, generator=rng), torch.zeros(6, dtype=torch.int64))


def setting(score, penalty: float = 10.0):
    networks = nn.ModuleDict(
        {
            "generator": Stub(lambda w, z: w * torch.full((len(z), *PIXELS), 0.25), latent=2),
            "discriminator": Stub(score),
        }
    )
    return phases(networks, WGANGPObjectiveParams(kind="wgan_gp", penalty=penalty)), networks


def plane(slope: float):
    """A score that rises by ``slope`` per unit length, in a fixed direction."""
    direction = torch.ones(PIXELS).flatten() / 18**0.5
    return lambda w, x: w * slope * (x.flatten(1) @ direction)


@pytest.mark.parametrize("slope", [1.0, 0.0, 0.5, 3.0])
def test_penalty_of_a_plane(batch, rng, slope):
    """0 for a critic of unit slope, else lambda (slope - 1)^2, whatever the images."""
    (critic, _), _ = setting(plane(slope), penalty=10.0)
    found = critic.loss(batch, critic.draw(batch, rng))
    assert found["penalty"].item() == pytest.approx((slope - 1) ** 2, abs=1e-6)
    difference = found["critic_fake"] - found["critic_real"]
    assert found["critic"].item() == pytest.approx(difference.item() + 10 * (slope - 1) ** 2, abs=1e-5)
    assert next(iter(found)) == "critic"


def test_penalty_can_be_differentiated_again(batch, rng):
    """d/dw of (3w - 1)^2 at w = 1 is 12."""
    (critic, _), networks = setting(plane(3.0))
    critic.loss(batch, critic.draw(batch, rng))["penalty"].backward()
    assert networks["discriminator"].weight.grad.item() == pytest.approx(12.0, abs=1e-5)
    assert not critic.compilable


def test_slopes_are_each_images_own(rng):
    images = torch.randn(5, *PIXELS, generator=rng)
    found = slopes(lambda x: x.flatten(1).square().sum(1) / 2, images)  # the gradient is the image itself
    torch.testing.assert_close(found, images.flatten(1).norm(dim=1))


def test_slopes_are_taken_between_real_and_generated_images(batch, rng):
    seen = []

    def score(w, x):
        seen.append(x.detach())
        return w * x.flatten(1).sum(1)

    (critic, _), _ = setting(score)
    noise = critic.draw(batch, rng)
    critic.loss(batch, noise)
    real, fake, between = seen
    assert torch.equal(real, batch.images)
    torch.testing.assert_close(between, (1 - noise["alpha"]) * real + noise["alpha"] * fake)
    assert noise["alpha"].shape == (6, 1, 1, 1)  # one per image
    assert len(noise["alpha"].unique()) == 6


def test_generator_is_that_of_wgan(batch, rng):
    (_, generator), networks = setting(plane(1.0))
    generator.loss(batch, generator.draw(batch, rng))["generator"].backward()
    assert networks["generator"].weight.grad.item() == pytest.approx(-0.25 * 18**0.5)
