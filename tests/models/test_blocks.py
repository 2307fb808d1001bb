import pytest
import torch
from torch import nn
from torch.nn import functional as F

from genrep.errors import UserError
from genrep.models.blocks import Attention, Downsample, Output, ResidualBlock, Upsample, initialised, levels, sinusoidal
from tests.models.layers import assert_glorot, weighted


def lively(module: nn.Module) -> nn.Module:
    """No layer of zeros, so that every one shows in the output."""
    torch.manual_seed(0)
    for weight in module.parameters():
        nn.init.normal_(weight, std=0.3)
    return module


@pytest.mark.parametrize(("inputs", "outputs", "time"), [(8, 8, None), (8, 12, None), (8, 12, 6)])
def test_residual_block_by_hand(inputs, outputs, time):
    block, x = lively(ResidualBlock(inputs, outputs, 4, time)), torch.randn(2, inputs, 5, 5)
    embedded = None if time is None else torch.randn(2, time)
    h = F.conv2d(F.silu(block.norm1(x)), block.conv1.weight, block.conv1.bias, padding=1)
    if time is not None:
        h = h + block.time(embedded).view(2, outputs, 1, 1)
    h = F.conv2d(F.silu(block.norm2(h)), block.conv2.weight, block.conv2.bias, padding=1)
    shortcut = x if inputs == outputs else F.conv2d(x, block.shortcut.weight, block.shortcut.bias)
    torch.testing.assert_close(block(x, embedded), shortcut + h)


@pytest.mark.parametrize("heads", [1, 3])
def test_attention_by_hand(heads):
    C, H, W = 12, 3, 4
    layer, x = lively(Attention(C, 4, heads)), torch.randn(2, C, H, W)
    weight, bias = layer.qkv.weight[:, :, 0, 0], layer.qkv.bias
    positions = layer.norm(x).flatten(2)  # (B, C, HW)
    q, k, v = ((weight @ positions) + bias[:, None]).view(2, 3, heads, C // heads, H * W).unbind(1)
    scores = torch.softmax(torch.einsum("bhci,bhcj->bhij", q, k) / (C // heads) ** 0.5, dim=3)
    mixed = torch.einsum("bhij,bhcj->bhci", scores, v).reshape(2, C, H * W)
    out = layer.out.weight[:, :, 0, 0] @ mixed + layer.out.bias[:, None]
    torch.testing.assert_close(layer(x), x + out.view_as(x), rtol=1e-4, atol=1e-5)


def test_resampling_halves_and_doubles_before_the_convolution():
    x = torch.randn(2, 4, 6, 6)
    down, up = Downsample(4), Upsample(4)
    torch.testing.assert_close(down(x), down.conv(x.view(2, 4, 3, 2, 3, 2).mean((3, 5))))
    torch.testing.assert_close(up(x), up.conv(x.repeat_interleave(2, 2).repeat_interleave(2, 3)))


def test_a_new_network_passes_its_input_on():
    block, attention, out = map(initialised, (ResidualBlock(8, 8, 4), Attention(8, 4), Output(8, 3, 4)))
    x = torch.randn(2, 8, 4, 4)
    assert torch.equal(block(x), x)
    assert torch.equal(attention(x), x)
    assert not out(x).any()
    assert_glorot(initialised(ResidualBlock(32, 32, 4)).conv1)
    assert all(not layer.bias.any() for layer in weighted(block))


@pytest.mark.parametrize(
    ("shape", "count", "attention", "words"),
    [
        ((3, 96, 96), 3, (), "96x96 pixels are no power of two"),
        ((3, 32, 64), 3, (), "32x64 pixels are no power of two"),
        ((3, 16, 16), 6, (), "6 levels halve an image of 16x16 to nothing; give fewer"),
        ((3, 32, 32), 3, (16, 24), "attention: 24 is no resolution of this network; it has 32, 16, 8"),
    ],
)
def test_sizes_that_do_not_work(shape, count, attention, words):
    with pytest.raises(UserError, match=words):
        levels(shape, (8,) * count, attention)


def test_sinusoidal_embedding_pairs_sine_and_cosine():
    t = torch.tensor([1, 7, 1000])
    found = sinusoidal(t, 64)
    rates = 10_000.0 ** -(torch.arange(32) / 32)
    torch.testing.assert_close(found[:, 0::2], (t[:, None] * rates).sin())
    torch.testing.assert_close(found[:, 1::2], (t[:, None] * rates).cos())
    torch.testing.assert_close(found.square().sum(1), torch.full((3,), 32.0))  # a circle for each wavelength
