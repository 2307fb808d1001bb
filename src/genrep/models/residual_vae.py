"""VAE of the thesis (section 3.5): the diffusion model's blocks around a dense bottleneck, without its skips."""

from itertools import pairwise

from torch import Tensor, nn

from genrep.models.blocks import Attention, Downsample, Output, ResidualBlock, Upsample, initialised, levels
from genrep.models.posterior import Posterior
from genrep.params.networks import ResidualVAEParams

Shape = tuple[int, int, int]  # C, H, W


class Encoder(nn.Module):
    """q(z|x): mean and log-variance."""

    def __init__(self, shape: Shape, params: ResidualVAEParams):
        super().__init__()
        widths, groups = params.channels, params.groups
        sides = levels(shape, widths, params.attention)
        self.stem = nn.Conv2d(shape[0], widths[0], 3, padding=1)
        self.levels = nn.ModuleList()
        for before, width, side in zip((widths[0], *widths), widths, sides, strict=False):
            layers: list[nn.Module] = []
            for inputs, outputs in pairwise((before, *[width] * params.blocks)):
                layers.append(ResidualBlock(inputs, outputs, groups))
                if side in params.attention:
                    layers.append(Attention(outputs, groups, params.heads))
            if side > sides[-1]:
                layers.append(Downsample(width))
            self.levels.append(nn.Sequential(*layers))
        top = widths[-1]
        self.middle = nn.Sequential(
            ResidualBlock(top, top, groups), Attention(top, groups, params.heads), ResidualBlock(top, top, groups)
        )
        units = top * sides[-1] ** 2
        self.mean, self.log_variance = nn.Linear(units, params.latent), nn.Linear(units, params.latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.stem(x)
        for level in self.levels:
            h = level(h)
        h = self.middle(h).flatten(1)  # (B, units)
        return self.mean(h).float(), self.log_variance(h).float()  # (B, latent) each


class Decoder(nn.Module):
    """p(x|z): the encoder's mirror image with one block more at each resolution, as in the U-Net; returns logits."""

    def __init__(self, shape: Shape, params: ResidualVAEParams):
        super().__init__()
        widths, groups = params.channels[::-1], params.groups
        sides = levels(shape, params.channels, params.attention)[::-1]
        self.latent = params.latent
        corner = (widths[0], sides[0], sides[0])
        self.dense = nn.Sequential(nn.Linear(params.latent, widths[0] * sides[0] ** 2), nn.Unflatten(1, corner))
        self.levels = nn.ModuleList()
        for before, width, side in zip((widths[0], *widths), widths, sides, strict=False):
            layers: list[nn.Module] = []
            for inputs, outputs in pairwise((before, *[width] * (params.blocks + 1))):
                if side in params.attention:
                    layers.append(Attention(inputs, groups, params.heads))
                layers.append(ResidualBlock(inputs, outputs, groups))
            if side < sides[-1]:
                layers.append(Upsample(width))
            self.levels.append(nn.Sequential(*layers))
        self.out = Output(widths[-1], shape[0], groups)

    def forward(self, z: Tensor) -> Tensor:
        h = self.dense(z)
        for level in self.levels:
            h = level(h)
        return self.out(h).float()  # (B, latent) -> (B, C, H, W)

    @staticmethod
    def to_pixels(output: Tensor) -> Tensor:
        """Logits to pixels in [0, 1]."""
        return output.sigmoid()


def build(params: ResidualVAEParams, shape: Shape, classes: int) -> nn.ModuleDict:
    """``encoder``, ``decoder`` and ``posterior``, which is fitted after training."""
    return nn.ModuleDict(
        {
            "encoder": initialised(Encoder(shape, params)),
            "decoder": initialised(Decoder(shape, params)),
            "posterior": Posterior(params.latent),
        }
    )
