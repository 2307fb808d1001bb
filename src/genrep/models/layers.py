"""Layers that PyTorch has, computed another way."""

from typing import Any

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
