"""``genrep plan``: what a replication will take, before anything starts.

Counted: runs, images, operations, bytes. Measured, on random pixels: a few training steps of each model. The hours
cover training and sampling; measuring what was sampled and timing epochs add a few percent.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from genrep import models, sampling
from genrep.data.arrays import DeviceImages, ImageSet
from genrep.data.availability import Availability, availability, prepared_bytes
from genrep.data.catalogue import data_set
from genrep.devices import claimed, device_name
from genrep.flops import sampling_flops_per_image, training_flops_per_image
from genrep.params import ReplicationParams, RunParams
from genrep.training.loop import Loop

STEPS = 3  # measured after one that warms up
# Copies of the weights in a checkpoint: the weights, the two moments of Adam (other optimizers keep fewer).
CHECKPOINT_COPIES = 3


@dataclass(frozen=True)
class ModelPlan:
    """What the runs of one model take together; its variants and seeds are runs."""

    model: str
    variants: int
    runs: int  # of all variants and seeds
    threads: int
    images: int  # to see in training
    flops_per_image: int  # of training
    training_flops: int
    sampling_flops: int
    bytes: int  # that the runs leave: snapshots and final weights
    checkpoint: int  # bytes that each run needs besides while it trains
    rate: float | None  # training images per second; None: not measured

    @property
    def hours(self) -> float | None:
        """Training and sampling, one run after another; sampling at the speed in FLOP/s that training has."""
        if self.rate is None:
            return None
        return (self.training_flops + self.sampling_flops) / (self.flops_per_image * self.rate) / 3600


@dataclass(frozen=True)
class Plan:
    """What one replication takes at one scale."""

    title: str
    device: torch.device | None  # None: nothing was measured
    models: list[ModelPlan]
    data: dict[str, Availability]


def show(name: str, scale: str, replication: ReplicationParams, device: str, measure: bool) -> None:
    """Print the plan of a replication.

    Args:
        name: of the replication.
        scale: at which it was resolved.
        replication: its parameters.
        device: ``auto``, ``cpu`` or ``cuda``.
        measure: also train each model for a few steps; seconds on a GPU, up to minutes on a CPU.
    """
    if measure:
        with claimed(device) as place:
            found = plan(name, scale, replication, place)
    else:
        found = plan(name, scale, replication, None)
    for line in lines(found, os.cpu_count() or 1, shutil.disk_usage(".").free):
        print(line)


def plan(name: str, scale: str, replication: ReplicationParams, device: torch.device | None) -> Plan:
    """Count what a replication takes, and measure its rates on a device.

    Args:
        name: of the replication, for the title.
        scale: for the title.
        replication: resolved at that scale.
        device: to measure on; None measures nothing.

    Raises:
        UserError: a run names an unknown data set, or the mirror directory is no folder.
    """
    by_model: dict[str, list[str]] = {}
    for run in replication.runs:
        by_model.setdefault(replication.model_of(run), []).append(run)
    sets = sorted({run.data.set for run in replication.runs.values()})
    return Plan(
        title=f"{name} at scale {scale}",
        device=device,
        models=[plan_model(replication, model, runs, device) for model, runs in by_model.items()],
        data={name: availability(name) for name in sets},
    )


def plan_model(replication: ReplicationParams, model: str, names: list[str], device: torch.device | None) -> ModelPlan:
    """What the runs ``names`` of one model take; the first one stands for all in operations and rate."""
    runs = [replication.runs[name] for name in names]
    entry = data_set(runs[0].data.set)
    classes = classes_of(runs[0])
    flops = training_flops_per_image(runs[0], entry.shape, classes)
    images = sum(images_to_see(run) * len(run.seeds) for run in runs)
    samples = sum(
        len(run.snapshot_epochs()) * max(replication.samples_of(name)) * len(run.seeds)
        for name, run in zip(names, runs, strict=True)
    )
    return ModelPlan(
        model=model,
        variants=len(runs),
        runs=sum(len(run.seeds) for run in runs),
        threads=max(run.threads for run in runs),
        images=images,
        flops_per_image=flops,
        training_flops=flops * images,
        sampling_flops=sampling_flops_per_image(runs[0], entry.shape, classes) * samples,
        bytes=sum(run_bytes(run) * len(run.seeds) for run in runs),
        checkpoint=max(checkpoint_bytes(run) for run in runs),
        rate=None if device is None else training_rate(runs[0], device),
    )


def classes_of(run: RunParams) -> int:
    """How many classes a run's images have: those of the set, or the combinations of attributes that it asks for."""
    return 2 ** len(run.data.attributes) if run.data.attributes else data_set(run.data.set).classes


def training_flops(run: RunParams) -> int:
    """Operations of training one seed, from the catalogue alone."""
    shape = data_set(run.data.set).shape
    return training_flops_per_image(run, shape, classes_of(run)) * images_to_see(run)


