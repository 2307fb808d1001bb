"""The one training loop: it knows phases, a schedule and a clock, and no model family.

It owns precision, accumulation, the moving average, compilation, the NaN guard and the state that a checkpoint
needs. Folders, logs and signals are genrep.training.run's.
"""

import logging
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision, Precision
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from genrep import models, objectives
from genrep.data.arrays import DeviceImages
from genrep.devices import peak_memory, resolve_precision, synchronize
from genrep.errors import UserError
from genrep.objectives import Batch, Losses, Noise, Phase
from genrep.params.training import RunParams
from genrep.rng import derive, generator
from genrep.training import optimizers
from genrep.training.schedule import Schedule

GUARD_EVERY = 100  # steps between looks at whether the losses are finite: a look waits for the device


class DivergedError(UserError):
    """A loss became NaN or infinite."""


@dataclass
class EpochRecord:
    """One line of the log."""

    epoch: int  # from 1
    images_seen: int
    seconds: float  # training only, synchronised
    first_step_seconds: float  # warm-up and compilation show here
    images_per_second: float
    peak_memory: int  # bytes
    lr: float  # factor on the optimizer's learning rate
    losses: dict[str, float]  # means over the epoch


@dataclass
class Clock:
    """Where a run stands; saved in its checkpoint."""

    epoch: int = 0  # finished epochs
    step: int = 0  # steps done in the current one
    images_seen: int = 0
    seconds: float = 0.0  # spent in the current epoch
    first_step_seconds: float = 0.0
    totals: dict[str, float] = field(default_factory=dict)  # losses summed over the current epoch's steps
    counts: dict[str, int] = field(default_factory=dict)


class Autocast(MixedPrecision):
    """bf16 autocast whose outputs an objective may differentiate itself, as a gradient penalty does.

    Fabric forbids that where a precision has a ``backward`` of its own; without a gradient scaler it needs none.
    """

    backward = Precision.backward


def set_up_fabric(run: RunParams, device: torch.device) -> Fabric:
    """Fabric for one process on ``device``: placement and precision."""
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it announces the precision
    precision = resolve_precision(run.precision, device)
    if device.type == "cpu":
        torch.set_num_threads(run.threads)
    # fp32 is the reference mode: no TF32 behind its back
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    return Fabric(
        accelerator=device.type,
        devices=[device.index or 0] if device.type == "cuda" else 1,
        plugins=[Autocast("bf16-mixed", device.type) if precision == "bf16" else Precision()],
    )


