"""The blocks that the thesis's VAE and diffusion model share: residual block, self-attention, resampling.

Layouts are those of Ho et al. (2020), on which the thesis builds (sections 3.5 and 5.3.2): blocks normalise first, and
their last layer starts at zero, so that a new network passes its input on.
"""

from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genrep.errors import UserError
from genrep.models.init import glorot_
from genrep.models.norm_silu import norm_silu

Network = TypeVar("Network", bound=nn.Module)


class ResidualBlock(nn.Module):
    """Group norm, SiLU and a 3x3 convolution, twice, beside a shortcut; optionally told a time (Figure 5.5).

    Args:
        inputs: channels in.
        outputs: channels out; where they differ, the shortcut is a 1x1 convolution.
        groups: of the group norms.
        time: width of the time embedding; None: the block has no such input.
    """

    recomputable = True

    def __init__(self, inputs: int, outputs: int, groups: int, time: int | None = None):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(groups, inputs), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.time = None if time is None else nn.Linear(time, outputs)
        self.norm2, self.conv2 = nn.GroupNorm(groups, outputs), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor, time: Tensor | None = None) -> Tensor:
        """(B, inputs, H, W) and, with a time, its embedding after SiLU (B, time) -> (B, outputs, H, W)."""
        h = self.conv1(norm_silu(self.norm1, x))
        if self.time is not None:
            h = h + self.time(time)[:, :, None, None]
        return self.shortcut(x) + self.conv2(norm_silu(self.norm2, h))


class Attention(nn.Module):
    """Self-attention over positions (Vaswani et al., 2017) beside a shortcut, normalised first."""

    recomputable = True

    def __init__(self, channels: int, groups: int, heads: int = 1):
        super().__init__()
        self.heads = heads
        self.norm, self.qkv = nn.GroupNorm(groups, channels), nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        B, C, H, W = x.shape
        qkv = self.qkv(self.norm(x)).permute(0, 2, 3, 1)  # (B, H, W, 3C): no copy where memory is channels_last
        q, k, v = qkv.reshape(B, H * W, 3, self.heads, C // self.heads).permute(
            2, 0, 3, 1, 4
        )  # (B, heads, HW, C/heads)
        h = F.scaled_dot_product_attention(q, k, v)
        return x + self.out(h.transpose(1, 2).reshape(B, H, W, C).permute(0, 3, 1, 2))


class Downsample(nn.Module):
    """Average pooling by two, then a 3x3 convolution: (B, C, H, W) -> (B, C, H/2, W/2)."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.avg_pool2d(x, 2))


class Upsample(nn.Module):
    """Nearest-neighbour interpolation by two, then a 3x3 convolution: (B, C, H, W) -> (B, C, 2H, 2W)."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Output(nn.Module):
    """The end of a network: group norm, SiLU and a 3x3 convolution to images."""

    def __init__(self, channels: int, images: int, groups: int):
        super().__init__()
        self.norm, self.conv = nn.GroupNorm(groups, channels), nn.Conv2d(channels, images, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(norm_silu(self.norm, x))


def initialised(network: Network) -> Network:
    """Glorot-uniform weights and zero biases; the last layer of each residual branch, and of the network, all zero."""
    glorot_(network)
    for module in network.modules():
        match module:
            case ResidualBlock():
                nn.init.zeros_(module.conv2.weight)
            case Attention():
                nn.init.zeros_(module.out.weight)
            case Output():
                nn.init.zeros_(module.conv.weight)
    return network


def levels(shape: tuple[int, int, int], channels: tuple[int, ...], attention: tuple[int, ...]) -> list[int]:
    """The resolution of each level, image side first: one halving fewer than there are levels.

    Args:
        shape: (C, H, W) of one image.
        channels: of each level.
        attention: resolutions that get self-attention.

    Raises:
        UserError: the image is no square of a power of two, too small for so many levels, or attention is asked for
            at a resolution that does not occur.
    """
    _, H, W = shape
    if H != W or H & (H - 1):
        raise UserError(f"these networks halve an image until it is small: {H}x{W} pixels are no power of two squared")
    found = [H >> level for level in range(len(channels))]
    if found[-1] < 1:
        raise UserError(f"channels: {len(channels)} levels halve an image of {H}x{W} to nothing; give fewer")
    if absent := set(attention) - set(found):
        raise UserError(
            f"attention: {min(absent)} is no resolution of this network; it has {', '.join(map(str, found))}"
        )
    return found


def sinusoidal(t: Tensor, dimensions: int) -> Tensor:
    """Sine and cosine of t at wavelengths from 2 pi to 10000 * 2 pi, in turn: (B,) -> (B, dimensions) float32.

    Equation 5.18 with each sine paired to the cosine of its own wavelength (Vaswani et al., 2017); as printed, 2i/d
    counts every index i and gives no pairs.
    """
    rates = 10_000.0 ** (-torch.arange(0, dimensions, 2, device=t.device, dtype=torch.float32) / dimensions)
    angles = t.float()[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)
