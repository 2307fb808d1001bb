"""Progressively growing GAN of the thesis (sections 4.3.3 to 4.4), after Karras et al. (2018).

Both networks hold the layers of every resolution and run those that they have grown to; ``grow`` says how far that is.
While a resolution fades in, its output is mixed with that of the resolution before, by weight alpha.
"""

from itertools import pairwise
from math import gcd

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genrep.errors import UserError
from genrep.params.networks import ProgressiveGANParams

EPS = 1e-8
BASE = 4  # pixels a side of the first resolution


class EqualizedConv2d(nn.Module):
    """Convolution whose weights start at N(0, 1) and are scaled by sqrt(2 / fan in) when they are used.

    The bias belongs to this module and not to the convolution inside, as in the layout whose parameter count the thesis
    seems to print (genrep.metrics.parameters.leaf_parameter_count).
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, padding: int = 0):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=padding, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = (2 / (inputs * kernel**2)) ** 0.5
        nn.init.normal_(self.conv.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.conv.weight * self.scale, self.bias, padding=self.conv.padding)


def pixel_norm(x: Tensor) -> Tensor:
    """Each pixel's feature vector scaled to a mean square of one, equation 4.7: (B, C, ...) -> same shape."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + EPS)


class PixelNorm(nn.Module):
    """``pixel_norm`` as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return pixel_norm(x)


class MinibatchDeviation(nn.Module):
    """Appends one map that holds the batch's deviation, averaged over features and positions (section 4.3.4).

    Args:
        group: images that are taken together, neighbours in the batch; None: the whole batch that is passed in. Of a
            batch that it does not divide, the largest groups that divide both. Where a batch is spread over processes
            or micro-batches, a fixed group gives the same map as one batch would.
    """

    def __init__(self, group: int | None):
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        B, C, H, W = x.shape
        G = B if self.group is None else gcd(B, self.group)
        variance = x.float().view(B // G, G, C, H, W).var(dim=1, correction=0)
        deviation = (variance + EPS).sqrt().mean(dim=(1, 2, 3))  # (B/G,)
        maps = deviation.repeat_interleave(G).to(x.dtype)[:, None, None, None].expand(B, 1, H, W)
        return torch.cat([x, maps], dim=1)  # (B, C + 1, H, W)


class Block(nn.Sequential):
    """Two 3x3 convolutions, each with leaky ReLU and, where ``norm``, pixel normalisation."""

    recomputable = True

    def __init__(self, inputs: int, outputs: int, slope: float, norm: bool):
        layers: list[nn.Module] = []
        for i, o in pairwise((inputs, outputs, outputs)):
            layers += [EqualizedConv2d(i, o, 3, padding=1), nn.LeakyReLU(slope)] + [PixelNorm()] * norm
        super().__init__(*layers)


class Growing(nn.Module):
    """A network that knows how far it has grown; that is saved with its weights.

    Args:
        resolutions: how many there are, each twice the one before, from ``BASE`` up.
    """

    alpha: Tensor  # scalar on the device, so that compiled code need not be made again when it changes

    def __init__(self, resolutions: int):
        super().__init__()
        self.depth, self.full = resolutions - 1, BASE << (resolutions - 1)
        self.fading = False
        self.register_buffer("alpha", torch.ones(()), persistent=False)

    def grow(self, resolution: int, alpha: float) -> None:
        """Work at ``resolution``, of which ``alpha`` in [0, 1] has faded in."""
        self.depth = (resolution // BASE).bit_length() - 1
        self.fading = alpha < 1 and self.depth > 0
        self.alpha.fill_(alpha)

    def get_extra_state(self) -> Tensor:
        """Resolution and alpha, as the state dict keeps them."""
        return torch.tensor([BASE << self.depth, float(self.alpha) if self.fading else 1.0])

    def set_extra_state(self, state: Tensor) -> None:
        """Go back to what ``get_extra_state`` said."""
        self.grow(int(state[0]), float(state[1]))


class Generator(Growing):
    """G(z): images at the resolution that it has grown to, around [-1, 1]."""

    def __init__(self, images: int, params: ProgressiveGANParams):
        super().__init__(len(params.channels))
        widths, self.latent = params.channels, params.latent
        self.base = nn.Sequential(
            PixelNorm(),
            nn.Unflatten(1, (params.latent, 1, 1)),
            nn.ConvTranspose2d(params.latent, widths[0], BASE),
            nn.LeakyReLU(params.slope),
            PixelNorm(),
            EqualizedConv2d(widths[0], widths[0], 3, padding=1),
            nn.LeakyReLU(params.slope),
            PixelNorm(),
        )
        self.blocks = nn.ModuleList([Block(i, o, params.slope, norm=True) for i, o in pairwise(widths)])
        self.to_rgb = nn.ModuleList([EqualizedConv2d(width, images, 1) for width in widths])

    def forward(self, z: Tensor) -> Tensor:
        before = h = self.base(z)  # (B, latent) -> (B, C, 4, 4)
        for grown in self.blocks[: self.depth]:
            before, h = h, grown(twice(h))
        pixels = self.to_rgb[self.depth](h).float()
        if self.fading:
            pixels = torch.lerp(twice(self.to_rgb[self.depth - 1](before).float()), pixels, self.alpha)
        return pixels

    def to_pixels(self, output: Tensor) -> Tensor:
        """Already pixels; those of a lower resolution are enlarged to the full one."""
        return output.repeat_interleave(self.full // output.shape[2], 2).repeat_interleave(
            self.full // output.shape[3], 3
        )


class Critic(Growing):
    """f(x): one score for each image, which has the resolution that the critic has grown to."""

    def __init__(self, images: int, params: ProgressiveGANParams):
        super().__init__(len(params.channels))
        widths, norm = params.channels, [PixelNorm()] * params.critic_norm
        self.from_rgb = nn.ModuleList(
            [nn.Sequential(EqualizedConv2d(images, width, 1), nn.LeakyReLU(params.slope)) for width in widths]
        )
        self.blocks = nn.ModuleList([Block(o, i, params.slope, params.critic_norm) for i, o in pairwise(widths)])
        base = widths[0]
        self.base = nn.Sequential(
            MinibatchDeviation(params.deviation_group),
            EqualizedConv2d(base + 1, base, 3, padding=1),
            nn.LeakyReLU(params.slope),
            *norm,
            EqualizedConv2d(base, base, BASE),
            nn.LeakyReLU(params.slope),
            *norm,
            EqualizedConv2d(base, 1, 1),
            nn.Flatten(0),
        )

    def forward(self, x: Tensor) -> Tensor:
        h = self.from_rgb[self.depth](x)
        for depth in range(self.depth, 0, -1):
            h = F.avg_pool2d(self.blocks[depth - 1](h), 2)
            if self.fading and depth == self.depth:
                h = torch.lerp(self.from_rgb[depth - 1](F.avg_pool2d(x, 2)), h, self.alpha.to(h.dtype))
        return self.base(h).float()  # (B, C, H, W) -> (B,)


def twice(x: Tensor) -> Tensor:
    """Bilinear interpolation to twice the size: (B, C, H, W) -> (B, C, 2H, 2W)."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def build(params: ProgressiveGANParams, shape: tuple[int, int, int], classes: int) -> nn.ModuleDict:
    """``generator`` and ``discriminator``, fully grown.

    Raises:
        UserError: the channels do not lead from 4x4 to the size of the images.
    """
    images, full = shape[0], params.resolution
    if shape[1:] != (full, full):
        raise UserError(
            f"channels: {len(params.channels)} blocks lead from {BASE}x{BASE} to {full}x{full}, not to the images' "
            f"{shape[1]}x{shape[2]}; give one for each power of two"
        )
    return nn.ModuleDict({"generator": Generator(images, params), "discriminator": Critic(images, params)})
