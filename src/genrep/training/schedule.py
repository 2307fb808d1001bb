"""What holds at a given moment of a run; the clock counts images seen."""

from typing import NamedTuple

from genrep.params.training import RunParams


class Stage(NamedTuple):
    """The settings of one moment."""

    resolution: int  # pixels per side that the networks work at
    alpha: float  # weight of the newest resolution while it fades in; 1 when it has
    batch_size: int
    lr: float  # factor on the optimizer's learning rate


class Schedule:
    """Fixed resolution and batch size; a learning rate that is constant or falls once per epoch.

    Args:
        run: ``lr_decay`` and ``epochs``.
        resolution: of the data.
        epoch_images: images in one epoch.
    """

    def __init__(self, run: RunParams, resolution: int, epoch_images: int):
        self.run, self.resolution, self.epoch_images = run, resolution, epoch_images

    def at(self, images_seen: int) -> Stage:
        """The stage after ``images_seen`` images."""
        epoch = images_seen // self.epoch_images
        lr = 1 - epoch / self.run.epochs if self.run.lr_decay == "linear" else 1.0
        return Stage(self.resolution, 1.0, self.run.batch_size, lr)
