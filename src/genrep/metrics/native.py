"""The native metrics of one set of images, with ids that carry their protocol."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from genrep.metrics.features import Features, extract
from genrep.metrics.frechet import Gaussian, frechet_distance
from genrep.metrics.intervals import bootstrap
from genrep.metrics.legibility import legible
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
    extra: tuple[str, ...] = ()  # metrics beyond those that every replication has
    splits: int = 1  # of the Inception score

    def measure(self, images: Tensor, counts: tuple[int, ...], intervals: bool) -> list[dict[str, Any]]:
        """Every metric on the first n images, for each n of ``counts``.

        Args:
            images: (N, C, H, W) uint8 with N at least the largest n.
            counts: sample sizes.
            intervals: also bootstrap 95% intervals over the images.

        Returns:
            ``{"id", "name", "n", "value", "ci_low", "ci_high"}`` each; the bounds are None without intervals.
        """
        found = extract(self.classifier, images[: max(counts)])
        edges = sharpness(images[: max(counts)])
        return [
            {"id": identifier, "name": identifier.split("/")[0], "n": n, "value": statistic(np.arange(n))}
            | dict(zip(("ci_low", "ci_high"), self._interval(statistic, n) if intervals else (None, None), strict=True))
            for n in counts
            for identifier, statistic in self._statistics(found, edges, n)
        ]

    def _statistics(
        self, found: Features, edges: np.ndarray, n: int
    ) -> Iterator[tuple[str, Callable[[np.ndarray], float]]]:
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
        if "classes_covered" in self.extra:
            classes = found.probabilities.argmax(1)
            yield (
                f"classes_covered/{network}/confidence={self.confidence}",
                lambda rows: float(len(np.unique(classes[rows][accepted[rows]]))),
            )
        yield f"sharpness/laplacian/n={n}", lambda rows: float(edges[rows].mean())

    def _interval(self, statistic: Callable[[np.ndarray], float], n: int) -> tuple[float, float]:
        return bootstrap(statistic, n, self.seed)
