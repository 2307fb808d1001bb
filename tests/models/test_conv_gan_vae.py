import pytest
import torch
from torch.nn import functional as F

from genrep.errors import UserError
from genrep.models import build
from genrep.params.networks import ConvGANParams, ConvGANVAEParams
from tests.models.layers import count, linear

SIZES = {"latent": 5, "channels": (4, 8), "dense": 16, "slope": 0.2}


@pytest.fixture
def vae():
    return build(ConvGANVAEParams(kind="conv_gan_vae", **SIZES), (1, 28, 28), 10, seed=0)


def test_layers_are_those_of_the_gan(vae):
    gan = build(ConvGANParams(kind="conv_gan", **SIZES), (1, 28, 28), 10, seed=0)
    assert count(vae["decoder"]) == count(gan["generator"])
    assert count(vae["encoder"]) == count(gan["discriminator"]) - linear(16, 1) + linear(16, 10)


def test_standard_deviation_is_a_softplus_with_a_floor(vae):
    encoder = vae["encoder"].eval()
    images = torch.rand(3, 1, 28, 28)
    mean, log_variance = encoder(images)
    assert mean.shape == log_variance.shape == (3, 5)
    raw = encoder.layers(images)
    torch.testing.assert_close(mean, raw[:, :5])
    torch.testing.assert_close((log_variance / 2).exp(), 1e-6 + F.softplus(raw[:, 5:]))
    torch.nn.init.constant_(encoder.layers[-1].bias, -200.0)
    assert (encoder(images)[1] / 2).exp().min().item() == pytest.approx(1e-6, rel=1e-4)  # never zero


def test_decoder_gives_logits(vae):
    output = vae["decoder"].eval()(torch.randn(3, 5))
    assert output.shape == (3, 1, 28, 28)
    assert output.min() < 0
    assert torch.equal(vae["decoder"].to_pixels(output), output.sigmoid())


def test_sizes_that_do_not_divide_are_refused():
    with pytest.raises(UserError, match="30x30"):
        build(ConvGANVAEParams(kind="conv_gan_vae", **SIZES), (1, 30, 30), 10, seed=0)
