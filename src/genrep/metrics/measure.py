"""What is drawn from a trained model and measured. Files, locks and provenance are genrep.metrics.evaluate's."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genrep.data.arrays import ImageSet
from genrep.metrics.features import extract
from genrep.metrics.frechet import Gaussian
from genrep.metrics.native import NativeProtocol
from genrep.params.samplers import SamplerParams
from genrep.params.training import RunParams
from genrep.rng import generator
from genrep.sampling import sample, strips

GRID = 100  # samples of the last snapshot that are kept for figures
ROW = 10  # samples of every snapshot that are kept

Metrics = list[dict[str, Any]]


def reference(classifier: Any, images: ImageSet) -> Gaussian:
    """The Gaussian over the features of the training images, which native FID compares with."""
    return Gaussian.fit(extract(classifier, pixels(images, "train")).features)


def measure_held_out(protocol: NativeProtocol, images: ImageSet, counts: tuple[int, ...]) -> tuple[Metrics, float]:
    """The metrics of the real test images, in random order, and the classifier's accuracy on them.

    Args:
        protocol: says how.
        images: the classifier's data set.
        counts: sample sizes; those larger than the test split are left out, the whole split is added.
    """
    test = pixels(images, "test")
    labels = np.array(images.labels[images.split("test")])
    accuracy = float((extract(protocol.classifier, test).probabilities.argmax(1) == labels).mean())
    # shuffled: the first n of a split that is sorted by class would be of one class
    order = torch.randperm(len(test), generator=generator(protocol.seed, "real"))
    sizes = (*(n for n in counts if n <= len(test)), len(test))
    return protocol.measure(test[order], sizes, intervals=True, labels=labels[order.numpy()]), accuracy


def measure_snapshot(
    networks: nn.ModuleDict,
    run: RunParams,
    protocol: NativeProtocol,
    counts: tuple[int, ...],
    images: ImageSet,
    device: torch.device,
    last: bool,
    also: SamplerParams | None = None,
) -> tuple[Metrics, dict[str, np.ndarray]]:
    """Draw samples, the classes in turn, and measure them.

    Args:
        networks: in evaluation mode, on ``device``.
        run: says how to sample.
        protocol: says how to measure; its seed is also that of the samples.
        counts: sample sizes.
        images: the run's data set.
        device: draws the noise.
        last: whether intervals are bootstrapped and the grid and strips kept.
        also: another sampler to measure with, under names that end in ``@<its kind>``.

    Returns:
        The metrics, and images for figures: ``row`` (ROW, C, H, W) uint8, and of the last snapshot ``grid``
        (GRID, C, H, W) and what ``genrep.sampling.strips`` gives.
    """
    labels = torch.arange(max(counts)) % images.card["classes"]
    # the same draws for every snapshot: what changes between them is the model
    drawn = sample(networks, run, labels, images.shape, generator(protocol.seed, "samples", device=device))
    kept = {"row": drawn[:ROW].numpy()}
    if last:
        kept |= {"grid": drawn[:GRID].numpy()} | strips(networks, run, images, protocol.seed, device)
    told = any(getattr(network, "conditional", False) for network in networks.values())
    asked = labels.numpy() if told else None
    metrics = protocol.measure(drawn, counts, intervals=last, labels=asked)
    if also is not None:
        other, rng = run.model_copy(update={"sampler": also}), generator(protocol.seed, "samples", device=device)
        drawn = sample(networks, other, labels, images.shape, rng)
        kept |= {f"grid@{also.kind}": drawn[:GRID].numpy()}
        metrics += under_sampler(protocol.measure(drawn, counts, intervals=True, labels=asked), also)
    return metrics, kept


def under_sampler(metrics: Metrics, sampler: SamplerParams) -> Metrics:
    """The metrics of samples of another sampler than the run's, with names and ids that say so."""
    return [
        entry | {"id": f"{entry['id']}/sampler={sampler.kind}", "name": f"{entry['name']}@{sampler.kind}"}
        for entry in metrics
    ]


def pixels(images: ImageSet, split: str) -> Tensor:
    """A split as (N, C, H, W) uint8."""
    return torch.from_numpy(np.array(images.images[images.split(split)])).permute(0, 3, 1, 2)
