"""What a run takes of a device: memory, counted, and time, measured on a few steps."""

from math import prod

import numpy as np
import torch

from genrep import models
from genrep.data.arrays import DeviceImages, ImageSet
from genrep.data.catalogue import data_set
from genrep.devices import resolve_precision
from genrep.flops import activation_bytes_per_image, training_flops_per_image
from genrep.params import RunParams
from genrep.params.training import GrowthParams
from genrep.training.loop import Clock, Loop
from genrep.training.schedule import Schedule

STEPS = 3  # measured after one that warms up
WORK = 4 * 10**12  # operations of a step that is measured, at most


def classes_of(run: RunParams) -> int:
    """How many classes a run's images have: those of the set, or the combinations of attributes that it asks for."""
    return 2 ** len(run.data.attributes) if run.data.attributes else data_set(run.data.set).classes


def image_count(run: RunParams) -> int:
    """Images of the split that a run trains on."""
    counts = data_set(run.data.set).counts
    count = sum(counts.values()) if run.data.split == "all" else counts[run.data.split]
    if run.data.limit is not None and run.data.split == "train":
        return min(count, run.data.limit)
    return count


def network_bytes(run: RunParams) -> dict[str, int]:
    """Bytes of the weights and buffers by role."""
    entry = data_set(run.data.set)
    with torch.device("meta"):
        networks = models.build(run.network, entry.shape, classes_of(run), seed=0)
    return {
        role: sum(t.numel() * t.element_size() for t in net.state_dict().values()) for role, net in networks.items()
    }


def training_bytes(run: RunParams, device: torch.device | None) -> int:
    """Bytes, about, that training one run needs on its device: weights, gradients, two moments, the average, the images
    of the split, and what one micro-batch keeps for the backward pass.

    Args:
        run: everything resolved.
        device: whose precision it trains in; None: bf16 unless the run says otherwise.
    """
    entry = data_set(run.data.set)
    bf16 = run.precision != "fp32" if device is None else resolve_precision(run.precision, device) == "bf16"
    activations = activation_bytes_per_image(run, entry.shape, classes_of(run), bf16)
    batch = (run.growth[-1].batch_size if run.growth else run.batch_size) // run.accumulate
    weights = sum(network_bytes(run).values())
    return (4 + (run.ema is not None)) * weights + image_count(run) * prod(entry.shape) + batch * activations


def training_rate(run: RunParams, device: torch.device) -> float:
    """Training images per second, over a few steps on random pixels after one that warms up.

    Of a run that grows, the mean over its resolutions, each by its epochs. Where a step would take more than WORK
    operations, the batch is cut.
    """
    entry = data_set(run.data.set)
    C, H, W = entry.shape
    run, classes = _with_affordable_batches(run), classes_of(run)
    rng = np.random.default_rng(0)
    seconds = 0.0
    for index, part in enumerate(Schedule(run, H, image_count(run)).parts):
        count = part.batch_size * STEPS
        pixels = rng.integers(256, size=(count, H, W, C), dtype=np.uint8)
        labels = rng.integers(classes, size=count)
        images = ImageSet(pixels, labels, {"classes": classes, "counts": {"train": count}})
        alike = run.model_copy(update={"drop_last": False})  # the other parts' batches may be larger than these images
        loop = Loop(alike, DeviceImages(images, "all", run.data.range, device), (C, H, W), classes, 0, device)
        start = loop.schedule.starts[index]
        loop.clock = Clock(images_seen=start)
        loop.epoch(max_steps=1)
        loop.clock = Clock(images_seen=start)
        seconds += part.epochs / run.epochs / loop.epoch().images_per_second
    return 1 / seconds


def _with_affordable_batches(run: RunParams) -> RunParams:
    entry = data_set(run.data.set)

    def affordable(size: int, resolution: int) -> int:
        moment = GrowthParams(resolution=resolution, epochs=run.epochs, batch_size=size)
        alike = run.model_copy(update={"growth": (moment,)}) if run.growth else run
        work = training_flops_per_image(alike, entry.shape, classes_of(run))
        return max(2, min(size, WORK // work)) if work else size

    growth = tuple(
        part.model_copy(update={"batch_size": affordable(part.batch_size, part.resolution)}) for part in run.growth
    )
    size = run.batch_size if growth else affordable(run.batch_size, entry.shape[1])
    return run.model_copy(update={"growth": growth, "batch_size": size, "accumulate": 1})
