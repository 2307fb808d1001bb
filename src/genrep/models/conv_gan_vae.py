"""VAE from the networks of genrep.models.conv_gan: the discriminator's trunk as encoder, the generator as decoder."""

from torch import Tensor, nn
from torch.nn import functional as F

from genrep.models.conv_gan import Decoder, Shape, check_shape, initialised, trunk
from genrep.params.networks import ConvGANVAEParams

SD_FLOOR = 1e-6


class Encoder(nn.Module):
    """q(z|x): mean and log-variance, of a standard deviation that is a softplus and never zero."""

    def __init__(self, shape: Shape, params: ConvGANVAEParams):
        super().__init__()
        self.layers = nn.Sequential(trunk(shape[0], shape, params), nn.Linear(params.dense, 2 * params.latent))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, spread = self.layers(x).float().chunk(2, dim=1)  # (B, latent) each
        return mean, 2 * (SD_FLOOR + F.softplus(spread)).log()


def build(params: ConvGANVAEParams, shape: Shape, classes: int) -> nn.ModuleDict:
    """``encoder`` and ``decoder``."""
    check_shape(shape)
    return nn.ModuleDict(
        {"encoder": initialised(Encoder(shape, params)), "decoder": initialised(Decoder(shape, params))}
    )
