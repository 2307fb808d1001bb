"""Floating-point operations, and memory, of training and sampling: counted rather than estimated.

Convolutions and matrix products count, two operations per multiply-add; element-wise work and optimizers do not.
Tensors are fake: shapes without memory or arithmetic, so that counting takes no longer for a large network.
"""

from collections.abc import Iterator
from functools import cache

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode, unset_fake_temporarily
from torch.utils.flop_counter import FlopCounterMode

from genrep import models, objectives, sampling
from genrep.objectives import Batch
from genrep.params import RunParams
from genrep.params.networks import NetworkParams
from genrep.params.training import DiffusionObjectiveParams, ObjectiveParams


class _NoModules:
    """In place of torch's tracker of modules, whose hooks do not stand a gradient that is differentiated again."""

    parents = ("Global",)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


class Counter(FlopCounterMode):
    """Counts in total only, not by module."""

    def __init__(self) -> None:
        super().__init__(display=False)
        self.mod_tracker = _NoModules()  # type: ignore[assignment]


Moment = tuple[float, int, float]  # share of the epochs, resolution, alpha
BATCH = 2  # batch normalisation needs two


def training_flops_per_image(run: RunParams, shape: models.Shape, classes: int) -> int:
    """Operations of all phases, forward and backward, per training image: the mean over the run.

    Args:
        run: says which networks and objective, and how they grow.
        shape: (C, H, W) of one image.
        classes: number of labels.
    """
    return _training_flops(run.network, run.objective, tuple(moments(run, shape[1])), shape, classes)


@cache  # reports ask again and again, of runs that differ in their data alone
def _training_flops(
    network: NetworkParams, objective: ObjectiveParams, moments: tuple[Moment, ...], shape: models.Shape, classes: int
) -> int:
    total = 0.0
    with FakeTensorMode():
        networks = _fake(network, shape, classes)
        for share, side, alpha in moments:
            for phase, batch, noise in _iteration(networks, objective, side, alpha, shape[0]):
                weights = [w for role in phase.networks for w in networks[role].parameters()]
                with Counter() as counter:
                    loss = next(iter(phase.loss(batch, noise).values()))
                    loss.backward(inputs=weights)
                total += share * counter.get_total_flops() * phase.repeats / phase.every
    return round(total / BATCH)


def _fake(network: NetworkParams, shape: models.Shape, classes: int) -> nn.ModuleDict:
    """The networks of a run with fake tensors, to be called in a ``FakeTensorMode``."""
    with unset_fake_temporarily(), torch.device("meta"):
        networks = models.build(network, shape, classes, seed=0)
    for module in networks.modules():  # some initial weights need real arithmetic, so they are put in place afterwards
        for name, weight in module.named_parameters(recurse=False):
            setattr(module, name, nn.Parameter(torch.zeros(weight.shape, dtype=weight.dtype)))
        for name, buffer in module.named_buffers(recurse=False):
            setattr(module, name, torch.zeros(buffer.shape, dtype=buffer.dtype))
    return networks


def moments(run: RunParams, resolution: int) -> list[Moment]:
    """(share of the run's epochs, resolution, alpha): what stands for each stage of a run, a fade by its middle."""
    parts: list[Moment] = []
    for part in run.growth:
        parts += [(part.fade / run.epochs, part.resolution, 0.5)] * bool(part.fade)
        parts += [((part.epochs - part.fade) / run.epochs, part.resolution, 1.0)] * (part.epochs > part.fade)
    return parts or [(1.0, resolution, 1.0)]


def _iteration(
    networks: nn.ModuleDict, objective: ObjectiveParams, side: int, alpha: float, channels: int
) -> Iterator[tuple[objectives.Phase, Batch, objectives.Noise]]:
    """The phases of an iteration at one moment, with a batch and noise for each."""
    for network in models.growing(networks):
        network.grow(side, alpha)
    batch = Batch(torch.zeros(BATCH, channels, side, side), torch.zeros(BATCH, dtype=torch.long))
    generator = torch.Generator().manual_seed(0)
    for phase in objectives.phases(networks, objective):
        yield phase, batch, phase.draw(batch, generator)


def activation_bytes_per_image(run: RunParams, shape: models.Shape, classes: int, bf16: bool) -> int:
    """Bytes that the costliest phase keeps for its backward pass, per image, at the full resolution.

    What a step needs beyond that for a moment is not counted.

    Args:
        run: says which networks and objective.
        shape: (C, H, W) of one image.
        classes: number of labels.
        bf16: whether it trains in bf16.
    """
    return _activation_bytes(run.network, run.objective, run.recompute, shape, classes, bf16)


@cache
def _activation_bytes(
    network: NetworkParams, objective: ObjectiveParams, recompute: bool, shape: models.Shape, classes: int, bf16: bool
) -> int:
    most = 0
    with FakeTensorMode():
        networks = _fake(network, shape, classes)
        if recompute:
            models.recompute_activations(networks)
        weights = {_storage(w) for w in networks.parameters()}
        for phase, batch, noise in _iteration(networks, objective, shape[1], 1.0, shape[0]):
            kept: dict[int, int] = {}

            def note(tensor: Tensor, kept: dict[int, int] = kept) -> Tensor:
                kept[_storage(tensor)] = tensor.untyped_storage().nbytes()
                return tensor

            with (
                torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor),
                torch.autocast("cpu", torch.bfloat16, enabled=bf16),
            ):
                loss = phase.loss(batch, noise)  # noqa: F841 - what it keeps is alive as long as it is
                images = sum(size for storage, size in kept.items() if storage not in weights)
            most = max(most, images)
    return round(most / BATCH)


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata


def sampling_flops_per_image(run: RunParams, shape: models.Shape, classes: int) -> int:
    """Operations behind one sampled image; 0 for a run that is not sampled.

    One network pass is counted and multiplied by the steps that the sampler takes.

    Args:
        run: says which networks and sampler.
        shape: (C, H, W) of one image.
        classes: number of labels.
    """
    if run.sampler is None:
        return 0
    steps = sampling.steps(run)
    if isinstance(run.objective, DiffusionObjectiveParams):
        run = run.model_copy(update={"objective": run.objective.model_copy(update={"steps": 1})})
    with FakeTensorMode():
        networks = _fake(run.network, shape, classes).eval()
        generator = torch.Generator().manual_seed(0)
        with Counter() as counter:
            sampling.sample(networks, run, torch.zeros(BATCH, dtype=torch.long), shape, generator)
    return round(counter.get_total_flops() / BATCH) * steps
