"""Shapes and parameters at many resolutions, the laws of initial weights, and what the class does."""

import pytest
import torch
from scipy.stats import kstest, uniform
from torch import nn

from genrep.errors import UserError
from genrep.models import build
from genrep.models.strided_gan import conv as padded_conv
from genrep.params.networks import StridedGANParams
from tests.models.layers import assert_glorot, conv, count, linear, norm_layer, weighted

CLASSES = 10
CIFAR = {"generator": (256, 128, 64), "discriminator": (32, 64, 128, 256), "kernel": 4}


def networks(shape=(3, 32, 32), seed=0, **changes) -> nn.ModuleDict:
    base = {"kind": "strided_gan", "latent": 100, "slope": 0.3} | CIFAR
    return build(StridedGANParams.model_validate(base | changes), shape, CLASSES, seed)


SMALL = {"generator": (8, 4), "discriminator": (4, 8)}


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        ((3, 32, 32), CIFAR),
        ((1, 28, 28), {"generator": (8, 6, 4), "refine": (3,), "discriminator": (2, 4, 8, 16), "kernel": 5}),
        ((1, 28, 28), {"generator": (8, 6, 4), "refine": (), "discriminator": (2, 4, 8), "kernel": 4}),
        ((3, 64, 64), {"generator": (8, 6, 4, 2), "discriminator": (2, 4, 8, 16), "kernel": 5}),
        ((1, 8, 24), SMALL | {"kernel": 3}),
        ((2, 8, 8), SMALL | {"kernel": 6}),
    ],
    ids=str,
)
@pytest.mark.parametrize("upsampling", ["transposed", "nearest"])
def test_generated_images_have_the_shape_of_real_ones(shape, changes, upsampling):
    made = networks(shape, upsampling=upsampling, **changes).eval()
    z = torch.randn(3, 100, generator=torch.Generator().manual_seed(0))
    images = made["generator"](z)
    assert images.shape == (3, *shape)
    assert images.abs().max() <= 1
    assert made["discriminator"](images).shape == (3,)
    assert torch.equal(made["generator"].to_pixels(images), images)


def test_parameters_by_hand():
    made = networks(classes="predicted")
    corner = 256 * 4 * 4
    generator = linear(100, corner) + norm_layer(corner) + CLASSES * 100
    generator += conv(256, 128, 4) + norm_layer(128) + conv(128, 64, 4) + norm_layer(64) + conv(64, 3, 4)
    discriminator = conv(3, 32, 4) + conv(32, 64, 4) + conv(64, 128, 4) + conv(128, 256, 4)
    discriminator += sum(map(norm_layer, (64, 128, 256))) + linear(256 * 2 * 2, 1) + linear(256 * 2 * 2, CLASSES)
    assert (count(made["generator"]), count(made["discriminator"])) == (generator, discriminator)


def test_both_ways_up_have_the_same_parameters():
    assert count(networks(upsampling="nearest")) == count(networks())


def test_a_smaller_generator_than_the_training_set_has_pixels():
    """The report's rule of thumb, for its CIFAR-10 networks."""
    assert count(networks(classes="predicted")) < 50_000 * 3 * 32 * 32


def test_initial_weights_are_kerass():
    made = networks(classes="predicted")
    for network in made.values():
        for layer in weighted(network):
            assert_glorot(layer)
    classes = made["generator"].embedding.weight.detach().flatten().double()
    assert kstest(classes, uniform(-0.05, 0.1).cdf).pvalue > 1e-4


@pytest.mark.parametrize(("side", "out"), [(28, 14), (14, 7), (7, 4), (4, 2), (5, 3)])
@pytest.mark.parametrize("kernel", [3, 4, 5])
def test_halving_rounds_up_as_keras_does(side, out, kernel):
    layers = nn.Sequential(*padded_conv(1, 1, kernel, 2, (side, side)))
    assert layers(torch.zeros(1, 1, side, side)).shape == (1, 1, out, out)


@pytest.mark.parametrize("kernel", [3, 4, 5])
def test_a_convolution_of_ones_counts_the_pixels_under_it(kernel):
    """Padding lies evenly, the odd pixel behind: that of Keras."""
    layers = nn.Sequential(*padded_conv(1, 1, kernel))
    nn.init.ones_(layers[-1].weight)
    nn.init.zeros_(layers[-1].bias)
    rows = layers(torch.ones(1, 1, 9, 9))[0, 0, :, 4] / kernel
    before = (kernel - 1) // 2
    expected = [min(i + kernel - before, 9) - max(i - before, 0) for i in range(9)]
    assert rows.tolist() == expected


def test_the_class_multiplies_the_latent():
    generator = networks(classes="told", **SMALL)["generator"].eval()
    z, labels = torch.randn(4, 100), torch.tensor([0, 1, 2, 2])
    told = generator(z, labels)
    assert torch.equal(told, generator(z * generator.embedding(labels)))
    with torch.no_grad():
        generator.embedding.weight.fill_(1.0)
    assert torch.equal(generator(z, labels), generator(z))


def test_a_told_discriminator_sees_the_class_and_a_predicting_one_names_it():
    x, labels = torch.rand(4, 3, 32, 32), torch.tensor([0, 1, 2, 2])
    told = networks(classes="told", **SMALL)["discriminator"].eval()
    assert not torch.equal(told(x, labels), told(x, (labels + 1) % CLASSES))
    predicting = networks(classes="predicted", **SMALL)["discriminator"].eval()
    assert not predicting.conditional
    score, logits = predicting(x)
    assert (score.shape, logits.shape) == ((4,), (4, CLASSES))


def test_batch_norm_spares_the_discriminators_first_layer_and_can_be_left_out():
    def norms(network):
        return [m.num_features for m in network.modules() if isinstance(m, nn.BatchNorm2d)]

    assert norms(networks()["discriminator"]) == [64, 128, 256]
    bare = networks(discriminator_norm="none", generator_norm="none")
    assert norms(bare["discriminator"]) == norms(bare["generator"]) == []


def test_an_image_that_does_not_halve_is_refused():
    with pytest.raises(UserError, match="28x28 pixels do not halve 3 times"):
        networks((1, 28, 28))
