from math import sqrt

import pytest
import torch
from scipy.stats import kstest, norm, truncnorm
from torch import nn

from genrep.errors import UserError
from genrep.models import build
from genrep.models.latent import told
from genrep.params.networks import ConvGANParams
from tests.models.layers import conv, count, linear, norm_layer, weighted

SHAPE, CLASSES = (1, 28, 28), 10


def networks(shape=SHAPE, channels=(64, 128), dense=1024, seed=0, **changes) -> nn.ModuleDict:
    params = ConvGANParams(kind="conv_gan", latent=62, channels=channels, dense=dense, slope=0.2, **changes)
    return build(params, shape, CLASSES, seed)


def small(**changes) -> nn.ModuleDict:
    return networks(channels=(4, 8), dense=16, **changes)


@pytest.fixture(scope="module")
def full() -> nn.ModuleDict:
    return networks()


@pytest.fixture
def z() -> torch.Tensor:
    return torch.randn(6, 62, generator=torch.Generator().manual_seed(0))


def test_parameters_are_those_of_infogan(full):
    corner = 128 * 7 * 7
    generator = linear(62, 1024) + norm_layer(1024) + linear(1024, corner) + norm_layer(corner)
    generator += conv(128, 64, 4) + norm_layer(64) + conv(64, 1, 4)
    discriminator = conv(1, 64, 4) + conv(64, 128, 4) + norm_layer(128)
    discriminator += linear(corner, 1024) + norm_layer(1024) + linear(1024, 1)
    assert count(full["generator"]) == generator
    assert count(full["discriminator"]) == discriminator


def test_condition_adds_inputs_to_both_first_layers(full):
    conditional = networks(conditional=True)
    assert count(conditional["generator"]) - count(full["generator"]) == 10 * 1024
    assert count(conditional["discriminator"]) - count(full["discriminator"]) == 10 * 64 * 16


def test_initial_weights(full):
    for network in full.values():
        for layer in weighted(network):
            weights = layer.weight.detach().flatten().double()
            law = truncnorm(-2, 2, scale=0.02) if isinstance(layer, nn.Conv2d) else norm(scale=0.02)
            assert kstest(weights[:50_000], law.cdf).pvalue > 1e-4
            assert not layer.bias.any()


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (2, 8, 12)])
@pytest.mark.parametrize("conditional", [False, True])
def test_any_size_that_divides_by_4(shape, conditional, z):
    both = small(shape=shape, conditional=conditional)
    labels = torch.arange(6)
    images = told(both["generator"], z, labels)
    assert images.shape == (6, *shape)
    assert 0 <= images.min() < images.max() <= 1
    assert both["generator"].to_pixels(images) is images
    assert told(both["discriminator"], images, labels).shape == (6,)


def test_other_sizes_are_refused():
    with pytest.raises(UserError, match="30x28 pixels do not divide by 4"):
        small(shape=(1, 30, 28))


def test_conditional_networks_react_to_the_label(z):
    both = small(conditional=True).eval()
    same = z[:1].expand(10, -1)
    images = both["generator"](same, torch.arange(10))
    assert len({tuple(image.flatten().tolist()) for image in images}) == 10
    one = images[:1].expand(10, -1, -1, -1)
    assert len(set(both["discriminator"](one, torch.arange(10)).tolist())) == 10


def test_a_label_is_a_constant_map(z):
    """Told as one of the image's channels, a map of ones at the class's channel and zeros elsewhere is that class."""
    discriminator = small(conditional=True)["discriminator"].eval()
    x, labels = torch.rand(2, 1, 28, 28), torch.tensor([3, 7])
    maps = torch.zeros(2, 10, 28, 28)
    maps[0, 3] = maps[1, 7] = 1
    torch.testing.assert_close(discriminator(x, labels), discriminator.layers(torch.cat([x, maps], 1)))


def test_batch_norm_can_be_left_out_of_the_discriminator():
    assert not any(
        "Norm" in type(layer).__name__ for layer in small(discriminator_norm="none")["discriminator"].modules()
    )
    norms = [layer for layer in small()["discriminator"].modules() if "Norm" in type(layer).__name__]
    assert len(norms) == 2


def test_without_batch_norm_an_images_score_is_its_own():
    x = torch.rand(4, 1, 28, 28)
    for norm_kind, own in (("none", True), ("batch", False)):
        discriminator = small(discriminator_norm=norm_kind)["discriminator"].train()
        assert torch.allclose(discriminator(x)[:2], discriminator(x[:2]), atol=1e-6) == own


def test_prior_is_the_generators(full):
    assert full["generator"].prior == "normal"
    assert small(prior="uniform")["generator"].prior == "uniform"
    assert full["generator"].latent == 62


def test_first_scores_and_images_are_undecided(full):
    """Small weights: pixels near one half, scores near zero."""
    images = full["generator"](torch.randn(16, 62))
    assert (images - 0.5).abs().mean() < 0.2
    assert full["discriminator"](images).abs().mean() < sqrt(1024) * 0.02 * 2
