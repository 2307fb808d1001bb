"""What of a trained model, and of real images, is shown to the Inception network.

Files, locks and provenance are genrep.metrics.evaluate_inception's.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genrep.data.arrays import ImageSet
from genrep.files import sha256_json
from genrep.metrics.feature_store import ConstantImages, FeatureStore
from genrep.metrics.images import ArrayImages, Source, StreamImages
from genrep.metrics.inception import Inception
from genrep.metrics.inception_metrics import InceptionMetrics
from genrep.metrics.protocol import InceptionProtocol
from genrep.params.inception import InceptionParams
from genrep.params.training import RunParams
from genrep.rng import generator
from genrep.sampling import sample

BATCH = 500  # samples drawn in one pass, as for the native metrics: the samples are the same


@dataclass(frozen=True)
class Measuring:
    """A network, the store of its features, and what is asked for."""

    inception: Inception
    store: FeatureStore
    asked: InceptionParams
    seed: int  # of samples, subsets and the bootstrap

    def metrics(self, images: ImageSet) -> InceptionMetrics:
        """What is measured beside the real images of a data set, whose features are computed where they must be."""
        asked, kid, real = self.asked, self.asked.kid, None
        if asked.real is not None:
            real = self.store.features(self.inception, real_images(images, asked.real))
        subsets, size = (kid.subsets, kid.size) if kid else (0, 0)
        protocol, split = self.inception.protocol, asked.real or ""
        return InceptionMetrics(self.store, protocol, real, split, self.seed, asked.splits, subsets, size, asked.k)

    def measure(
        self, metrics: InceptionMetrics, source: Source, counts: tuple[int, ...], intervals: bool
    ) -> dict[str, Any]:
        """A set of images for each n of ``counts``, with the hashes that lead back to its features.

        Images that are all alike have no metrics but a reason.
        """
        try:
            found = self.store.features(self.inception, source)
        except ConstantImages as error:
            return {"images": source.identity, "metrics": [], "reason": str(error)}
        rows = [row for n in sorted(counts) for row in metrics.measure(found, n, intervals)]
        return {"images": source.identity, "features": found.hash, "metrics": rows}


def protocol(asked: InceptionParams, weights: str) -> InceptionProtocol:
    """The protocol of weights with a given hash."""
    options = asked.model_dump(include={"resize", "quantise", "grey", "precision"})
    return InceptionProtocol(weights=weights, **options)


def real_images(images: ImageSet, split: str) -> ArrayImages:
    """A split of a data set, in one shuffled order: its first n would be of one class where it is sorted."""
    chosen = images.split(split)
    order = torch.randperm(chosen.stop - chosen.start, generator=generator(0, "real", split)).numpy()
    identity = sha256_json([images.card["identity"], split, "shuffled"])
    return ArrayImages(images.images, f"{images.card['name']}/{split}", identity, np.asarray(order + chosen.start))


def samples(
    load: Callable[[], nn.ModuleDict],
    run: RunParams,
    images: ImageSet,
    count: int,
    seed: int,
    device: torch.device,
    origin: dict[str, Any],
) -> StreamImages:
    """Images of a trained model, drawn while they are measured; the classes in turn.

    Args:
        load: gives the networks, in evaluation mode on ``device``; called only if the images are looked at.
        run: says how to sample.
        images: the run's data set.
        count: how many.
        seed: of the draws.
        device: draws the noise.
        origin: what else decides the images: hash of the weights, code.
    """

    def drawn() -> Iterator[Tensor]:
        networks, rng = load(), generator(seed, "samples", device=device)
        for labels in (torch.arange(count) % images.card["classes"]).split(BATCH):
            yield sample(networks, run, labels, images.shape, rng, BATCH)

    how: dict[str, Any] = {"run": run.training_values(), "sampler": run.sampler.values() if run.sampler else None}
    how |= {"count": count, "seed": seed, "device": device.type, "threads": torch.get_num_threads()}
    return StreamImages(drawn(), count, sha256_json(how | origin), "the samples")
