"""Samplers: images from trained networks.

One module per ``kind``; each offers ``NETWORKS``, the roles whose weights it needs (what a snapshot keeps),
``sample(networks, run, labels, shape, generator) -> Tensor``, and, where sampling takes steps, ``strips(networks,
run, images, seed, device)``, which shows them.
"""

from importlib import import_module
from types import ModuleType

import numpy as np
import torch
from torch import Tensor, nn

from genrep.data.arrays import ImageSet
from genrep.params.samplers import SamplerParams
from genrep.params.training import DiffusionObjectiveParams, RunParams


def sampler(params: SamplerParams) -> ModuleType:
    """The module of ``params.kind``."""
    return import_module(f"genrep.sampling.{params.kind}")


@torch.inference_mode()
def sample(
    networks: nn.ModuleDict,
    run: RunParams,
    labels: Tensor,
    shape: tuple[int, int, int],
    generator: torch.Generator,
    batch_size: int = 500,
) -> Tensor:
    """Draw one image per label.

    Args:
        networks: in evaluation mode, on the generator's device.
        run: its sampler, objective and data range say how.
        labels: (N,) classes asked for; models without a condition ignore them.
        shape: (C, H, W).
        generator: the only source of randomness.
        batch_size: images per pass; part of the protocol, since it changes the order of draws.

    Returns:
        (N, C, H, W) uint8 on the CPU: the run's fixed range mapped to 0..255, rounded and clipped.
    """
    assert run.sampler is not None
    draw = sampler(run.sampler).sample
    parts = (draw(networks, run, part, shape, generator) for part in labels.split(batch_size))
    return torch.cat([to_uint8(part, run.data.range) for part in parts])


@torch.inference_mode()
def strips(
    networks: nn.ModuleDict, run: RunParams, images: ImageSet, seed: int, device: torch.device
) -> dict[str, np.ndarray]:
    """The steps of a sampler on a few images, by name, each (moments, 4, C, H, W) uint8; nothing if it has none."""
    assert run.sampler is not None
    module = sampler(run.sampler)
    shown = module.strips(networks, run, images, seed, device) if hasattr(module, "strips") else {}
    return {name: np.stack([to_uint8(x, run.data.range).numpy() for x in moments]) for name, moments in shown.items()}


def steps(run: RunParams) -> int:
    """Passes of the networks, at one image each or with guidance two, that the sampler of a run takes."""
    if not isinstance(run.objective, DiffusionObjectiveParams):
        return 1
    return min(run.objective.steps, getattr(run.sampler, "steps", run.objective.steps))


def to_uint8(pixels: Tensor, value_range: tuple[float, float]) -> Tensor:
    """Map ``value_range`` to 0..255, round and clip; (..., H, W) float -> uint8 on the CPU."""
    low, high = value_range
    return ((pixels.float() - low) * (255 / (high - low))).round().clamp(0, 255).to(torch.uint8).cpu()
