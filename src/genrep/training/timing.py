"""Epoch times: training only, synchronised, from a cold start, with the machine to itself."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genrep.data.arrays import DeviceImages, ImageSet
from genrep.data.availability import availability
from genrep.data.catalogue import data_set
from genrep.data.prepare import images_of
from genrep.devices import claimed, resolve_precision
from genrep.files import write_json
from genrep.flops import training_flops_per_image
from genrep.identity import training_code
from genrep.params import ReplicationParams, RunParams, TimingParams
from genrep.provenance import git_state, machine, now
from genrep.training.loop import Clock, EpochRecord, Loop

RANDOM = "random pixels"  # in place of a data set that is not at hand


def time_epochs(replication: ReplicationParams, out: Path, device: str, threads: int) -> None:
    """Time the epochs of the replication's ``timing.runs`` one after another and write them to ``out``.

    Args:
        replication: with a ``timing`` block.
        device: ``auto``, ``cpu`` or ``cuda``.
        threads: of torch on a CPU, where the block does not fix them.
    """
    timing = replication.timing
    assert timing is not None
    with claimed(device) as place:
        runs = {}
        for name in timing.runs:
            run = replication.runs[name].model_copy(update={"threads": timing.threads or threads})
            runs[name] = _time_run(run, timing, timed_images(run), place) | {"model": replication.model_of(name)}
        record = {"timed": now(), **git_state(), "machine": machine(place, "per run"), "timing": timing.values()}
        write_json(out, record | {"runs": runs})


def timed_images(run: RunParams) -> ImageSet:
    """The run's data set or, where its user would have to bring it, as many random images: they take as long."""
    if availability(run.data.set).state != "missing":
        return images_of(run.data)
    entry = data_set(run.data.set)
    (C, H, W), count = entry.shape, sum(entry.counts.values())
    drawn = np.random.default_rng(0).integers(256, size=(64, H, W, C), dtype=np.uint8)
    card = {"name": RANDOM, "classes": entry.classes, "counts": entry.counts}
    return ImageSet(np.resize(drawn, (count, H, W, C)), np.arange(count) % entry.classes, card)


def _time_run(run: RunParams, timing: TimingParams, images: ImageSet, device: torch.device) -> dict[str, Any]:
    data = DeviceImages(images, run.data.split, run.data.range, device)
    loop = Loop(run, data, images.shape, images.card["classes"], seed=0, device=device)
    timed = [mean_epoch(loop, timing.steps) for _ in range(timing.epochs)]
    epochs = [
        {"epoch": number, "seconds": seconds, "first_step_seconds": first}
        for number, (seconds, first) in enumerate(timed, 1)
    ]
    steps = {part.resolution: loop.schedule.steps(part.batch_size) for part in loop.schedule.parts}
    cut = {side: min(count, timing.steps or count) for side, count in steps.items()}
    several = len(steps) > 1
    return {
        "epochs": epochs,
        "steps": max(steps.values()),
        "timed_steps": max(cut.values()),
        "extrapolated": cut != steps,
        **({"resolutions": [*steps]} if several else {}),
        "epoch_images": loop.epoch_images,
        **({"images": RANDOM} if images.card["name"] == RANDOM else {}),
        "flops_per_image": training_flops_per_image(run, images.shape, images.card["classes"]),
        "precision": resolve_precision(run.precision, device),
        "identity": run.training_values(),
        "code": training_code(run),
    }


def mean_epoch(loop: Loop, steps: int | None) -> tuple[float, float]:
    """Time an epoch at each resolution of a run, the only one for most, and give the mean over all of the run's epochs.

    Args:
        loop: left where another call goes on.
        steps: that are timed of each epoch and scaled up to all of them; None: all.

    Returns:
        Seconds of the epoch, and of its first step.
    """
    before, seconds, first = loop.clock, 0.0, 0.0
    for part, start in zip(loop.schedule.parts, loop.schedule.starts, strict=False):
        if len(loop.schedule.parts) > 1:
            loop.clock = Clock(epoch=before.epoch, images_seen=start)
        whole = loop.steps
        record = _scaled(loop.epoch(max_steps=steps), min(whole, steps or whole), whole)
        share = part.epochs / loop.run.epochs
        seconds, first = seconds + share * record.seconds, first + share * record.first_step_seconds
    return seconds, first


def _scaled(record: EpochRecord, timed: int, steps: int) -> EpochRecord:
    """Scale an epoch that was cut short up to its full length; its first step is not repeated."""
    rest = 0.0 if steps == 1 else (record.seconds - record.first_step_seconds) / (timed - 1) * (steps - 1)
    return replace(record, seconds=record.first_step_seconds + rest)
