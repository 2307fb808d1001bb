"""Layers that PyTorch has, computed another way."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ConvTranspose2d(nn.ConvTranspose2d):
    """``torch.nn.ConvTranspose2d`` with the bias added after the convolution.

    Same parameters, same function. oneDNN's gradient of the bias takes as long as that of the weights of a transposed
    convolution, about a third of a training step of a small decoder; the sum over the output's gradient takes nothing.
    """

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H', W')"""
        if output_size is not None:
            raise NotImplementedError("output_size: choose output_padding instead")
        padding: Any = self.padding  # the base class allows names, which its __init__ refuses here
        y = F.conv_transpose2d(
            input, self.weight, None, self.stride, padding, self.output_padding, self.groups, self.dilation
        )
        return y if self.bias is None else y + self.bias.to(y.dtype)[:, None, None]


class Dropout(nn.Module):
    """``torch.nn.Dropout`` whose masks take 16 random bits per value: each is dropped with probability p, to 2^-17.

    The same law from other draws of torch's global stream. On a CPU, torch draws a uniform number for each value, which
    takes a third of a training step of a small GAN.
    """

    def __init__(self, p: float):
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """(B, ...) -> the same shape, what is kept divided by the share that is kept."""
        if not self.training or not self.p:
            return x
        threshold = round(self.p * 2**16) - 2**15
        bits = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device).random_(-(2**63), None)
        kept = bits.view(torch.int16)[: x.numel()] >= threshold
        if x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last):  # the mask lies in memory as x does
            B, C, H, W = x.shape
            kept = kept.view(B, H, W, C).permute(0, 3, 1, 2)
        else:
            kept = kept.view(x.shape)
        return x * kept * (1 / (1 - self.p))

    def extra_repr(self) -> str:
        return f"p={self.p}"
