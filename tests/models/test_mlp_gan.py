import pytest
import torch
from torch import nn

from genrep.models import build
from genrep.params.networks import MLPGANParams
from tests.models.layers import assert_glorot, assert_normal, count, linear, weighted

SHAPE = (1, 28, 28)


@pytest.fixture(scope="module")
def networks(full) -> nn.ModuleDict:
    return build(full["gan-adam"], SHAPE, 10, seed=0)


@pytest.fixture(scope="module")
def z() -> torch.Tensor:
    return torch.randn(3, 100, generator=torch.Generator().manual_seed(0))


def test_parameters_are_those_of_the_example(networks):
    generator = linear(100, 256) + linear(256, 512) + linear(512, 1024) + linear(1024, 784)
    discriminator = linear(784, 1024) + linear(1024, 512) + linear(512, 256) + linear(256, 1)
    assert count(networks["generator"]) == generator == 1_486_352
    assert count(networks["discriminator"]) == discriminator == 1_460_225


def test_images_lie_in_their_range_and_have_one_logit_each(networks, z):
    generator, discriminator = networks["generator"], networks["discriminator"]
    images = generator(1000 * z)
    assert images.shape == (3, *SHAPE)
    assert images.min() < -0.99
    assert 0.99 < images.max() <= 1
    assert torch.equal(generator.to_pixels(images), images)
    assert discriminator(images).shape == (3,)
    assert discriminator(1000 * images).abs().max() > 1  # no sigmoid after the last layer


def test_only_the_discriminator_drops_units(networks, z):
    networks.train()
    images = networks["generator"](z)
    assert torch.equal(networks["generator"](z), images)
    discriminator = networks["discriminator"]
    assert not torch.equal(discriminator(images), discriminator(images))
    discriminator.eval()
    assert torch.equal(discriminator(images), discriminator(images))


def test_first_layers_are_narrow_normals_and_the_others_glorot(networks):
    for network in networks.values():
        first, *others = weighted(network)
        assert_normal(first, 0.02)
        for layer in others:
            assert_glorot(layer)


@pytest.mark.parametrize("slope", [0.2, 0.5])
def test_one_unit_passes_one_sign_whole_and_the_other_by_the_slope(slope):
    params = MLPGANParams(kind="mlp_gan", latent=1, widths=(1,), slope=slope, dropout=0)
    networks = build(params, (1, 1, 1), 10, seed=0).double()
    inputs = torch.tensor([[1.0], [-1.0]]).double()
    for output in (networks["generator"](inputs).atanh(), networks["discriminator"](inputs)):
        plus, minus = output.flatten().tolist()
        assert plus * minus < 0
        assert min(plus / minus, minus / plus, key=abs) == pytest.approx(-slope)
