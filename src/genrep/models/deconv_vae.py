"""VAE of the Keras example with deconvolutions (F. Chollet, 2016), at any even resolution, optionally conditional.

Four convolutions, of which one halves the resolution; back through three transposed convolutions and a convolution.
Those transposed convolutions that keep the resolution are convolutions with mirrored kernels, and written so: they are
the same functions with the same law of initial weights, and faster.
"""

from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genrep.errors import UserError
from genrep.models.init import glorot_
from genrep.models.layers import ConvTranspose2d
from genrep.params.networks import DeconvVAEParams

Shape = tuple[int, int, int]  # C, H, W


def corner(shape: Shape, filters: int) -> Shape:
    """(C, H, W) of the maps at half the resolution."""
    return filters, shape[1] // 2, shape[2] // 2


class Encoder(nn.Module):
    """q(z|x): mean and log-variance."""

    def __init__(self, shape: Shape, params: DeconvVAEParams):
        super().__init__()
        C, F_ = shape[0], params.filters
        self.features = nn.Sequential(
            nn.ZeroPad2d((0, 1, 0, 1)),
            nn.Conv2d(C, C, 2),
            nn.ReLU(),
            nn.Conv2d(C, F_, 2, stride=2),
            nn.ReLU(),
            nn.Conv2d(F_, F_, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(F_, F_, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(prod(corner(shape, F_)), params.dense),
            nn.ReLU(),
        )
        self.mean = nn.Linear(params.dense, params.latent)
        self.log_variance = nn.Linear(params.dense, params.latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.features(x)  # (B, C, H, W) -> (B, dense)
        return self.mean(h), self.log_variance(h)  # (B, latent) each


class Decoder(nn.Module):
    """p(x|z), or p(x|z, class) with the class one-hot beside z: logits, whose sigmoid is the image in [0, 1]."""

    def __init__(self, shape: Shape, params: DeconvVAEParams, classes: int):
        super().__init__()
        C, F_ = shape[0], params.filters
        self.latent, self.classes, self.conditional = params.latent, classes, params.conditional
        low = corner(shape, F_)
        self.layers = nn.Sequential(
            nn.Linear(params.latent + classes * params.conditional, params.dense),
            nn.ReLU(),
            nn.Linear(params.dense, prod(low)),
            nn.ReLU(),
            nn.Unflatten(1, low),
            nn.Conv2d(F_, F_, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(F_, F_, 3, padding=1),
            nn.ReLU(),
            ConvTranspose2d(F_, F_, 3, stride=2),  # (B, F, H + 1, W + 1)
            nn.ReLU(),
            nn.Conv2d(F_, C, 2),
        )

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is not None:
            z = torch.cat([z, F.one_hot(labels, self.classes).to(z.dtype)], dim=1)  # (B, latent + classes)
        return self.layers(z)  # -> (B, C, H, W)

    @staticmethod
    def to_pixels(output: Tensor) -> Tensor:
        """Logits to pixels in [0, 1]."""
        return output.sigmoid()


def build(params: DeconvVAEParams, shape: Shape, classes: int) -> nn.ModuleDict:
    """``encoder`` and ``decoder``.

    Raises:
        UserError: an odd height or width.
    """
    if shape[1] % 2 or shape[2] % 2:
        raise UserError(f"these networks halve an image once: {shape[1]}x{shape[2]} pixels do not divide by 2")
    return nn.ModuleDict(
        {"encoder": glorot_(Encoder(shape, params)), "decoder": glorot_(Decoder(shape, params, classes))}
    )
