import pytest
import torch
from torch import nn

from genrep.models import build
from genrep.models.context_unet import ConvBlock
from genrep.params.networks import ContextUNetParams
from tests.models.layers import conv, count, linear, norm_layer

CLASSES = 10


def network(features: int = 8, shape: tuple[int, int, int] = (1, 28, 28), classes: int = CLASSES) -> nn.Module:
    params = ContextUNetParams(kind="context_unet", features=features)
    return build(params, shape, classes, seed=0)["denoiser"].eval()


@pytest.fixture(scope="module")
def denoiser() -> nn.Module:
    """In double precision: with initial weights the influence of class and time is small."""
    return network().double()


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    return torch.randn(2, 1, 28, 28, generator=torch.Generator().manual_seed(0)).double()


T, LABELS, OTHERS = torch.tensor([0.3, 0.7]), torch.tensor([1, 2]), torch.tensor([5, 9])


def expected_parameters(F: int, C: int, classes: int, side: int) -> int:
    def block(inputs, outputs):
        return conv(inputs, outputs) + conv(outputs, outputs) + 2 * norm_layer(outputs)

    def embedding(inputs, outputs):
        return linear(inputs, outputs) + linear(outputs, outputs)

    down = block(C, F) + block(F, F) + block(F, 2 * F)
    embeddings = sum(embedding(i, o) for i in (1, classes) for o in (F, 2 * F))
    middle = conv(2 * F, 2 * F, side) + norm_layer(2 * F)
    up = conv(4 * F, F, 2) + conv(2 * F, F, 2) + 4 * block(F, F)
    out = conv(2 * F, F) + norm_layer(F) + conv(F, C)
    return down + embeddings + middle + up + out


@pytest.mark.parametrize(("features", "shape", "classes"), [(16, (1, 28, 28), 10), (8, (3, 32, 32), 4)])
def test_parameters(features, shape, classes):
    C, H, _ = shape
    assert count(network(features, shape, classes)) == expected_parameters(features, C, classes, H // 4)


def test_full_scale_has_the_features_of_the_example(full):
    assert full["diffusion-adam"].features == 128


def test_noise_has_the_shape_of_the_images(denoiser, x):
    assert denoiser(x, T, LABELS, torch.ones(2)).shape == x.shape
    colour = torch.randn(2, 3, 32, 32)
    assert network(shape=(3, 32, 32))(colour, T, LABELS, torch.ones(2)).shape == colour.shape


def test_a_hidden_class_has_no_influence_and_a_shown_one_has(denoiser, x):
    keep = torch.tensor([1.0, 0.0])
    one, other = denoiser(x, T, LABELS, keep), denoiser(x, T, OTHERS, keep)
    assert not torch.allclose(one[0], other[0], rtol=0, atol=1e-7)
    assert torch.equal(one[1], other[1])


def test_hiding_is_not_the_same_as_showing_a_class(denoiser, x):
    hidden = denoiser(x, T, LABELS, torch.zeros(2))
    for label in range(CLASSES):
        shown = denoiser(x, T, torch.full((2,), label), torch.ones(2))
        assert not torch.allclose(hidden, shown, rtol=0, atol=1e-7)


def test_time_matters_image_by_image(denoiser, x):
    one = denoiser(x, T, LABELS, torch.ones(2))
    other = denoiser(x, torch.tensor([0.3, 1.0]), LABELS, torch.ones(2))
    assert torch.allclose(one[0], other[0], rtol=0, atol=1e-12)
    assert not torch.allclose(one[1], other[1], rtol=0, atol=1e-7)


def test_last_layers_see_the_first_ones_past_time_and_class(x):
    denoiser = network().double()
    with torch.no_grad():
        denoiser.out[0].weight[:, :8] = 0  # what comes up from below
    one, other = denoiser(x, T, LABELS, torch.ones(2)), denoiser(x, T / 2, OTHERS, torch.ones(2))
    assert torch.equal(one, other)
    assert not torch.allclose(one, denoiser(-x, T, LABELS, torch.ones(2)), rtol=0, atol=1e-3)


def test_first_block_is_residual():
    first = network().inputs
    silence(first)
    assert first(torch.rand(2, 1, 4, 4)).any()


def silence(block: ConvBlock) -> None:
    for parameter in block.second[0].parameters():
        nn.init.zeros_(parameter)


@pytest.mark.parametrize(("inputs", "outputs", "residual"), [(4, 4, True), (1, 4, True), (4, 4, False)])
def test_block_whose_second_convolution_is_silent(inputs, outputs, residual):
    """What is left is the skip over sqrt(2): the input, or the first convolution's output where widths differ."""
    torch.manual_seed(0)
    block = ConvBlock(inputs, outputs, residual=residual).eval()
    silence(block)
    x = torch.randn(2, inputs, 6, 6)
    skip = x if inputs == outputs else block.first(x)
    assert torch.allclose(block(x), skip / 2**0.5 if residual else torch.zeros_like(skip), atol=1e-6)
