"""Convolutional GAN after DCGAN (Radford et al., 2016) at any resolution: the generator doubles it, the discriminator
halves it, stage by stage.

The class, where it is not ignored, multiplies the latent by a learnt vector per class. The discriminator sees it as
constant maps beside the image (a conditional GAN), or predicts it by a second head (an auxiliary-classifier GAN).
Convolutions pad as Keras does; weights are Glorot-uniform, class vectors U(-0.05, 0.05): Keras's defaults.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genrep.errors import UserError
from genrep.models.init import glorot_
from genrep.models.layers import ConvTranspose2d, Dropout
from genrep.params.networks import StridedGANParams

Shape = tuple[int, int, int]  # C, H, W


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1, size: tuple[int, int] = (1, 1)) -> list[nn.Module]:
    """A convolution to ceil(size / stride) pixels, zero padding divided with the smaller half in front."""
    total = [max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in size]
    (top, left), (bottom, right) = [t // 2 for t in total], [t - t // 2 for t in total]
    if (top, left) == (bottom, right):
        return [nn.Conv2d(inputs, outputs, kernel, stride, padding=(top, left))]
    return [nn.ZeroPad2d((left, right, top, bottom)), nn.Conv2d(inputs, outputs, kernel, stride)]


def doubling(inputs: int, outputs: int, params: StridedGANParams) -> list[nn.Module]:
    """Layers from (B, inputs, H, W) to (B, outputs, 2H, 2W)."""
    k = params.kernel
    if params.upsampling == "nearest":
        return [nn.Upsample(scale_factor=2), *conv(inputs, outputs, k)]
    return [ConvTranspose2d(inputs, outputs, k, stride=2, padding=(k - 1) // 2, output_padding=k % 2)]


class Generator(nn.Module):
    """G(z), or G(z, class): pixels in [-1, 1]."""

    def __init__(self, shape: Shape, params: StridedGANParams, classes: int):
        super().__init__()
        C, H, W = shape
        self.latent, self.prior_sd, self.classes = params.latent, params.prior_sd, classes
        self.conditional = params.classes != "ignored"
        if self.conditional:
            self.embedding = nn.Embedding(classes, params.latent)
        doublings = count_doublings(params)
        corner = (params.generator[0], H >> doublings, W >> doublings)
        units = corner[0] * corner[1] * corner[2]
        batch_norm = params.generator_norm == "batch"
        layers: list[nn.Module] = [
            nn.Linear(params.latent, units),
            nn.BatchNorm1d(units) if batch_norm else nn.Identity(),
            nn.ReLU(),
            nn.Unflatten(1, corner),
        ]
        widths = [*params.generator, *(params.refine or ()), C]
        for stage, (i, o) in enumerate(pairwise(widths)):
            layers += doubling(i, o, params) if stage < doublings else conv(i, o, params.kernel)
            if stage < len(widths) - 2:  # the last convolution gives pixels
                layers += [nn.BatchNorm2d(o) if batch_norm else nn.Identity(), nn.ReLU()]
                layers += [Dropout(params.generator_dropout)]
        self.layers = nn.Sequential(*layers, nn.Tanh())

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is not None:
            z = z * self.embedding(labels)  # (B, latent)
        return self.layers(z)  # -> (B, C, H, W)

    @staticmethod
    def to_pixels(output: Tensor) -> Tensor:
        """Already pixels in [-1, 1]."""
        return output


class Discriminator(nn.Module):
    """One logit or critic's score per image; with a class head, also the logits of the classes."""

    def __init__(self, shape: Shape, params: StridedGANParams, classes: int):
        super().__init__()
        C, *size = shape
        self.classes = classes
        self.conditional = params.classes == "told"
        batch_norm = params.discriminator_norm == "batch"
        layers: list[nn.Module] = []
        for stage, (i, o) in enumerate(pairwise((C + classes * self.conditional, *params.discriminator))):
            layers += conv(i, o, params.discriminator_kernel or params.kernel, 2, (size[0], size[1]))
            size = [-(-side // 2) for side in size]
            layers += [nn.BatchNorm2d(o)] if batch_norm and stage else []  # none next to the image, as in DCGAN
            layers += [nn.LeakyReLU(params.slope), Dropout(params.discriminator_dropout)]
        features = params.discriminator[-1] * size[0] * size[1]
        self.features = nn.Sequential(*layers, nn.Flatten())
        self.score = nn.Linear(features, 1)
        self.names_class = nn.Linear(features, classes) if params.classes == "predicted" else None

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor | tuple[Tensor, Tensor]:
        if labels is not None:
            maps = F.one_hot(labels, self.classes).to(x.dtype)[:, :, None, None]  # (B, classes, 1, 1)
            x = torch.cat([x, maps.expand(-1, -1, *x.shape[2:])], dim=1)
        h = self.features(x)  # (B, features)
        score = self.score(h).flatten()
        return score if self.names_class is None else (score, self.names_class(h))  # (B,), (B, classes)


def count_doublings(params: StridedGANParams) -> int:
    """How often the generator doubles the resolution."""
    return len(params.generator) - (params.refine is not None)


def build(params: StridedGANParams, shape: Shape, classes: int) -> nn.ModuleDict:
    """``generator`` and ``discriminator``.

    Raises:
        UserError: the image does not halve as often as the generator doubles.
    """
    _, H, W = shape
    doublings = count_doublings(params)
    if H % 2**doublings or W % 2**doublings:
        raise UserError(
            f"network.generator: {H}x{W} pixels do not halve {doublings} times; give fewer channels, or refine"
        )
    generator, discriminator = Generator(shape, params, classes), Discriminator(shape, params, classes)
    if generator.conditional:
        nn.init.uniform_(generator.embedding.weight, -0.05, 0.05)
    return nn.ModuleDict({"generator": glorot_(generator), "discriminator": glorot_(discriminator)})
