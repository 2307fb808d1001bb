"""What Fabric does for the loop: placement and precision, and the processes that train one run together.

``torchrun --nproc-per-node N -m genrep train ...`` starts N processes, each with a device of its own. A step's batch
and noise are those of one process; each takes its share of the rows, so that N processes train what one would. Their
gradients are averaged by DistributedDataParallel around the loss of a phase: one forward and one backward pass per
step, however often the loss calls a network.
"""

import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision, Precision
from lightning_fabric.strategies import DDPStrategy
from torch import Tensor, nn
from torch.distributed import is_torchelastic_launched

from genrep.devices import resolve_precision
from genrep.errors import UserError
from genrep.objectives import Batch, Losses, Noise, Phase
from genrep.params.training import RunParams

Loss = Callable[[Batch, Noise], Losses]


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


def leading() -> bool:
    """Whether this process is the first of those that train a run, or the only one: the one that writes."""
    return not is_torchelastic_launched() or os.environ["RANK"] == "0"


class PhaseLoss(nn.Module):
    """The loss of a phase as a module that holds the networks whose weights the phase changes."""

    def __init__(self, loss: Loss, networks: nn.ModuleDict):
        super().__init__()
        self.loss, self.networks = loss, networks

    def forward(self, batch: Batch, noise: Noise) -> Losses:
        return self.loss(batch, noise)


@dataclass(frozen=True)
class Processes:
    """The processes of a run: those of torchrun, or this one alone."""

    rank: int = 0
    count: int = 1
    fabric: Fabric | None = None  # for several

    @classmethod
    def launched(cls, device: torch.device, growing: bool) -> "Processes":
        """Join the processes that torchrun has started, if it has.

        Args:
            device: of this one.
            growing: whether some weights may take no part in a step.
        """
        if not is_torchelastic_launched() or os.environ["WORLD_SIZE"] == "1":
            return cls()
        here = int(os.environ["LOCAL_WORLD_SIZE"])
        fabric = Fabric(
            accelerator=device.type,
            devices=here,
            num_nodes=int(os.environ["WORLD_SIZE"]) // here,
            # buffers are the first process's: it is the one that saves them
            strategy=DDPStrategy(find_unused_parameters=growing, broadcast_buffers=False),
            plugins=[Precision()],  # the networks have their own
        )
        fabric.launch()
        return cls(fabric.global_rank, fabric.world_size, fabric)

    def check(self, batch_sizes: set[int], last_batch: int, accumulate: int) -> None:
        """Refuse batches that leave a process without images.

        Args:
            batch_sizes: of the run.
            last_batch: images of the smallest batch.
            accumulate: micro-batches of each.

        Raises:
            UserError: the line says what would do.
        """
        if self.count == 1:
            return
        for size in sorted(batch_sizes):
            if size % (self.count * accumulate):
                raise UserError(
                    f"wrong number of processes: {self.count} do not divide batch_size {size} in {accumulate} "
                    "micro-batches; choose another --nproc-per-node or batch_size"
                )
        part = -(-last_batch // accumulate)
        if (last_batch % part or part) < self.count:
            raise UserError(
                f"the last batch of an epoch has {last_batch} images for {self.count} processes; set drop_last: true"
            )

    def parallel(self, phase: Phase, loss: Loss, networks: nn.ModuleDict) -> Any:
        """The loss of a phase; with several processes its gradients are averaged over them."""
        if self.fabric is None:
            return loss
        return self.fabric.setup_module(PhaseLoss(loss, nn.ModuleDict({r: networks[r] for r in phase.networks})))

    def unsynchronised(self, loss: Any, enabled: bool) -> AbstractContextManager:
        """While a micro-batch is not the last one, gradients stay in their process."""
        return nullcontext() if self.fabric is None else self.fabric.no_backward_sync(loss, enabled)

    def share(self, batch: Batch, noise: Noise) -> tuple[Batch, Noise]:
        """This process's rows of a batch and its noise."""
        if self.count == 1:
            return batch, noise
        own = [tensor.tensor_split(self.count)[self.rank] for tensor in batch]
        return Batch(*own), {name: tensor.tensor_split(self.count)[self.rank] for name, tensor in noise.items()}

    def sum(self, value: Tensor) -> Tensor:
        """The sum of a scalar over all processes, in each of them."""
        return value if self.fabric is None else self.fabric.all_reduce(value, reduce_op="sum")  # type: ignore[return-value]

    def agree(self, *flags: bool) -> list[bool]:
        """For each flag whether any process raises it; all of them must ask."""
        if self.fabric is None:
            return [*flags]
        return self.sum(torch.tensor(flags, dtype=torch.float32, device=self.fabric.device)).bool().tolist()

    def wait(self) -> None:
        """Until all processes have come here."""
        if self.fabric is not None:
            self.fabric.barrier()
