import pytest
import torch
from torch import nn
from torch.nn import functional as F

from genrep.models import build
from genrep.models.conv_vae import Decoder
from genrep.params.networks import ConvVAEParams
from tests.models.layers import assert_glorot, conv, count, linear, weighted


@pytest.fixture(scope="module")
def networks(full) -> nn.ModuleDict:
    return build(full["vae-adam"], (1, 28, 28), 10, seed=0)


def test_parameters_are_those_of_the_example(networks):
    top = 7 * 7 * 64
    encoder = conv(1, 32) + conv(32, 64) + linear(top, 16) + 2 * linear(16, 2)
    decoder = linear(2, top) + conv(64, 64) + conv(64, 32) + conv(32, 1)
    assert count(networks["encoder"]) == encoder == 69_076
    assert count(networks["decoder"]) == decoder == 65_089


@pytest.mark.parametrize(("shape", "channels"), [((1, 28, 28), (32, 64)), ((3, 32, 16), (8, 4, 6))])
def test_shapes(shape, channels):
    params = ConvVAEParams(kind="conv_vae", latent=5, channels=channels, dense=7)
    networks = build(params, shape, 10, seed=0)
    mean, log_variance = networks["encoder"](torch.rand(3, *shape))
    assert mean.shape == log_variance.shape == (3, 5)
    assert networks["decoder"](mean).shape == (3, *shape)


def test_decoder_gives_logits_whose_sigmoid_is_the_image(networks):
    logits = networks["decoder"](10 * torch.randn(8, 2, generator=torch.Generator().manual_seed(0)))
    assert logits.min() < 0 < logits.max()  # no ReLU after the last layer
    assert torch.allclose(Decoder.to_pixels(logits).logit(), logits, atol=1e-4)


def test_forward_pass_is_that_of_the_example(networks):
    rng = torch.Generator().manual_seed(0)
    x, z = torch.rand(2, 1, 28, 28, generator=rng), torch.randn(2, 2, generator=rng)

    first, second, dense, mean, log_variance = weighted(networks["encoder"])
    h = x
    for layer in (first, second):
        h = F.conv2d(h, layer.weight, layer.bias, stride=2, padding=1).relu()
    h = F.linear(h.flatten(1), dense.weight, dense.bias).relu()
    for layer, found in zip((mean, log_variance), networks["encoder"](x), strict=True):
        assert torch.allclose(found, F.linear(h, layer.weight, layer.bias), atol=1e-5)

    dense, first, second, out = weighted(networks["decoder"])
    h = F.linear(z, dense.weight, dense.bias).relu().view(2, 64, 7, 7)
    for layer in (first, second):
        h = F.conv_transpose2d(h, layer.weight, layer.bias, stride=2, padding=1, output_padding=1).relu()
    logits = F.conv_transpose2d(h, out.weight, out.bias, padding=1)
    assert torch.allclose(networks["decoder"](z), logits, atol=1e-5)


def test_initial_weights_are_keras_defaults(networks):
    for layer in weighted(networks):
        assert_glorot(layer)


def test_padding_mirrors_that_of_keras(networks):
    """Keras pads an even side at its far edge only: the same convolution of the mirrored image."""
    layer = networks["encoder"].features[0]
    x = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    keras = F.conv2d(F.pad(x.flip(2, 3), (0, 1, 0, 1)), layer.weight.flip(2, 3), layer.bias, stride=2)
    assert torch.allclose(keras.flip(2, 3), layer(x), atol=1e-6)


def test_weights_may_start_as_pytorch_has_them():
    """PyTorch's own law: uniform with a bound of 1 / sqrt(fan in), biases too."""
    params = ConvVAEParams(kind="conv_vae", latent=2, channels=(32, 64), dense=16, init="torch")
    encoder = build(params, (1, 28, 28), 10, seed=0)["encoder"]
    for layer in weighted(encoder):
        bound = layer.weight[0].numel() ** -0.5
        assert 0.95 * bound < layer.weight.abs().max() <= bound
        assert layer.bias.any()
