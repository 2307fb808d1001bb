"""Fully connected GAN of the Keras-MNIST-GAN example (Zackory): 100-256-512-1024-784 and its mirror."""

from itertools import pairwise
from math import prod

from torch import Tensor, nn

from genrep.models.init import glorot_
from genrep.params.networks import MLPGANParams


class Generator(nn.Module):
    """G(z): images in [-1, 1]."""

    def __init__(self, shape: tuple[int, int, int], latent: int, widths: tuple[int, ...], slope: float):
        super().__init__()
        self.latent = latent
        hidden = [layer for i, o in pairwise((latent, *widths)) for layer in (nn.Linear(i, o), nn.LeakyReLU(slope))]
        self.layers = nn.Sequential(*hidden, nn.Linear(widths[-1], prod(shape)), nn.Tanh(), nn.Unflatten(1, shape))

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)  # (B, latent) -> (B, C, H, W)

    @staticmethod
    def to_pixels(output: Tensor) -> Tensor:
        """Already pixels in [-1, 1]."""
        return output


class Discriminator(nn.Module):
    """D(x): one logit per image."""

    def __init__(self, shape: tuple[int, int, int], widths: tuple[int, ...], slope: float, dropout: float):
        super().__init__()
        hidden = [
            layer
            for i, o in pairwise((prod(shape), *widths))
            for layer in (nn.Linear(i, o), nn.LeakyReLU(slope), nn.Dropout(dropout))
        ]
        self.layers = nn.Sequential(nn.Flatten(), *hidden, nn.Linear(widths[-1], 1), nn.Flatten(0))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)  # (B, C, H, W) -> (B,)


def build(params: MLPGANParams, shape: tuple[int, int, int], classes: int) -> nn.ModuleDict:
    """``generator`` and ``discriminator``; Glorot but for the first layer of each, N(0, 0.02)."""
    networks = nn.ModuleDict(
        {
            "generator": Generator(shape, params.latent, params.widths, params.slope),
            "discriminator": Discriminator(shape, params.widths[::-1], params.slope, params.dropout),
        }
    )
    for network in networks.values():
        glorot_(network)
        first = next(layer for layer in network.modules() if isinstance(layer, nn.Linear))
        nn.init.normal_(first.weight, std=0.02)
    return networks
