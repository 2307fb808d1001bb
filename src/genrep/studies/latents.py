"""Walks through a latent space."""

import torch
from torch import Tensor


def lerp(a: Tensor, b: Tensor, shares: Tensor) -> Tensor:
    """Straight line: (N, D) twice and shares (K,) of b in [0, 1] -> (N, K, D)."""
    s = shares[None, :, None]
    return (1 - s) * a[:, None] + s * b[:, None]


def slerp(a: Tensor, b: Tensor, shares: Tensor) -> Tensor:
    """Along the great circle between the directions, with the length going straight (section 6.6 of the thesis).

    Where the directions are equal or opposite no one great circle leads from a to b: the line is straight.

    Args:
        a: (N, D) ends.
        b: (N, D) other ends.
        shares: (K,) of b, in [0, 1].

    Returns:
        (N, K, D)
    """
    length_a, length_b = a.norm(dim=1, keepdim=True), b.norm(dim=1, keepdim=True)
    u, v = a / length_a.clamp(min=1e-12), b / length_b.clamp(min=1e-12)
    angle = (u * v).sum(1, keepdim=True).clamp(-1, 1).arccos()[:, None]  # (N, 1, 1)
    s = shares[None, :, None]
    sine = angle.sin()
    direction = (((1 - s) * angle).sin() * u[:, None] + (s * angle).sin() * v[:, None]) / sine.clamp(min=1e-12)
    length = (1 - s) * length_a[:, None] + s * length_b[:, None]
    return torch.where(sine > 1e-3, direction * length, lerp(a, b, shares))


def half_circle(a: Tensor, shares: Tensor, generator: torch.Generator) -> Tensor:
    """From a to -a over a direction at right angles to it, drawn at random: (N, D) and (K,) -> (N, K, D)."""
    other = torch.randn(a.shape, generator=generator, device=a.device)
    other = other - (other * a).sum(1, keepdim=True) / a.square().sum(1, keepdim=True).clamp(min=1e-12) * a
    other = other / other.norm(dim=1, keepdim=True).clamp(min=1e-12) * a.norm(dim=1, keepdim=True)
    turn = (torch.pi * shares)[None, :, None]
    return turn.cos() * a[:, None] + turn.sin() * other[:, None]


def rescaled(z: Tensor, length: Tensor | float) -> Tensor:
    """Latents (N, D) with all their lengths set to one."""
    return z / z.norm(dim=1, keepdim=True).clamp(min=1e-12) * length
