"""The native metrics of one set of images, with ids that carry their protocol."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from torch import Tensor
from torch.nn import functional as F

from genrep.data.arrays import ImageSet
from genrep.metrics.extra import Reference, Statistic, Subject, measures
from genrep.metrics.features import Features, extract
from genrep.metrics.frechet import Gaussian, frechet_distance
from genrep.metrics.intervals import bootstrap
from genrep.metrics.legibility import legible
from genrep.metrics.parts import by_parts
from genrep.metrics.score_splits import split_score
from genrep.metrics.sharpness import sharpness


@dataclass(frozen=True)
class NativeProtocol:
    """A classifier, the moments of its training images, and what counts as legible."""

    classifier: Any
    weights: str  # hash of the classifier's weights, part of every id
    reference: Gaussian  # of the features of the real training images
    confidence: float
    seed: int  # of the bootstrap
    training: ImageSet  # the classifier's data set
    extra: tuple[str, ...] = ()  # metrics beyond those that every replication has: genrep.metrics.extra
    attributes: int = 0  # whose combinations the classifier's classes are; 0: classes are just that
    splits: int = 1  # of the Inception score

    @cached_property
    def real(self) -> Reference:
        """What extra metrics compare with."""
        return Reference(self.training, self.classifier)

    def measure(
        self, images: Tensor, counts: tuple[int, ...], intervals: bool, labels: np.ndarray | None = None
    ) -> list[dict[str, Any]]:
        """Every metric on the first n images, for each n of ``counts``.

        Args:
            images: (N, C, H, W) uint8 with N at least the largest n; those of another size than the classifier's are
                averaged to it.
            counts: sample sizes.
            intervals: also bootstrap 95% intervals over the images.
            labels: (N,) classes that the images were asked for, or have; None: the model cannot be asked.

        Returns:
            ``{"id", "name", "n", "value", "ci_low", "ci_high"}`` each; the bounds are None without intervals. An
            Inception score in several splits also has the ``sd`` over them.
        """
        shown = self._fitted(images[: max(counts)])
        found = extract(self.classifier, shown)
        edges = sharpness(shown)
        asked = None if labels is None else labels[: max(counts)]
        network = f"classifier-{self.weights[:8]}"
        subject = Subject(shown, found, asked, self.attributes, self.confidence, network, self.real)
        further = {key: value for name in self.extra for key, value in measures(name, subject).items()}
        return [
            {"id": identifier, "name": identifier.split("/")[0], "n": n, "value": statistic(np.arange(n))}
            | dict(zip(("ci_low", "ci_high"), self._interval(statistic, n) if intervals else (None, None), strict=True))
            | self._over_splits(identifier, found, n)
            for n in counts
            for identifier, statistic in self._statistics(found, edges, further, n)
        ]

    def _fitted(self, images: Tensor) -> Tensor:
        size = self.training.shape[1:]
        if images.shape[2:] == size:
            return images
        return by_parts(lambda part: F.interpolate(part.float(), size, mode="area").round().to(images.dtype), images)

    def _over_splits(self, identifier: str, found: Features, n: int) -> dict[str, float]:
        if self.splits == 1 or not identifier.startswith("inception_score/"):
            return {}
        return {"sd": split_score(found.probabilities[:n], self.splits).sd}

    def _statistics(
        self, found: Features, edges: np.ndarray, further: dict[str, Statistic], n: int
    ) -> Iterator[tuple[str, Statistic]]:
        network = f"classifier-{self.weights[:8]}/n={n}"
        accepted = legible(found.probabilities, self.confidence)
        yield (
            f"fid/{network}/train",
            lambda rows: frechet_distance(Gaussian.fit(found.features[rows]), self.reference),
        )
        yield (
            f"inception_score/{network}/splits={self.splits}",
            lambda rows: split_score(found.probabilities[rows], self.splits).mean,
        )
        yield f"legible_share/{network}/confidence={self.confidence}", lambda rows: float(accepted[rows].mean())
        yield from ((identifier.format(n=n), statistic) for identifier, statistic in further.items())
        yield f"sharpness/laplacian/n={n}", lambda rows: float(edges[rows].mean())

    def _interval(self, statistic: Statistic, n: int) -> tuple[float, float]:
        return bootstrap(statistic, n, self.seed)