def images_to_see(run: RunParams) -> int:
    """Training images of one seed, over all epochs."""
    counts = data_set(run.data.set).counts
    count = sum(counts.values()) if run.data.split == "all" else counts[run.data.split]
    if run.data.limit is not None and run.data.split == "train":
        count = min(count, run.data.limit)
    return run.epochs * (count // run.batch_size * run.batch_size if run.drop_last else count)


def run_bytes(run: RunParams) -> int:
    """Bytes that one seed leaves on disk: snapshots and final weights."""
    size = _network_bytes(run)
    roles = sampling.sampler(run.sampler).NETWORKS if run.sampler is not None else ()
    snapshot = sum(size[role] for role in roles if role in size)
    return len(run.snapshot_epochs()) * snapshot + sum(size.values())


def checkpoint_bytes(run: RunParams) -> int:
    """Bytes (at most) that one seed needs besides while it trains; a finished run leaves no checkpoint."""
    return (CHECKPOINT_COPIES + (run.ema is not None)) * sum(_network_bytes(run).values())


def _network_bytes(run: RunParams) -> dict[str, int]:
    entry = data_set(run.data.set)
    with torch.device("meta"):
        networks = models.build(run.network, entry.shape, classes_of(run), seed=0)
    return {
        role: sum(t.numel() * t.element_size() for t in net.state_dict().values()) for role, net in networks.items()
    }


def training_rate(run: RunParams, device: torch.device) -> float:
    """Training images per second, over a few steps on random pixels after one that warms up."""
    entry = data_set(run.data.set)
    C, H, W = entry.shape
    count = run.batch_size * STEPS
    rng = np.random.default_rng(0)
    pixels = rng.integers(256, size=(count, H, W, C), dtype=np.uint8)
    classes = classes_of(run)
    labels = rng.integers(classes, size=count)
    images = ImageSet(pixels, labels, {"classes": classes, "counts": {"train": count}})
    loop = Loop(run, DeviceImages(images, "all", run.data.range, device), entry.shape, classes, 0, device)
    loop.epoch(max_steps=1)
    return loop.epoch().images_per_second


def lines(found: Plan, cores: int, free: int) -> Iterator[str]:
    """The plan in words, for a terminal.

    Args:
        found: by ``plan``.
        cores: of the CPU, which runs may share.
        free: bytes on the disk.
    """
    yield found.title
    rows = [HEAD, *(_row(model) for model in found.models)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = (f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True))
        yield "  ".join(["", first.ljust(widths[0]), *cells])
    runs, images, size = (sum(getattr(m, key) for m in found.models) for key in ("runs", "images", "bytes"))
    checkpoint = max(m.checkpoint for m in found.models)
    yield (
        f"in all: {runs} runs, {quantity(images)} images to see, {quantity(size)}B of disk "
        f"and up to {quantity(checkpoint)}B for each run in training ({quantity(free)}B free)"
    )
    yield _time(found, cores)
    for name, where in found.data.items():
        room = "" if where.state == "prepared" else f", {quantity(prepared_bytes(name))}B when prepared"
        yield f"data {name}: {where.found}{room}" + (f" -> {where.mend}" if where.mend else "")


HEAD = ("model", "variants", "runs", "images", "FLOP/image", "FLOP train", "FLOP sample", "images/s", "time", "disk")


def _row(m: ModelPlan) -> tuple[str, ...]:
    counts = map(quantity, (m.images, m.flops_per_image, m.training_flops, m.sampling_flops))
    rate = "-" if m.rate is None else f"{m.rate:,.0f}"
    hours = "-" if m.hours is None else duration(m.hours)
    return (m.model, str(m.variants), str(m.runs), *counts, rate, hours, f"{quantity(m.bytes)}B")


def _time(found: Plan, cores: int) -> str:
    if found.device is None:
        return "time: not measured"
    hours = {m: m.hours or 0.0 for m in found.models}
    total = sum(hours.values())
    line = f"time: about {duration(total)} on {device_name(found.device)}, one run after another"
    # Side by side on a CPU: no sooner than the cores allow, nor than the longest run.
    shared = max(sum(h * m.threads for m, h in hours.items()) / cores, *(h / m.runs for m, h in hours.items()))
    if found.device.type == "cpu" and shared < 0.9 * total:
        line += f", or {duration(shared)} with {cores} cores shared"
    return f"{line}; measured just now, so other work on the machine lengthens it"


def quantity(value: float) -> str:
    """Three digits and a decimal prefix: 3500000 -> ``3.50 M``; whole below a thousand."""
    if value < 1000:
        return f"{value:.0f} "
    prefixes = " kMGTPEZ"
    power = 0
    while value >= 999.5 and power < len(prefixes) - 1:
        value, power = value / 1000, power + 1
    return f"{value:#.3g} ".replace(". ", " ") + prefixes[power]


def duration(hours: float) -> str:
    """Hours in the unit that fits: ``40 s``, ``12 min`` or ``3.5 h``."""
    if hours < 1 / 60:
        return f"{hours * 3600:.0f} s"
    return f"{hours * 60:.0f} min" if hours < 1 else f"{hours:.3g} h"
