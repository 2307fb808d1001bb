"""The one training loop: it knows phases, a schedule and a clock, and no model family.

It owns accumulation, the moving average, compilation, the NaN guard and the state that a checkpoint needs; precision
and several processes are genrep.training.processes's, folders, logs and signals genrep.training.run's.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genrep import models, objectives
from genrep.compilation import compiled, wanted
from genrep.data.arrays import DeviceImages
from genrep.devices import peak_memory, synchronize
from genrep.errors import UserError
from genrep.objectives import Batch, Losses, Phase
from genrep.params.training import RunParams
from genrep.rng import derive, generator
from genrep.training import optimizers
from genrep.training.average import moving_average
from genrep.training.processes import Processes, set_up_fabric
from genrep.training.schedule import Schedule, Stage

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


class Loop:
    """A run in progress.

    Args:
        run: everything resolved.
        data: its split, on ``device``.
        shape: (C, H, W) of one image.
        classes: number of labels.
        seed: of weights, order, noise and dropout, each a stream of its own.
        processes: that train together; None: those of torchrun, if it has started any.
    """

    def __init__(
        self,
        run: RunParams,
        data: DeviceImages,
        shape: models.Shape,
        classes: int,
        seed: int,
        device: torch.device,
        processes: Processes | None = None,
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
        self.schedule, self.clock = Schedule(run, shape[1], len(data)), Clock()
        self.ema = moving_average(self.networks, run.ema, run.ema_warm_up) if run.ema is not None else None
        self.growing = models.growing(self.networks)
        if self.ema is not None:
            self.growing += models.growing(self.sampling_networks())
        if run.growth and not self.growing:
            raise UserError(f"growth: the networks of {run.network.kind} do not grow; leave it out")
        if run.recompute:
            models.recompute_activations(self.networks)
        self.processes = processes or Processes.launched(device, growing=bool(run.growth))
        self.processes.check(self.schedule.batch_sizes, self.schedule.smallest_batch, run.accumulate)
        self.losses = {
            p.name: self.processes.parallel(
                p, compiled(p.loss, f"phase {p.name!r}") if wanted(run, device) and p.compilable else p.loss, wrapped
            )
            for p in self.phases
        }
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
        clock, stage = self.clock, self.stage
        self.networks.train()
        steps = min(stage.steps, max_steps or stage.steps)
        order = self._order(clock.epoch)
        for name, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self.run.optimizer_for(name).lr * stage.lr
        synchronize(self.device)
        while clock.step < steps:
            started = time.perf_counter()
            rows = order[clock.step * stage.batch_size : (clock.step + 1) * stage.batch_size]
            self._step(self._batch(rows, self.stage))
            clock.step += 1
            clock.images_seen += len(rows)
            if clock.step == 1:
                synchronize(self.device)
                clock.first_step_seconds = time.perf_counter() - started
            if clock.step % GUARD_EVERY == 0 or clock.step == steps:
                self._gather()
            clock.seconds += time.perf_counter() - started
            on_step(len(rows))
        images = min(steps * stage.batch_size, stage.epoch_images)
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

    @property
    def stage(self) -> Stage:
        """What holds now."""
        return self.schedule.at(self.clock.images_seen)

    @property
    def steps(self) -> int:
        """Steps of the current epoch."""
        return self.stage.steps

    @property
    def epoch_images(self) -> int:
        """Images of the current epoch."""
        return self.stage.epoch_images

    def _batch(self, rows: Tensor, stage: Stage) -> Batch:
        """The images of some rows at the resolution of a stage, for which the networks are made ready."""
        for network in self.growing:
            network.grow(stage.resolution, stage.alpha)
        batch = Batch(*self.data.batch(rows))
        factor = batch.images.shape[2] // stage.resolution
        return batch if factor == 1 else batch._replace(images=F.avg_pool2d(batch.images, factor))

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
        optimizer, loss_of = self.optimizers[phase.name], self.losses[phase.name]
        optimizer.zero_grad(set_to_none=True)
        parts = list(_micro_batches(batch, self.run.accumulate))
        for number, part in enumerate(parts, 1):
            own, noise = self.processes.share(part, phase.draw(part, self.noise))
            with self.processes.unsynchronised(loss_of, number < len(parts)):
                losses = loss_of(own, noise)
                share = len(own.images) / len(batch.images)
                # the processes' gradients are averaged, where those of micro-batches add up
                loss = next(iter(losses.values())) * (share * self.processes.count)
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
            return torch.randint(count, (self.stage.steps * self.stage.batch_size,), generator=rng).to(self.device)
        return torch.randperm(count, generator=rng).to(self.device)

    def _gather(self) -> None:
        """Move the sums of losses to the clock; this waits for the device."""
        for name, total in self._sums.items():
            value = float(self.processes.sum(total))
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
