"""Convolutional GAN with the networks of InfoGAN (Chen et al., 2016, table 1), optionally told the class.

Sizes are multiples of four, channels any number. Initial weights are those of the public collection that the poster's
notation comes from: N(0, 0.02), cut off at two standard deviations in convolutions, and zero biases.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genrep.errors import UserError
from genrep.models.layers import ConvTranspose2d
from genrep.params.networks import ConvGANParams, ConvTrunkParams

Shape = tuple[int, int, int]  # C, H, W


def trunk(inputs: int, shape: Shape, params: ConvTrunkParams, norm: bool = True) -> nn.Sequential:
    """Images of ``inputs`` channels to ``params.dense`` features; the first convolution has no batch norm."""
    _, H, W = shape
    low, high = params.channels
    activation = nn.LeakyReLU(params.slope)
    return nn.Sequential(
        nn.Conv2d(inputs, low, 4, stride=2, padding=1),
        activation,
        nn.Conv2d(low, high, 4, stride=2, padding=1),
        nn.BatchNorm2d(high) if norm else nn.Identity(),
        activation,
        nn.Flatten(),
        nn.Linear(high * (H // 4) * (W // 4), params.dense),
        nn.BatchNorm1d(params.dense) if norm else nn.Identity(),
        activation,
    )


class Discriminator(nn.Module):
    """D(x), or D(x, class): one logit, or a critic's score, per image.

    Args:
        shape: (C, H, W) of one image.
        params: layer sizes.
        classes: how many there are to be told of, each as a constant map; 0: unconditional.
    """

    def __init__(self, shape: Shape, params: ConvGANParams, classes: int):
        super().__init__()
        self.classes, self.conditional = classes, classes > 0
        norm = params.discriminator_norm == "batch"
        self.layers = nn.Sequential(
            trunk(shape[0] + classes, shape, params, norm), nn.Linear(params.dense, 1), nn.Flatten(0)
        )

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is not None:
            maps = F.one_hot(labels, self.classes).to(x.dtype)[:, :, None, None]  # (B, classes, 1, 1)
            x = torch.cat([x, maps.expand(-1, -1, *x.shape[2:])], dim=1)  # (B, C + classes, H, W)
        return self.layers(x)  # -> (B,)


class Decoder(nn.Module):
    """The mirror of the trunk, from a latent to logits, whose sigmoid is the image in [0, 1]."""

    def __init__(self, shape: Shape, params: ConvTrunkParams, classes: int = 0):
        super().__init__()
        C, H, W = shape
        low, high = params.channels
        self.latent, self.classes, self.conditional = params.latent, classes, classes > 0
        corner = (high, H // 4, W // 4)
        units = high * (H // 4) * (W // 4)
        self.layers = nn.Sequential(
            nn.Linear(params.latent + classes, params.dense),
            nn.BatchNorm1d(params.dense),
            nn.ReLU(),
            nn.Linear(params.dense, units),
            nn.BatchNorm1d(units),
            nn.ReLU(),
            nn.Unflatten(1, corner),
            ConvTranspose2d(high, low, 4, stride=2, padding=1),
            nn.BatchNorm2d(low),
            nn.ReLU(),
            ConvTranspose2d(low, C, 4, stride=2, padding=1),
        )

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is not None:
            z = torch.cat([z, F.one_hot(labels, self.classes).to(z.dtype)], dim=1)  # (B, latent + classes)
        return self.layers(z).float()  # -> (B, C, H, W)

    @staticmethod
    def to_pixels(output: Tensor) -> Tensor:
        """Logits to pixels in [0, 1]."""
        return output.sigmoid()


class Generator(Decoder):
    """G(z), or G(z, class): pixels in [0, 1]."""

    def __init__(self, shape: Shape, params: ConvGANParams, classes: int):
        super().__init__(shape, params, classes)
        self.prior = params.prior

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(z, labels).sigmoid()

    @staticmethod
    def to_pixels(output: Tensor) -> Tensor:
        """Already pixels in [0, 1]."""
        return output


def initialised(network: nn.Module, std: float = 0.02) -> nn.Module:
    """The initial weights that the module's docstring states; batch norm keeps its own."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.trunc_normal_(layer.weight, std=std, a=-2 * std, b=2 * std)
        elif isinstance(layer, nn.Linear | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, std=std)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return network


def check_shape(shape: Shape) -> None:
    """Two halvings must come out whole.

    Raises:
        UserError: they do not.
    """
    if shape[1] % 4 or shape[2] % 4:
        raise UserError(f"these networks halve an image twice: {shape[1]}x{shape[2]} pixels do not divide by 4")


def build(params: ConvGANParams, shape: Shape, classes: int) -> nn.ModuleDict:
    """``generator`` and ``discriminator``."""
    check_shape(shape)
    told_of = classes if params.conditional else 0
    return nn.ModuleDict(
        {
            "generator": initialised(Generator(shape, params, told_of)),
            "discriminator": initialised(Discriminator(shape, params, told_of)),
        }
    )
