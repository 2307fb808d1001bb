"""The Inception metrics of one set of images, with ids that carry their protocol.

Names end in ``/inception``, so that nothing takes them for native ones.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from genrep.errors import UserError
from genrep.metrics.feature_store import FeatureStore, ImageFeatures
from genrep.metrics.fid import fid
from genrep.metrics.inception_intervals import Interval, around, fid_interval, score_interval, share_interval
from genrep.metrics.kid import kid
from genrep.metrics.precision_recall import precision_recall
from genrep.metrics.protocol import InceptionProtocol, require
from genrep.metrics.score_splits import split_score
from genrep.rng import derive

Row = tuple[str, str, float, float | None, Interval | None]  # name, id, value, sd, interval


@dataclass(frozen=True)
class InceptionMetrics:
    """Real images and what is measured against them."""

    store: FeatureStore
    protocol: InceptionProtocol
    real: ImageFeatures | None  # None: no distances
    split: str  # of the real images, part of the ids
    seed: int  # of KID's subsets and of the bootstrap
    splits: tuple[int, ...] = (1, 10)  # of the Inception Score; the first is the reading of cells and claims
    subsets: int = 100  # of KID; 0 leaves it out
    subset_size: int = 1000
    k: int = 3  # of precision and recall; 0 leaves them out

    def measure(self, found: ImageFeatures, n: int, intervals: bool = False) -> list[dict[str, Any]]:
        """Every metric on the first n images.

        Subsets of KID are no larger than n.

        Args:
            found: features of the images.
            n: how many of them count.
            intervals: also give 95% intervals over the images (KID: over its subsets).

        Returns:
            ``{"id", "name", "n", "value", "sd", "ci_low", "ci_high"}`` each; sd is over splits or subsets, None where
            there are none, and the bounds are None without intervals.

        Raises:
            UserError: fewer than n images, or features of another protocol than the real ones'.
        """
        if not self.splits and self.real is None:
            raise UserError("nothing to measure: neither splits of an Inception Score nor real images to compare with")
        first = self.protocol.inception_score(n, self.splits[0]) if self.splits else self.protocol.fid(n, self.split)
        require(first, n, len(found))
        rows = [*self._distances(found, n, intervals), *self._scores(found, n, intervals)]
        return [
            {"id": identifier, "name": name, "n": n, "value": value, "sd": sd}
            | dict(zip(("ci_low", "ci_high"), bounds or (None, None), strict=True))
            for name, identifier, value, sd, bounds in rows
        ]

    def _scores(self, found: ImageFeatures, n: int, intervals: bool) -> list[Row]:
        if not self.splits:
            return []
        probabilities = found.probabilities(n)
        rows: list[Row] = []
        for splits in self.splits:
            score = split_score(probabilities, splits)
            name = "inception_score/inception" + f"/splits={splits}" * (splits != self.splits[0])
            bounds = score_interval(probabilities, splits, derive(self.seed, "bootstrap")) if intervals else None
            sd = score.sd if splits > 1 else None
            rows.append((name, self.protocol.inception_score(n, splits), score.mean, sd, bounds))
        return rows

    def _distances(self, found: ImageFeatures, n: int, intervals: bool) -> list[Row]:
        if self.real is None:
            return []
        found.compared_with(self.real)
        features, fitted, real = found.features[:n], self.store.moments(found, n), self.store.moments(self.real)
        distance = fid(fitted, real)
        bounds = fid_interval(distance, features, fitted, real) if intervals else None
        rows: list[Row] = [("fid/inception", self.protocol.fid(n, self.split), distance, None, bounds)]
        if self.subsets:
            size = min(self.subset_size, n, len(self.real))
            rng = np.random.default_rng(derive(self.seed, "kid"))
            kernel = kid(features, self.real.features, rng, self.subsets, size)
            identifier = self.protocol.kid(n, self.split, self.subsets, size)
            rows.append(("kid/inception", identifier, *kernel, around(*kernel) if intervals else None))
        if self.k:
            values = precision_recall(features, self.real.features, self.k)
            identifiers = self.protocol.precision_recall(n, self.split, self.k)
            counts = (n, len(self.real))
            for name, identifier, value, count in zip(values._fields, identifiers, values, counts, strict=True):
                bounds = share_interval(value, count) if intervals else None
                rows.append((f"{name}/inception", identifier, value, None, bounds))
        return rows
