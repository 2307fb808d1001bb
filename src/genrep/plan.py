"""``genrep plan``: what a replication will take, before anything starts.

Counted: runs, images, operations, bytes. Measured, on random pixels: a few training steps of each model. The hours
cover training and sampling; measuring what was sampled and timing epochs add a few percent.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from tqdm import tqdm

from genrep import sampling
from genrep.data.availability import Availability, availability, prepared_bytes
from genrep.data.catalogue import data_set
from genrep.data.weight_files import fetching, missing_weights
from genrep.devices import claimed, device_name
from genrep.errors import UserError
from genrep.files import sha256_json
from genrep.flops import sampling_flops_per_image, training_flops_per_image
from genrep.params import ReplicationParams, RunParams
from genrep.plan_device import classes_of, image_count, network_bytes, training_bytes, training_rate
from genrep.study_checks import check_studies
from genrep.training.schedule import Schedule

SUSTAINED = 100e12  # FLOP/s of a GPU, for orientation where none is at hand: about a third of an A100's peak in bf16
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
    memory: int  # bytes on the device, about, of the largest run in training
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
    inception: str = ""  # what its Inception metrics take and lack, in words; empty: it has none


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
        UserError: a run names an unknown data set, a study an attribute that its images lack, or the mirror directory
            is no folder.
    """
    check_studies(replication)
    by_model: dict[str, list[str]] = {}
    rates: dict[str, float] = {}
    for run in replication.runs_here:
        by_model.setdefault(replication.model_of(run), []).append(run)
    sets = sorted({run.data.set for run in replication.runs_here.values()})
    measuring = tqdm(by_model.items(), desc="measuring", unit="model", disable=None if device else True, leave=False)
    return Plan(
        title=f"{name} at scale {scale}",
        device=device,
        models=[plan_model(replication, model, runs, device, rates) for model, runs in measuring],
        data={name: availability(name) for name in sets},
        inception=inception_line(replication),
    )


def inception_line(replication: ReplicationParams) -> str:
    """Images for the Inception network, real ones among them, and whether its weights are here."""
    asked = replication.evaluation.inception
    if asked is None:
        return ""
    here = replication.runs_here
    sampled = [run for run in here.values() if run.sampler is not None]
    looks = sum(
        len(run.seeds) * len(asked.epochs(run.snapshot_epochs(), replication.looked_at(name)))
        for name, run in here.items()
        if run.sampler is not None
    )
    images = looks * max(asked.samples)
    judge = replication.runs[replication.evaluation.classifier]
    images += data_set(judge.data.set).counts.get("test", 0)
    for name in {run.data.set for run in (*sampled, judge)} if asked.real else ():
        counts = data_set(name).counts
        images += sum(counts.values()) if asked.real == "all" else counts.get(str(asked.real), 0)
    lack = f", not run without them -> {fetching(asked.weights)}" if missing_weights(asked.weights) else ""
    return f"weights {asked.weights}: for Inception metrics on {images:,} images{lack}"


def plan_model(
    replication: ReplicationParams, model: str, names: list[str], device: torch.device | None, rates: dict[str, float]
) -> ModelPlan:
    """What the runs ``names`` of one model take; the first one stands for all in operations and rate.

    Args:
        replication: has the runs.
        model: their name.
        names: of the runs.
        device: to measure on; None measures nothing.
        rates: measured so far, by what decides them; other models may have the same networks.
    """
    runs = [replication.runs[name] for name in names]
    entry = data_set(runs[0].data.set)
    classes = classes_of(runs[0])
    flops = training_flops_per_image(runs[0], entry.shape, classes)
    images = sum(_images_to_see(name, run) * len(run.seeds) for name, run in zip(names, runs, strict=True))
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
        memory=max(training_bytes(run, device) for run in runs),
        rate=None if device is None else _rate(runs[0], device, rates),
    )


def _rate(run: RunParams, device: torch.device, rates: dict[str, float]) -> float:
    unlike = {"epochs", "snapshots", "optimizer", "data", "seeds", "ema", "ema_warm_up", "on_divergence", "sampler"}
    key = sha256_json(run.model_dump(mode="json", exclude=unlike) | {"shape": data_set(run.data.set).shape})
    if key not in rates:
        rates[key] = training_rate(run, device)
    return rates[key]


def _images_to_see(name: str, run: RunParams) -> int:
    try:
        return images_to_see(run)
    except UserError as error:
        raise UserError(f"{name}: {error}") from None


def images_to_see(run: RunParams) -> int:
    """Training images of one seed, over all epochs."""
    return Schedule(run, data_set(run.data.set).shape[1], image_count(run)).starts[-1]


def run_bytes(run: RunParams) -> int:
    """Bytes that one seed leaves on disk: snapshots and final weights."""
    size = network_bytes(run)
    roles = (*sampling.sampler(run.sampler).NETWORKS, *run.keep) if run.sampler is not None else ()
    snapshot = sum(size[role] for role in roles if role in size)
    return len(run.snapshot_epochs()) * snapshot + sum(size.values())


def checkpoint_bytes(run: RunParams) -> int:
    """Bytes (at most) that one seed needs besides while it trains; a finished run leaves no checkpoint."""
    return (CHECKPOINT_COPIES + (run.ema is not None)) * sum(network_bytes(run).values())


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
    largest = max(found.models, key=lambda m: m.memory)
    less = "less with recompute: true, or with accumulate"
    yield f"memory: about {quantity(largest.memory)}B of a device for {largest.model}; {less}"
    yield _time(found, cores)
    if found.device is None or found.device.type == "cpu":
        yield _gpu_hours(found)
    for name, where in found.data.items():
        room = "" if where.state == "prepared" else f", {quantity(prepared_bytes(name))}B when prepared"
        yield f"data {name}: {where.found}{room}" + (f" -> {where.mend}" if where.mend else "")
    if found.inception:
        yield found.inception


HEAD = (
    *("model", "variants", "runs", "images", "FLOP/image", "FLOP train", "FLOP sample"),
    *("images/s", "time", "memory", "disk"),
)


def _row(m: ModelPlan) -> tuple[str, ...]:
    counts = map(quantity, (m.images, m.flops_per_image, m.training_flops, m.sampling_flops))
    rate = "-" if m.rate is None else f"{m.rate:,.0f}"
    hours = "-" if m.hours is None else duration(m.hours)
    sizes = (f"{quantity(size)}B" for size in (m.memory, m.bytes))
    return (m.model, str(m.variants), str(m.runs), *counts, rate, hours, *sizes)


def _gpu_hours(found: Plan) -> str:
    work = sum(m.training_flops + m.sampling_flops for m in found.models)
    line = f"arithmetic: {quantity(work)}FLOP"
    if found.device is not None:
        seconds = 3600 * sum(m.hours or 0.0 for m in found.models)
        line += f", at {quantity(work / seconds)}FLOP/s here"
    return f"{line}; a GPU that sustains {quantity(SUSTAINED)}FLOP/s takes {duration(work / SUSTAINED / 3600)}"


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
