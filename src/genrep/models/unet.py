"""U-Net of the thesis's diffusion model (section 5.3): predicts the noise in an image, told the time step."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genrep.models.blocks import (
    Attention,
    Downsample,
    Output,
    ResidualBlock,
    Upsample,
    initialised,
    levels,
    sinusoidal,
)
from genrep.params.networks import UNetParams


class Step(nn.Module):
    """A residual block told the time, and attention where the level has it."""

    def __init__(self, inputs: int, outputs: int, params: UNetParams, attention: bool):
        super().__init__()
        self.block = ResidualBlock(inputs, outputs, params.groups, params.time)
        self.attention = Attention(outputs, params.groups, params.heads) if attention else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        return self.attention(self.block(x, time))


class Down(nn.Module):
    """The steps at one resolution on the way down, and the way to the next; every map on it is kept."""

    def __init__(self, steps: list[Step], resample: Downsample | None):
        super().__init__()
        self.steps, self.resample = nn.ModuleList(steps), resample

    def forward(self, h: Tensor, time: Tensor) -> list[Tensor]:
        maps = []
        for step in self.steps:
            maps.append(h := step(h, time))
        return maps if self.resample is None else [*maps, self.resample(h)]


class Up(nn.Module):
    """The steps at one resolution on the way up, and the way to the next; each takes a kept map, last first."""

    def __init__(self, steps: list[Step], resample: Upsample | None):
        super().__init__()
        self.steps, self.resample = nn.ModuleList(steps), resample

    def forward(self, h: Tensor, time: Tensor, maps: list[Tensor]) -> Tensor:
        for step in self.steps:
            h = step(torch.cat([h, maps.pop()], dim=1), time)
        return h if self.resample is None else self.resample(h)


class UNet(nn.Module):
    """epsilon(x_t, t) of an unconditional diffusion model.

    Every map of the way down, resampled ones among them, is concatenated on the way up, which therefore has one step
    more at each resolution.
    """

    conditional = False

    def __init__(self, shape: tuple[int, int, int], params: UNetParams):
        super().__init__()
        images, widths = shape[0], params.channels
        attends = [resolution in params.attention for resolution in levels(shape, widths, params.attention)]
        self.time_width = params.time
        self.time = nn.Sequential(nn.Linear(params.time, params.time), nn.SiLU(), nn.Linear(params.time, params.time))
        self.stem = nn.Conv2d(images, widths[0], 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        skips = [widths[0]]
        last = len(widths) - 1
        for level, (before, width) in enumerate(pairwise((widths[0], *widths))):
            inputs = [before, *[width] * (params.blocks - 1)]
            steps = [Step(i, width, params, attends[level]) for i in inputs]
            self.down.append(Down(steps, Downsample(width) if level < last else None))
            skips += [width] * (params.blocks + (level < last))
        width = widths[-1]
        self.middle = nn.ModuleList(
            [Step(width, width, params, attention=True), Step(width, width, params, attention=False)]
        )
        for level in reversed(range(len(widths))):
            steps = []
            for _ in range(params.blocks + 1):
                steps.append(Step(width + skips.pop(), widths[level], params, attends[level]))
                width = widths[level]
            self.up.append(Up(steps, Upsample(width) if level else None))
        self.out = Output(width, images, params.groups)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Predict the noise.

        Args:
            x: (B, C, H, W) noisy images.
            t: (B,) time steps, 1 to T.

        Returns:
            (B, C, H, W) noise.
        """
        time = F.silu(self.time(sinusoidal(t, self.time_width)))  # (B, time)
        maps = [self.stem(x)]
        for level in self.down:
            maps += level(maps[-1], time)
        h = maps[-1]
        for step in self.middle:
            h = step(h, time)
        for level in self.up:
            h = level(h, time, maps)
        return self.out(h)


def build(params: UNetParams, shape: tuple[int, int, int], classes: int) -> nn.ModuleDict:
    """``denoiser``."""
    return nn.ModuleDict({"denoiser": initialised(UNet(shape, params))})
