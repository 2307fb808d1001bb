"""Class-conditional U-Net of Conditional_Diffusion_MNIST (T. Pearce): predicts the noise in a digit."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genrep.models.layers import ConvTranspose2d
from genrep.params.networks import ContextUNetParams


class ConvBlock(nn.Module):
    """Two 3x3 convolutions, each with batch norm and GELU; optionally residual, scaled by 1/sqrt(2)."""

    def __init__(self, inputs: int, outputs: int, residual: bool = False):
        super().__init__()
        self.residual = residual
        self.first = nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.GELU())
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.GELU())

    def forward(self, x: Tensor) -> Tensor:
        h = self.first(x)  # (B, inputs, H, W) -> (B, outputs, H, W)
        out = self.second(h)
        if not self.residual:
            return out
        # With other widths on both sides the example adds the first convolution's output instead of x.
        return ((x if x.shape == out.shape else h) + out) / 2**0.5


class Up(nn.Module):
    """Concatenated skip, 2x2 transposed convolution, two convolution blocks."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.layers = nn.Sequential(
            ConvTranspose2d(inputs, outputs, 2, stride=2), ConvBlock(outputs, outputs), ConvBlock(outputs, outputs)
        )

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.layers(torch.cat([x, skip], dim=1))


def embedding(inputs: int, outputs: int) -> nn.Sequential:
    """Two-layer GELU MLP to a (B, outputs, 1, 1) map."""
    return nn.Sequential(
        nn.Linear(inputs, outputs), nn.GELU(), nn.Linear(outputs, outputs), nn.Unflatten(1, (outputs, 1, 1))
    )


class ContextUNet(nn.Module):
    """epsilon(x_t, t/T, class): the class multiplies and the time is added, at both up stages."""

    def __init__(self, shape: tuple[int, int, int], features: int, classes: int):
        super().__init__()
        C, H, W = shape
        F1, F2 = features, 2 * features
        self.classes = classes
        self.inputs = ConvBlock(C, F1, residual=True)
        self.down1 = nn.Sequential(ConvBlock(F1, F1), nn.MaxPool2d(2))
        self.down2 = nn.Sequential(ConvBlock(F1, F2), nn.MaxPool2d(2))
        self.to_vector = nn.Sequential(nn.AvgPool2d((H // 4, W // 4)), nn.GELU())
        self.time1, self.time2 = embedding(1, F2), embedding(1, F1)
        self.class1, self.class2 = embedding(classes, F2), embedding(classes, F1)
        self.from_vector = nn.Sequential(
            ConvTranspose2d(F2, F2, (H // 4, W // 4), stride=(H // 4, W // 4)), nn.GroupNorm(8, F2), nn.ReLU()
        )
        self.up1 = Up(2 * F2, F1)
        self.up2 = Up(2 * F1, F1)
        self.out = nn.Sequential(
            nn.Conv2d(2 * F1, F1, 3, padding=1), nn.GroupNorm(8, F1), nn.ReLU(), nn.Conv2d(F1, C, 3, padding=1)
        )

    def forward(self, x: Tensor, t: Tensor, labels: Tensor, keep: Tensor) -> Tensor:
        """Predict the noise.

        Args:
            x: (B, C, H, W) noisy images.
            t: (B,) time as a fraction of T, in (0, 1].
            labels: (B,) classes.
            keep: (B,) 1 where the class is shown, 0 where it is hidden (unconditional).

        Returns:
            (B, C, H, W) noise.
        """
        c = F.one_hot(labels, self.classes).to(x.dtype) * keep.to(x.dtype)[:, None]  # (B, classes)
        t = t.to(x.dtype)[:, None]  # (B, 1)
        h = self.inputs(x)  # (B, F1, H, W)
        d1 = self.down1(h)  # (B, F1, H/2, W/2)
        d2 = self.down2(d1)  # (B, F2, H/4, W/4)
        u = self.from_vector(self.to_vector(d2))  # (B, F2, H/4, W/4)
        u = self.up1(self.class1(c) * u + self.time1(t), d2)  # (B, F1, H/2, W/2)
        u = self.up2(self.class2(c) * u + self.time2(t), d1)  # (B, F1, H, W)
        return self.out(torch.cat([u, h], dim=1))


def build(params: ContextUNetParams, shape: tuple[int, int, int], classes: int) -> nn.ModuleDict:
    """``denoiser``, with PyTorch's default initial weights."""
    return nn.ModuleDict({"denoiser": ContextUNet(shape, params.features, classes)})
