"""DCGAN (Radford et al., 2016) at any resolution that can be halved at least twice.

Stages of 4x4 convolutions with stride 2 lead from the image to a corner of 4x4 pixels, or of an odd number of them
(28 -> 14 -> 7), with twice the channels at each stage; the generator goes back. Batch norm everywhere but next to the
image, no biases. Initial weights are the paper's: N(0, 0.02), and N(1, 0.02) for the scales of batch norm.
"""

from itertools import pairwise

from torch import Tensor, nn

from genrep.errors import UserError
from genrep.params.networks import DCGANParams

Shape = tuple[int, int, int]  # C, H, W
SMALLEST = 4  # pixels per side of the corner, at least
STD = 0.02


def halvings(shape: Shape) -> int:
    """How often both sides of an image can be halved; the corner keeps ``SMALLEST`` pixels.

    Raises:
        UserError: less than twice.
    """
    _, H, W = shape
    count = 0
    while H % 2 == W % 2 == 0 and min(H, W) // 2 >= SMALLEST:
        H, W, count = H // 2, W // 2, count + 1
    if count < 2:
        raise UserError(f"a DCGAN halves an image at least twice, and {shape[1]}x{shape[2]} pixels cannot be")
    return count


def widths(shape: Shape, params: DCGANParams) -> list[int]:
    """Channels of the stages, image side first."""
    return [params.channels << stage for stage in range(halvings(shape))]


def corner(shape: Shape, params: DCGANParams) -> Shape:
    """(C, H, W) of the innermost maps."""
    count = halvings(shape)
    return widths(shape, params)[-1], shape[1] >> count, shape[2] >> count


class Generator(nn.Module):
    """G(z): pixels in [-1, 1]."""

    def __init__(self, shape: Shape, params: DCGANParams):
        super().__init__()
        self.latent = params.latent
        top, h, w = corner(shape, params)
        first, *inner = reversed(widths(shape, params))
        stages = [
            layer
            for i, o in pairwise((first, *inner))
            for layer in (nn.ConvTranspose2d(i, o, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU())
        ]
        self.layers = nn.Sequential(
            nn.Linear(params.latent, top * h * w, bias=False),
            nn.Unflatten(1, (top, h, w)),
            nn.BatchNorm2d(top),
            nn.ReLU(),
            *stages,
            nn.ConvTranspose2d(params.channels, shape[0], 4, stride=2, padding=1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)  # (B, latent) -> (B, C, H, W)

    @staticmethod
    def to_pixels(output: Tensor) -> Tensor:
        """Already pixels in [-1, 1]."""
        return output


class Discriminator(nn.Module):
    """D(x): one logit per image."""

    def __init__(self, shape: Shape, params: DCGANParams):
        super().__init__()
        top, h, w = corner(shape, params)
        stages = [
            layer
            for i, o in pairwise(widths(shape, params))
            for layer in (
                nn.Conv2d(i, o, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(o),
                nn.LeakyReLU(params.slope),
            )
        ]
        self.layers = nn.Sequential(
            nn.Conv2d(shape[0], params.channels, 4, stride=2, padding=1, bias=False),
            nn.LeakyReLU(params.slope),
            *stages,
            nn.Flatten(),
            nn.Linear(top * h * w, 1, bias=False),
            nn.Flatten(0),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)  # (B, C, H, W) -> (B,)


def initialised(network: nn.Module) -> nn.Module:
    """The initial weights that the module's docstring states."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, std=STD)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, mean=1.0, std=STD)
    return network


def build(params: DCGANParams, shape: Shape, classes: int) -> nn.ModuleDict:
    """``generator`` and ``discriminator``."""
    return nn.ModuleDict(
        {
            "generator": initialised(Generator(shape, params)),
            "discriminator": initialised(Discriminator(shape, params)),
        }
    )
