"""Floating-point operations of training and sampling one image, counted rather than estimated.

Convolutions and matrix products count, two operations per multiply-add; element-wise work and optimizers do not.
"""

import torch
from torch.utils.flop_counter import FlopCounterMode

from genrep import models, objectives, sampling
from genrep.objectives import Batch
from genrep.params import RunParams
from genrep.params.training import DiffusionObjectiveParams


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


BATCH = 2  # batch normalisation needs two


def training_flops_per_image(run: RunParams, shape: models.Shape, classes: int) -> int:
    """Operations of all phases, forward and backward, per training image.

    Args:
        run: says which networks and objective.
        shape: (C, H, W) of one image.
        classes: number of labels.
    """
    networks = models.build(run.network, shape, classes, seed=0)
    generator = torch.Generator().manual_seed(0)
    batch = Batch(torch.zeros(BATCH, *shape), torch.zeros(BATCH, dtype=torch.long))
    total = 0.0
    for phase in objectives.phases(networks, run.objective):
        weights = [w for role in phase.networks for w in networks[role].parameters()]
        noise = phase.draw(batch, generator)
        with Counter() as counter:
            loss = next(iter(phase.loss(batch, noise).values()))
            loss.backward(inputs=weights)
        total += counter.get_total_flops() * phase.repeats / phase.every
    return round(total / BATCH)


def sampling_flops_per_image(run: RunParams, shape: models.Shape, classes: int) -> int:
    """Operations behind one sampled image; 0 for a run that is not sampled.

    One network pass is counted and multiplied by the steps of the objective, where it has any.

    Args:
        run: says which networks and sampler.
        shape: (C, H, W) of one image.
        classes: number of labels.
    """
    if run.sampler is None:
        return 0
    steps = 1
    if isinstance(run.objective, DiffusionObjectiveParams):
        steps = run.objective.steps
        run = run.model_copy(update={"objective": run.objective.model_copy(update={"steps": 1})})
    networks = models.build(run.network, shape, classes, seed=0).eval()
    generator = torch.Generator().manual_seed(0)
    with Counter() as counter:
        sampling.sample(networks, run, torch.zeros(BATCH, dtype=torch.long), shape, generator)
    return round(counter.get_total_flops() / BATCH) * steps
