"""What holds at a given moment of a run; the clock counts images seen."""

from typing import NamedTuple

from genrep.errors import UserError
from genrep.params.training import GrowthParams, RunParams


class Stage(NamedTuple):
    """The settings of one moment."""

    resolution: int  # pixels per side that the networks work at
    alpha: float  # weight of the newest resolution while it fades in; 1 when it has
    batch_size: int
    lr: float  # factor on the optimizer's learning rate
    steps: int  # of an epoch
    epoch_images: int


class Schedule:
    """A learning rate that is constant or falls once per epoch; one resolution and batch size, or several in turn.

    Args:
        run: ``lr_decay``, ``epochs``, ``growth``, ``batch_size`` and ``drop_last``.
        resolution: of the data.
        count: images of the split.

    Raises:
        UserError: a batch is larger than the split, or the growth does not end at the resolution of the data.
    """

    def __init__(self, run: RunParams, resolution: int, count: int):
        self.run, self.count = run, count
        whole = GrowthParams(resolution=resolution, epochs=run.epochs, batch_size=run.batch_size)
        self.parts = run.growth or (whole,)
        if self.parts[-1].resolution != resolution:
            raise UserError(
                f"growth: ends at a resolution of {self.parts[-1].resolution}, but the images have {resolution}; "
                "give one part for each power of two up to that"
            )
        self.batch_sizes = {part.batch_size for part in self.parts}
        for size in self.batch_sizes:
            if self.steps(size) == 0:
                raise UserError(f"batch_size {size} is larger than the {count} images of the split; lower it")

    def steps(self, batch_size: int) -> int:
        """Steps of an epoch."""
        return self.count // batch_size if self.run.drop_last else -(-self.count // batch_size)

    def epoch_images(self, batch_size: int) -> int:
        """Images of an epoch."""
        return min(self.steps(batch_size) * batch_size, self.count)

    @property
    def smallest_batch(self) -> int:
        """Images of the smallest batch."""
        return min(self.batch_sizes if self.run.drop_last else {self.count % size or size for size in self.batch_sizes})

    @property
    def starts(self) -> list[int]:
        """Images seen at the start of each part, and at the end of the last one."""
        starts = [0]
        for part in self.parts:
            starts.append(starts[-1] + part.epochs * self.epoch_images(part.batch_size))
        return starts

    def at(self, images_seen: int) -> Stage:
        """The stage after ``images_seen`` images."""
        starts = self.starts
        index = max(i for i in range(len(self.parts)) if starts[i] <= images_seen)
        part, seen = self.parts[index], images_seen - starts[index]
        images = self.epoch_images(part.batch_size)
        epoch = sum(before.epochs for before in self.parts[:index]) + seen // images
        return Stage(
            part.resolution,
            min(1.0, seen / (part.fade * images)) if part.fade else 1.0,
            part.batch_size,
            1 - epoch / self.run.epochs if self.run.lr_decay == "linear" else 1.0,
            self.steps(part.batch_size),
            images,
        )
