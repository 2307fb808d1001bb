"""Group norm and SiLU in one step, faster and smaller in training than one after the other on a CPU."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


def norm_silu(norm: nn.GroupNorm, x: Tensor) -> Tensor:
    """``F.silu(norm(x))``: (B, C, H, W) -> (B, C, H, W).

    On a CPU the gradient of torch's group norm takes as long as several convolutions; it is computed here from sums
    that matrix products take. Only x is kept for it, not what lies between norm and SiLU.
    """
    if x.device.type == "cpu" and torch.is_grad_enabled():
        if not x.is_contiguous(memory_format=torch.channels_last):
            x = x.contiguous()
        return NormSiLU.apply(x, norm.weight, norm.bias, norm.num_groups, norm.eps)
    return F.silu(norm(x), inplace=True)


class NormSiLU(torch.autograd.Function):
    """SiLU(w (x - m) r + b) with mean m and reciprocal deviation r of each image's group.

    With u = w times the gradient after the norm, and averages over a group:
    dx = r (u - avg(u) - (x - m) r avg(u (x - m) r)).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float) -> Tensor:
        ctx.save_for_backward(x, weight, bias)
        ctx.settings = groups, eps
        return F.silu(_normalised(x, weight, bias, groups, eps)[0], inplace=True)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, bias = ctx.saved_tensors
        groups, eps = ctx.settings
        B, C, H, W = x.shape
        y, mean, rate = _normalised(x, weight, bias, groups, eps)
        g = _rows(torch.ops.aten.silu_backward(gradient, y))  # (B, HW, C)
        x = _rows(x)
        sum_g, sum_gx = _column_sums(g), _column_sums(g * x)  # (B, C)
        mean, rate = (part.to(weight.dtype).repeat_interleave(C // groups, dim=1) for part in (mean, rate))  # (B, C)
        sum_gn = rate * (sum_gx - mean * sum_g)  # of g times the normalised x
        avg_u, avg_un = (_group_means(weight * part, groups) / (H * W) for part in (sum_g, sum_gn))
        slope = -avg_un * rate.square()
        shift = -(avg_u * rate + slope * mean)
        scale = weight * rate
        scale, slope, shift = (part.to(x.dtype)[:, None] for part in (scale, slope, shift))
        dx = torch.addcmul(shift, g, scale).addcmul_(x, slope)
        return dx.view(B, H, W, C).permute(0, 3, 1, 2), sum_gn.sum(0), sum_g.sum(0), None, None


def _normalised(x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """The normalised x, and (B, groups) means and reciprocal deviations."""
    B, C, H, W = x.shape
    return torch.native_group_norm(x, weight, bias, B, C, H * W, groups, eps)


def _rows(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, HW, C), without a copy where memory is channels_last."""
    return x.permute(0, 2, 3, 1).flatten(1, 2)


def _column_sums(rows: Tensor) -> Tensor:
    """(B, HW, C) -> (B, C): a matrix product, which is many times faster than torch's sum over a strided dimension."""
    ones = rows.new_ones(len(rows), 1, rows.shape[1])
    return torch.bmm(ones, rows)[:, 0].float() if rows.dtype == torch.bfloat16 else torch.bmm(ones, rows)[:, 0]


def _group_means(values: Tensor, groups: int) -> Tensor:
    """Means over each group of channels, repeated for each of them: (B, C) -> (B, C)."""
    B, C = values.shape
    return values.view(B, groups, -1).mean(2).repeat_interleave(C // groups, dim=1)
