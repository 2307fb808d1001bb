"""What a study is given: a model, the images that it learned from and others, and how much to do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from genrep.data.arrays import ImageSet
from genrep.devices import synchronize
from genrep.errors import UserError
from genrep.params.studies import StudiesParams
from genrep.params.training import RunParams
from genrep.rng import derive, generator
from genrep.studies.abilities import Model
from genrep.studies.spaces import PIXELS, RealImages, Space, stored

REFERENCE = 1000  # held-out images that others are held against


@dataclass(frozen=True)
class Subject:
    """A model under study.

    Attributes:
        model: what it can do.
        family: its model's name in the parameters (``vae``), of which the run is one variant.
        run: the parameters that it was trained with.
        images: the data set of its run.
        params: of all studies.
        features: a feature space.

    Raises:
        UserError: the images are not of the size that the model was trained on.
    """

    model: Model
    family: str
    run: RunParams
    images: ImageSet
    params: StudiesParams
    features: Space

    def __post_init__(self) -> None:
        if self.images.shape != self.model.shape:
            sizes = ["x".join(map(str, shape)) for shape in (self.images.shape, self.model.shape)]
            name = self.images.card["name"]
            raise UserError(f"images of {name} are {sizes[0]}, {self.model.name} was trained on {sizes[1]}")

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.model.device

    def generator(self, *purpose: str | int) -> torch.Generator:
        """A stream of random numbers on the model's device, the same for every model."""
        return generator(self.params.seed, "studies", *purpose, device=self.device)

    def rng(self, *purpose: str | int) -> np.random.Generator:
        """The same for numpy."""
        return np.random.default_rng(derive(self.params.seed, "studies", *purpose))

    def held_out(
        self, count: int | None = None, among: np.ndarray | None = None, which: str = "of the kind"
    ) -> np.ndarray:
        """Rows of test images in a fixed random order, the same for every model of a data set.

        Args:
            count: how many; ``params.images`` if None.
            among: (N,) bool over the data set, which images may be taken.
            which: those are, in words.

        Raises:
            UserError: there are fewer.
        """
        count = self.params.images if count is None else count
        test = self.images.split("test")
        rows = self.rng("held-out").permutation(np.arange(test.start, test.stop))
        rows = rows if among is None else rows[among[rows]]
        if len(rows) < count:
            kind = "" if among is None else f" {which}"
            has = f"{self.images.card['name']} has {len(rows)} test images{kind}"
            raise UserError(f"studies.images: {count} are asked for, {has}; ask for fewer")
        return rows[:count]

    def pixels(self, rows: np.ndarray) -> Tensor:
        """Images of the data set (N, C, H, W) in [0, 1] on the model's device."""
        picked = torch.from_numpy(np.array(self.images.images[rows])).permute(0, 3, 1, 2)
        return picked.to(self.device).float() / 255

    @cached_property
    def training(self) -> np.ndarray:
        """The training images (M, H, W, C) uint8, memory-mapped."""
        return self.images.images[self.images.split("train")]

    @cached_property
    def real(self) -> dict[str, RealImages]:
        """Real images by the name of the space."""
        test = self.images.split("test")
        unseen = np.array(self.images.images[self.held_out(min(REFERENCE, test.stop - test.start))])
        spaces = (PIXELS, self.features)
        return {space.name: RealImages(space, self.training, unseen, str(self.device)) for space in spaces}

    def remoteness(self, images: Tensor) -> np.ndarray:
        """How far uint8 images (N, C, H, W) lie from training images in feature space: (N,), 1 as unseen images do."""
        return self.real["features"].remoteness(stored(images))

    def baseline(self, images: Tensor) -> np.ndarray:
        """(N,) mean absolute error of the training image nearest in pixels to each of (N, C, H, W) in [0, 1].

        Whoever reproduces an image no better has not got hold of it.
        """
        wanted = stored((images * 255).round().byte())
        places = self.real["pixels"].nearest(wanted)[1][:, 0]
        found = np.array(self.training[places])
        return np.abs(wanted.astype(np.float64) - found).mean(axis=(1, 2, 3)) / 255

    @contextmanager
    def timed(self, seconds: dict[str, float], what: str) -> Iterator[None]:
        """Note how long the block takes on the device."""
        synchronize(self.device)
        start = time.perf_counter()
        yield
        synchronize(self.device)
        seconds[what] = time.perf_counter() - start
