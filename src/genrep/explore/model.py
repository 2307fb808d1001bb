"""A trained model as the page sees it: decode latents, encode held-out images, find leading directions."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from threading import Lock
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genrep import models
from genrep.data.arrays import ImageSet
from genrep.data.catalogue import data_set
from genrep.data.prepare import images_of
from genrep.errors import UserError
from genrep.explore.runs import TrainedRun
from genrep.explore.weights import check
from genrep.metrics.probes import decoded, encoded
from genrep.training.checkpoint import load_weights

MOST = 256  # images decoded at once
POINTS = 600  # held-out images in the plane
DIRECTIONS = 8
LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
CPU = torch.device("cpu")
_one_at_a_time = Lock()  # torch uses all its threads for one request


class ExploredModel:
    """One run, its networks loaded as they are needed.

    Args:
        run: see ``find_runs``.
    """

    def __init__(self, run: TrainedRun):
        self.run = run
        self.shape = data_set(run.params.data.set).shape
        self.at = lru_cache(maxsize=8)(self._load)

    def _load(self, epoch: int | None) -> nn.ModuleDict:
        """The networks at the end, or after a snapshot epoch, in evaluation mode.

        Raises:
            UserError: no such snapshot, damaged weights, or weights of another network.
        """
        if epoch is not None and epoch not in self.run.epochs:
            kept = ", ".join(map(str, self.run.epochs)) or "none"
            raise UserError(f"epoch {epoch} was not kept; snapshots: {kept}")
        try:  # again: the file may have changed since it was listed
            check(self.run.weights(epoch), self.run.shapes)
        except UserError as error:
            raise UserError(f"{self.run.id} is {error}; train it again: {self.run.again}") from None
        networks = models.build(self.run.params.network, self.shape, self.run.classes, seed=0)
        return load_weights(self.run.weights(epoch), networks).eval()

    def network(self, epoch: int | None = None) -> Any:
        """What decodes: the decoder or the generator."""
        networks = self.at(epoch)
        return networks["decoder"] if "decoder" in networks else networks["generator"]

    @property
    def latent(self) -> int:
        """Dimensions of z."""
        return int(self.run.params.network.latent)  # type: ignore[union-attr]

    @property
    def deviation(self) -> float:
        """Of the prior, per dimension."""
        return float(getattr(self.run.params.network, "prior_sd", 1.0))

    @cached_property
    def images(self) -> ImageSet | None:
        """Its prepared data; None where that is not at hand."""
        try:
            return images_of(self.run.params.data)
        except UserError:
            return None

    def describe(self) -> dict[str, Any]:
        """What the page needs to know, as plain values."""
        names = (self.images.card.get("class_names") if self.images else None) or range(self.run.classes)
        network = self.network()
        return {
            "id": self.run.id,
            "title": self.run.title,
            "kind": "VAE" if "decoder" in self.at(None) else "GAN",
            "data": self.run.params.data.set,
            "latent": self.latent,
            "deviation": self.deviation,
            "uniform": getattr(network, "prior", "normal") == "uniform",
            "shape": list(self.shape),
            "classes": [str(name) for name in names] if self.run.told else [],
            "attributes": list(self.run.params.data.attributes) if self.run.told else [],
            "epochs": list(self.run.epochs),
            "points": self.has_points,
            "report": self.run.report.is_file(),
        }

    @property
    def has_points(self) -> bool:
        """Whether held-out images can be shown in a plane."""
        return self.latent == 2 and "encoder" in self.at(None) and self.images is not None

    def decode(self, z: Sequence[Sequence[float]], labels: Sequence[int], epoch: int | None) -> np.ndarray:
        """(N, latent) and N classes -> (N, C, H, W) uint8.

        Raises:
            UserError: latents of another length, numbers that are not finite, too many, a class that there is not, or
                an epoch that was not kept.
        """
        if not 1 <= len(z) <= MOST:
            raise UserError(f"1 to {MOST} latents at once, got {len(z)}")
        for row in z:
            if len(row) != self.latent:
                raise UserError(f"a latent of {self.run.id} has {self.latent} numbers, got {len(row)}")
        latents = torch.tensor(z, dtype=torch.float32)
        if not torch.isfinite(latents).all():
            raise UserError("a latent must be of finite numbers")
        if len(labels) not in (1, len(z)):
            raise UserError(f"one class for all or one for each of {len(z)} latents, got {len(labels)}")
        for label in labels:
            if not 0 <= label < self.run.classes:
                raise UserError(f"class {label} is not one of 0 to {self.run.classes - 1}")
        told = torch.tensor(labels, dtype=torch.int64).expand(len(z))
        with _one_at_a_time:
            return decoded(self.network(epoch), self.run.params, latents, told).numpy()

    @cached_property
    def points(self) -> tuple[Tensor, Tensor]:
        """Latent means (N, 2) and classes (N,) of held-out images.

        Raises:
            UserError: there is no plane, or the data are not prepared.
        """
        if not self.has_points:
            raise UserError(f"{self.run.id} has no points: those take a VAE of 2 latents and its prepared data")
        assert self.images is not None
        with _one_at_a_time:
            return encoded(self.at(None)["encoder"], self.run.params, self.images, POINTS, CPU)

    @cached_property
    def directions(self) -> np.ndarray:
        """(K, latent) unit vectors that move the first layer most: its leading right singular vectors.

        As for GANs by Shen and Zhou (2021); what is told of the class beside the latent is left out.
        """
        weight = of_inputs(next(layer for layer in self.network().modules() if isinstance(layer, LAYERS)))
        weight = weight[:, : self.latent]
        found = torch.linalg.svd(weight.double(), full_matrices=False).Vh[:DIRECTIONS]
        signs = torch.sign(found.gather(1, found.abs().argmax(1, keepdim=True)))  # the largest entry is positive
        return (found * signs).numpy()


def of_inputs(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> Tensor:
    """The weights of a layer, (outputs, inputs); of a convolution every place of its kernel is an output."""
    weight = layer.weight.detach()
    inputs = 0 if isinstance(layer, nn.ConvTranspose2d) else 1
    return weight.movedim(inputs, -1).flatten(0, -2)
