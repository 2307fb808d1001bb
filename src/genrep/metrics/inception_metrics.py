"""The Inception metrics of one set of images against real ones, with ids that carry their protocol."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from genrep.metrics.feature_store import FeatureStore, ImageFeatures
from genrep.metrics.fid import fid
from genrep.metrics.kid import kid
from genrep.metrics.precision_recall import precision_recall
from genrep.metrics.protocol import InceptionProtocol, require
from genrep.metrics.score_splits import split_score
from genrep.rng import derive


@dataclass(frozen=True)
class InceptionMetrics:
    """Real images and what is measured against them."""

    store: FeatureStore
    protocol: InceptionProtocol
    real: ImageFeatures
    split: str  # of the real images, part of the ids
    seed: int  # of KID's subsets
    splits: tuple[int, ...] = (1, 10)  # of the Inception Score
    subsets: int = 100  # of KID
    subset_size: int = 1000
    k: int = 3  # of precision and recall; 0 leaves them out

    def measure(self, found: ImageFeatures, n: int) -> list[dict[str, Any]]:
        """Every metric on the first n images.

        Subsets of KID are no larger than n.

        Returns:
            ``{"id", "name", "n", "value", "sd"}`` each; sd is over splits or subsets, None where there are none.

        Raises:
            UserError: fewer than n images, or features of another protocol than the real ones'.
        """
        require(self.protocol.fid(n, self.split), n, len(found))
        found.compared_with(self.real)
        features = found.features[:n]
        size = min(self.subset_size, n, len(self.real))
        distance = fid(self.store.moments(found, n), self.store.moments(self.real))
        rng = np.random.default_rng(derive(self.seed, "kid"))
        kernel = kid(features, self.real.features, rng, self.subsets, size)
        rows: list[tuple[str, float, float | None]] = [
            (self.protocol.fid(n, self.split), distance, None),
            (self.protocol.kid(n, self.split, self.subsets, size), *kernel),
        ]
        probabilities = found.probabilities(n)
        for splits in self.splits:
            rows.append((self.protocol.inception_score(n, splits), *split_score(probabilities, splits)))
        if self.k:
            values = precision_recall(features, self.real.features, self.k)
            names = self.protocol.precision_recall(n, self.split, self.k)
            rows += [(name, value, None) for name, value in zip(names, values, strict=True)]
        return [
            {"id": identifier, "name": identifier.split("/")[0], "n": n, "value": value, "sd": sd}
            for identifier, value, sd in rows
        ]
