from math import prod

import pytest
import torch
from torch import nn

from genrep.errors import UserError
from genrep.models import build
from genrep.params.networks import DeconvVAEParams
from tests.models.layers import assert_glorot, conv, count, linear, weighted

CLASSES = 10


def networks(shape=(1, 28, 28), latent=2, filters=64, dense=128, **changes) -> nn.ModuleDict:
    params = DeconvVAEParams(kind="deconv_vae", latent=latent, filters=filters, dense=dense, **changes)
    return build(params, shape, CLASSES, seed=0)


def test_parameters_are_those_of_the_example():
    made = networks()
    half = 64 * 14 * 14
    encoder = conv(1, 1, 2) + conv(1, 64, 2) + 2 * conv(64, 64) + linear(half, 128) + 2 * linear(128, 2)
    decoder = linear(2, 128) + linear(128, half) + 3 * conv(64, 64) + conv(64, 1, 2)
    assert (count(made["encoder"]), count(made["decoder"])) == (encoder, decoder)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (3, 64, 48), (1, 2, 2)])
@pytest.mark.parametrize("conditional", [False, True])
def test_any_even_resolution(shape, conditional):
    made = networks(shape, latent=5, filters=4, dense=8, conditional=conditional)
    x = torch.rand(3, *shape)
    mean, log_variance = made["encoder"](x)
    assert mean.shape == log_variance.shape == (3, 5)
    labels = (torch.tensor([0, 3, 9]),) if conditional else ()
    logits = made["decoder"](mean, *labels)
    assert logits.shape == (3, *shape)
    pixels = made["decoder"].to_pixels(logits)
    assert 0 < pixels.min() < pixels.max() < 1


def test_initial_weights_are_glorots():
    for network in networks().values():
        for layer in weighted(network):
            assert_glorot(layer)


def test_only_the_class_moves_a_conditional_decoder_at_one_point():
    decoder = networks(filters=4, conditional=True)["decoder"]
    z, labels = torch.zeros(CLASSES, 2), torch.arange(CLASSES)
    images = decoder(z, labels)
    assert len({tuple(image.flatten().tolist()) for image in images}) == CLASSES
    assert count(decoder) - count(networks(filters=4)["decoder"]) == CLASSES * 128


def test_a_transposed_convolution_that_keeps_the_resolution_is_a_mirrored_convolution():
    """What the module's docstring says, of torch's own layers."""
    up, plain = nn.ConvTranspose2d(3, 5, 3, padding=1), nn.Conv2d(3, 5, 3, padding=1)
    with torch.no_grad():
        plain.weight.copy_(up.weight.transpose(0, 1).flip(2, 3))
        plain.bias.copy_(up.bias)
    x = torch.randn(2, 3, 6, 6)
    torch.testing.assert_close(plain(x), up(x))
    assert prod(plain.weight.shape) == prod(up.weight.shape)


def test_an_odd_resolution_is_refused():
    with pytest.raises(UserError, match="27x28 pixels do not divide by 2"):
        networks((1, 27, 28))