class Loop:
    """A run in progress.

    Args:
        run: everything resolved.
        data: its split, on ``device``.
        shape: (C, H, W) of one image.
        classes: number of labels.
        seed: of weights, order, noise and dropout, each a stream of its own.
    """

    def __init__(
        self, run: RunParams, data: DeviceImages, shape: models.Shape, classes: int, seed: int, device: torch.device
    ):
        self.run, self.data, self.seed, self.device = run, data, seed, device
        self.fabric = set_up_fabric(run, device)
        self.networks = models.build(run.network, shape, classes, derive(seed, "weights"))
        self.networks.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        wrapped = nn.ModuleDict({role: self.fabric.setup_module(net) for role, net in self.networks.items()})
        self.phases = objectives.phases(wrapped, run.objective)
        if strangers := run.optimizer_of.keys() - {p.name for p in self.phases}:
            known = ", ".join(p.name for p in self.phases)
            raise UserError(
                f"optimizer_of: {', '.join(sorted(strangers))} is no phase of this objective; it has {known}"
            )
        self.weights = {p.name: [w for r in p.networks for w in self.networks[r].parameters()] for p in self.phases}
        self.optimizers = {name: optimizers.build(run.optimizer_for(name), w) for name, w in self.weights.items()}
        self.losses = {p.name: _compiled(p) if run.compile and p.compilable else p.loss for p in self.phases}
        self.ema = None
        if run.ema is not None:
            self.ema = AveragedModel(self.networks, multi_avg_fn=get_ema_multi_avg_fn(run.ema), use_buffers=True)
        count = len(data)
        self.steps = count // run.batch_size if run.drop_last else -(-count // run.batch_size)
        if self.steps == 0:
            raise UserError(f"batch_size {run.batch_size} is larger than the {count} images of the split; lower it")
        self.epoch_images = min(self.steps * run.batch_size, count)
        self.schedule = Schedule(run, shape[1], self.epoch_images)
        self.clock = Clock()
        self.noise = generator(seed, "noise", device=device)
        self._sums: Losses = {}
        torch.manual_seed(derive(seed, "dropout"))  # dropout layers draw from torch's global stream

    # -- training -----------------------------------------------------------------------------------------------

    def epoch(self, on_step: Callable[[int], None] = lambda images: None, max_steps: int | None = None) -> EpochRecord:
        """Train to the end of the current epoch and return its record.

        Args:
            on_step: called with the batch's images after every step; an exception from it leaves the loop in a
                state that can be saved and resumed.
            max_steps: end the epoch after so many steps (for timing).

        Raises:
            DivergedError: a loss is NaN or infinite.
        """
        clock = self.clock
        self.networks.train()
        steps = min(self.steps, max_steps or self.steps)
        order = self._order(clock.epoch)
        stage = self.schedule.at(clock.images_seen)
        for name, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self.run.optimizer_for(name).lr * stage.lr
        synchronize(self.device)
        while clock.step < steps:
            started = time.perf_counter()
            rows = order[clock.step * stage.batch_size : (clock.step + 1) * stage.batch_size]
            self._step(Batch(*self.data.batch(rows)))
            clock.step += 1
            clock.images_seen += len(rows)
            if clock.step == 1:
                synchronize(self.device)
                clock.first_step_seconds = time.perf_counter() - started
            if clock.step % GUARD_EVERY == 0 or clock.step == steps:
                self._gather()
            clock.seconds += time.perf_counter() - started
            on_step(len(rows))
        images = min(steps * stage.batch_size, self.epoch_images)
        record = EpochRecord(
            epoch=clock.epoch + 1,
            images_seen=clock.images_seen,
            seconds=clock.seconds,
            first_step_seconds=clock.first_step_seconds,
            images_per_second=images / clock.seconds,
            peak_memory=peak_memory(self.device),
            lr=stage.lr,
            losses={name: total / clock.counts[name] for name, total in clock.totals.items()},
        )
        self.clock = Clock(epoch=clock.epoch + 1, images_seen=clock.images_seen)
        return record

    def _step(self, batch: Batch) -> None:
        for phase in self.phases:
            if self.clock.step % phase.every:
                continue
            for _ in range(phase.repeats):
                self._update(phase, batch)
        if self.ema is not None:
            self.ema.update_parameters(self.networks)

    def _update(self, phase: Phase, batch: Batch) -> None:
        """One optimizer step of a phase."""
        optimizer = self.optimizers[phase.name]
        optimizer.zero_grad(set_to_none=True)
        for part in _micro_batches(batch, self.run.accumulate):
            losses = self.losses[phase.name](part, phase.draw(part, self.noise))
            share = len(part.images) / len(batch.images)
            loss = next(iter(losses.values())) * share
            # inputs: a generator's step needs no gradients of the discriminator's weights
            self.fabric.backward(loss, inputs=self.weights[phase.name])
            for name, value in losses.items():
                self._sums[name] = self._sums.get(name, 0) + value.detach() * share
                self.clock.counts.setdefault(name, 0)
        for name in losses:
            self.clock.counts[name] += 1
        optimizer.step()
        if phase.after_step is not None:
            phase.after_step()

    def _order(self, epoch: int) -> Tensor:
        """Row numbers of the epoch's images, in order; a function of seed and epoch alone."""
        rng, count = generator(self.seed, "order", epoch), len(self.data)
        if self.run.replacement:
            return torch.randint(count, (self.steps * self.run.batch_size,), generator=rng).to(self.device)
        return torch.randperm(count, generator=rng).to(self.device)

    def _gather(self) -> None:
        """Move the sums of losses to the clock; this waits for the device."""
        for name, total in self._sums.items():
            value = float(total)
            if value - value != 0:  # NaN or infinite
                raise DivergedError(
                    f"loss {name!r} became {value} in epoch {self.clock.epoch + 1}, step {self.clock.step}; "
                    "lower the learning rate, or set precision: fp32 to rule rounding out"
                )
            self.clock.totals[name] = self.clock.totals.get(name, 0.0) + value
        self._sums = {}

    # -- state ----------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Everything that decides how the run goes on: tensors and plain values only."""
        self._gather()
        return {
            "networks": self.networks.state_dict(),
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
            "ema": self.ema.state_dict() if self.ema is not None else None,
            "clock": vars(self.clock).copy(),
            "noise": self.noise.get_state(),
            "dropout": torch.get_rng_state(),
            "dropout_cuda": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Continue where ``state()`` was taken."""
        self.networks.load_state_dict(state["networks"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])
        self.clock = Clock(**state["clock"])
        self.noise.set_state(state["noise"].cpu())
        torch.set_rng_state(state["dropout"].cpu())
        if state["dropout_cuda"] is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["dropout_cuda"].cpu(), self.device)

    def sampling_networks(self) -> nn.ModuleDict:
        """The weights to sample from: the moving average where the run has one."""
        return self.networks if self.ema is None else cast(nn.ModuleDict, self.ema.module)


def _micro_batches(batch: Batch, parts: int) -> Iterator[Batch]:
    return map(Batch._make, zip(*(tensor.chunk(parts) for tensor in batch), strict=True))


def _compiled(phase: Phase) -> Callable[[Batch, Noise], Losses]:
    """The phase's loss through torch.compile, falling back to eager at the first failure."""
    loss = torch.compile(phase.loss)

    def call(batch: Batch, noise: Noise) -> Losses:
        nonlocal loss
        try:
            return loss(batch, noise)
        except Exception as error:  # torch.compile raises whatever its backends raise
            if loss is phase.loss:
                raise
            warnings.warn(f"phase {phase.name!r} does not compile and runs eagerly: {error}", stacklevel=2)
            loss = phase.loss
            return loss(batch, noise)

    return call
