"""Convolutional VAE of the Keras code example (F. Chollet, 2020): 28x28 digits to a 2-d latent and back."""

from itertools import pairwise

from torch import Tensor, nn

from genrep.models.init import glorot_
from genrep.models.layers import ConvTranspose2d
from genrep.params.networks import ConvVAEParams


class Encoder(nn.Module):
    """q(z|x): stride-2 convolutions, a dense layer, then mean and log-variance.

    Keras pads the far edge of a stride-2 convolution and torch the near one; the two are mirror images.
    """

    def __init__(self, shape: tuple[int, int, int], channels: tuple[int, ...], dense: int, latent: int):
        super().__init__()
        C, H, W = shape
        down = len(channels)
        convolutions = [
            layer for i, o in pairwise((C, *channels)) for layer in (nn.Conv2d(i, o, 3, stride=2, padding=1), nn.ReLU())
        ]
        self.features = nn.Sequential(
            *convolutions, nn.Flatten(), nn.Linear(channels[-1] * (H >> down) * (W >> down), dense), nn.ReLU()
        )
        self.mean = nn.Linear(dense, latent)
        self.log_variance = nn.Linear(dense, latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.features(x)  # (B, C, H, W) -> (B, dense)
        return self.mean(h), self.log_variance(h)  # (B, latent) each


class Decoder(nn.Module):
    """p(x|z): the encoder mirrored; returns logits, whose sigmoid is the image in [0, 1]."""

    def __init__(self, shape: tuple[int, int, int], channels: tuple[int, ...], latent: int):
        super().__init__()
        C, H, W = shape
        down = len(channels)
        top = channels[-1]
        self.latent = latent
        self.dense = nn.Sequential(
            nn.Linear(latent, top * (H >> down) * (W >> down)),
            nn.ReLU(),
            nn.Unflatten(1, (top, H >> down, W >> down)),
        )
        reversed_channels = tuple(reversed(channels))
        self.up = nn.Sequential(
            *(
                layer
                for i, o in pairwise((top, *reversed_channels))
                for layer in (ConvTranspose2d(i, o, 3, stride=2, padding=1, output_padding=1), nn.ReLU())
            )
        )
        self.out = ConvTranspose2d(channels[0], C, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        return self.out(self.up(self.dense(z)))  # (B, latent) -> (B, C, H, W)

    @staticmethod
    def to_pixels(output: Tensor) -> Tensor:
        """Logits to pixels in [0, 1]."""
        return output.sigmoid()


def build(params: ConvVAEParams, shape: tuple[int, int, int], classes: int) -> nn.ModuleDict:
    """``encoder`` and ``decoder``."""

    def drawn(network: nn.Module) -> nn.Module:
        return glorot_(network) if params.init == "glorot" else network

    return nn.ModuleDict(
        {
            "encoder": drawn(Encoder(shape, params.channels, params.dense, params.latent)),
            "decoder": drawn(Decoder(shape, params.channels, params.latent)),
        }
    )
