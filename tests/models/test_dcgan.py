import pytest
import torch
from scipy.stats import kstest, norm
from torch import nn

from genrep.errors import UserError
from genrep.models import build
from genrep.models.dcgan import corner, widths
from genrep.params.networks import DCGANParams
from tests.models.layers import count, weighted


def params(channels: int = 4) -> DCGANParams:
    return DCGANParams(kind="dcgan", latent=10, channels=channels, slope=0.2)


def networks(shape=(3, 64, 64), channels=4) -> nn.ModuleDict:
    return build(params(channels), shape, 10, seed=0)


def test_at_64_pixels_its_parameters_are_those_of_the_tutorial():
    """PyTorch's DCGAN tutorial at nz = 100, ngf = ndf = 64, three channels, counted from its layers."""
    both = build(DCGANParams(kind="dcgan", latent=100, channels=64, slope=0.2), (3, 64, 64), 2, seed=0)
    inner = 16 * (512 * 256 + 256 * 128 + 128 * 64)
    generator = 16 * 100 * 512 + inner + 16 * 64 * 3 + 2 * (512 + 256 + 128 + 64)
    discriminator = 16 * 3 * 64 + inner + 16 * 512 + 2 * (128 + 256 + 512)
    assert count(both["generator"]) == generator == 3_576_704
    assert count(both["discriminator"]) == discriminator == 2_765_568


@pytest.mark.parametrize(
    ("size", "stages", "inner"), [(28, 2, 7), (32, 3, 4), (64, 4, 4), (128, 5, 4), (48, 3, 6), (16, 2, 4)]
)
def test_depth_follows_from_the_resolution(size, stages, inner):
    shape = (1, size, size)
    assert widths(shape, params()) == [4 * 2**k for k in range(stages)]
    assert corner(shape, params()) == (4 * 2 ** (stages - 1), inner, inner)
    both = networks(shape).eval()
    images = both["generator"](torch.randn(2, 10))
    assert images.shape == (2, *shape)
    assert -1 <= images.min() < images.max() <= 1
    assert both["generator"].to_pixels(images) is images
    assert both["discriminator"](images).shape == (2,)


def test_a_rectangle_is_halved_as_often_as_its_short_side_allows():
    assert networks((3, 16, 32))["generator"](torch.randn(2, 10)).shape == (2, 3, 16, 32)


@pytest.mark.parametrize("size", [30, 27, 8, 10])
def test_what_cannot_be_halved_twice_is_refused(size):
    with pytest.raises(UserError, match=f"at least twice, and {size}x{size} pixels cannot be"):
        networks((1, size, size))


def test_batch_norm_stands_everywhere_but_next_to_the_image():
    both = networks()
    generator = [type(layer).__name__ for layer in both["generator"].layers]
    assert generator[-2:] == ["ConvTranspose2d", "Tanh"]
    assert generator.count("BatchNorm2d") == 4
    discriminator = [type(layer).__name__ for layer in both["discriminator"].layers]
    assert discriminator[:2] == ["Conv2d", "LeakyReLU"]
    assert discriminator.count("BatchNorm2d") == 3


def test_initial_weights_are_the_papers():
    for network in networks(channels=16).values():
        for layer in weighted(network):
            assert layer.bias is None
            assert kstest(layer.weight.detach().flatten().double()[:50_000], norm(0, 0.02).cdf).pvalue > 1e-4
        scales = torch.cat([m.weight.detach() for m in network.modules() if isinstance(m, nn.BatchNorm2d)])
        assert kstest(scales.double(), norm(1, 0.02).cdf).pvalue > 1e-4
        assert not any(m.bias.any() for m in network.modules() if isinstance(m, nn.BatchNorm2d))


def test_stages_halve_and_double():
    discriminator = networks()["discriminator"].layers
    x, sizes = torch.randn(1, 3, 64, 64), []
    for layer in discriminator:
        x = layer(x)
        if isinstance(layer, nn.Conv2d):
            sizes.append(tuple(x.shape[1:]))
    assert sizes == [(4, 32, 32), (8, 16, 16), (16, 8, 8), (32, 4, 4)]
