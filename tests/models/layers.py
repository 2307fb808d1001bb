"""Layers by hand: their parameters and the laws of their initial weights."""

from math import prod, sqrt

from scipy.stats import kstest, norm, uniform
from torch import nn


def linear(inputs: int, outputs: int) -> int:
    return inputs * outputs + outputs


def conv(inputs: int, outputs: int, kernel: int = 3) -> int:
    return inputs * outputs * kernel**2 + outputs


def norm_layer(channels: int) -> int:
    """Scale and shift of a batch or group norm."""
    return 2 * channels


def count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def weighted(network: nn.Module) -> list[nn.Module]:
    """The convolutions and linear layers in order."""
    return [m for m in network.modules() if isinstance(m, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)]


def assert_glorot(layer: nn.Module) -> None:
    """U(-b, b) with b = sqrt(6 / (fan in + fan out)), fans by kernel area times channels."""
    one, other, *kernel = layer.weight.shape
    bound = sqrt(6 / (prod(kernel) * (one + other)))
    weights = layer.weight.detach().flatten().double()
    assert weights.abs().max() <= bound * (1 + 1e-6)
    assert kstest(weights, uniform(-bound, 2 * bound).cdf).pvalue > 1e-4
    assert not layer.bias.any()


def assert_normal(layer: nn.Module, std: float) -> None:
    assert kstest(layer.weight.detach().flatten().double(), norm(0, std).cdf).pvalue > 1e-4
    assert not layer.bias.any()
