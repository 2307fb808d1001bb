"""Which single inputs of a generator control a visual aspect: tilt, colour or sharpness.

Each input in turn is set to minus and to plus ``SWING`` deviations of its prior at ``BASES`` random points. An input
controls an aspect if the aspect moves the same way at nine points of ten, which chance does to one input in 10^10, and
if it moves on average by at least the standard deviation that the aspect has over the points themselves: by as much as
samples differ anyway. A hundred inputs that had equal shares in the aspect would each move it by 0.4 of that.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genrep.data.arrays import ImageSet
from genrep.metrics.native import NativeProtocol
from genrep.metrics.probes import Found, decoded, entry
from genrep.metrics.sharpness import sharpness
from genrep.models.latent import latents
from genrep.params.training import RunParams
from genrep.rng import generator

BASES, SWING, AGREEMENT = 64, 2.0, 0.9
EFFECT = 1.0  # standard deviations of the aspect over samples
STEPS = 7  # of the strips that are kept


def tilt(images: Tensor) -> np.ndarray:
    """(N, C, H, W) uint8 -> (N,) mixed second moment of brightness over the sum of both pure ones, in [-1/2, 1/2].

    Zero for what stands or lies upright, of opposite signs for what leans left and right.
    """
    grey = images.double().mean(1)  # (N, H, W)
    H, W = grey.shape[1:]
    y, x = torch.arange(H, dtype=torch.double)[:, None], torch.arange(W, dtype=torch.double)[None]
    mass = grey.sum((1, 2)).clamp_min(1e-12)
    dy = y - ((grey * y).sum((1, 2)) / mass)[:, None, None]
    dx = x - ((grey * x).sum((1, 2)) / mass)[:, None, None]
    mixed = (grey * dx * dy).sum((1, 2))
    pure = (grey * (dx.square() + dy.square())).sum((1, 2))
    return (mixed / pure.clamp_min(1e-12)).numpy()


def colour(images: Tensor) -> np.ndarray:
    """(N, C, H, W) uint8 -> (N,) mean red less mean blue, or mean brightness of grey images."""
    means = images.double().mean((2, 3))
    return (means[:, 0] - means[:, 2] if images.shape[1] == 3 else means[:, 0]).numpy()


ASPECTS = {"tilt": tilt, "colour": colour, "sharpness": sharpness}


def agreement(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """(inputs, bases) of an aspect at both ends -> (inputs,) share of bases that move the way of the majority."""
    change = high - low
    return np.maximum((change > 0).mean(1), (change < 0).mean(1))


def effect(low: np.ndarray, high: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """(inputs, bases) of an aspect at both ends and (bases,) of it before -> (inputs,) mean change over its spread."""
    return np.abs((high - low).mean(1)) / max(float(samples.std()), np.finfo(float).tiny)


def probe(
    networks: nn.ModuleDict, run: RunParams, protocol: NativeProtocol, images: ImageSet, device: torch.device
) -> Found:
    """``controls_tilt``, ``controls_colour``, ``controls_sharpness``: how many inputs do; and a strip of the best each.

    Strips ``controls`` (3, STEPS, C, H, W) run through one input at one point.
    """
    if "generator" not in networks:
        return [], {}
    network: Any = networks["generator"]
    z = latents(network, BASES, generator(protocol.seed, "controls", device=device))
    labels = torch.arange(BASES, device=device) % images.card["classes"]
    end = SWING * getattr(network, "prior_sd", 1.0)

    def moved(i: int, values: Tensor, base: Tensor) -> Tensor:
        changed = base.clone()
        changed[:, i] = values
        return changed

    samples = decoded(network, run, z, labels)
    sides: dict[str, list[list[np.ndarray]]] = {name: [[], []] for name in ASPECTS}
    for i in range(network.latent):
        for side, sign in enumerate((-1, 1)):
            drawn = decoded(network, run, moved(i, torch.full((BASES,), sign * end, device=device), z), labels)
            for name, aspect in ASPECTS.items():
                sides[name][side].append(aspect(drawn))
    metrics, strips = [], []
    for name, (low, high) in sides.items():
        agreed = agreement(np.stack(low), np.stack(high)) >= AGREEMENT
        reach = effect(np.stack(low), np.stack(high), ASPECTS[name](samples))
        identifier = f"controls_{name}/bases={BASES}/swing={SWING}sd/agreement={AGREEMENT}/effect={EFFECT}sd"
        metrics.append(entry(identifier, float((agreed & (reach >= EFFECT)).sum())))
        best = int(np.where(agreed, reach, reach - reach.max() - 1).argmax())  # one that agrees, if any does
        steps = torch.linspace(-end, end, STEPS, device=device)
        strips.append(decoded(network, run, moved(best, steps, z[:1].repeat(STEPS, 1)), labels[:1].repeat(STEPS)))
    return metrics, {"controls": torch.stack(strips).numpy()}
