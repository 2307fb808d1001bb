"""Epoch times: training only, synchronised, from a cold start, with the machine to itself."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from genrep.data.arrays import DeviceImages, ImageSet
from genrep.data.prepare import images_of
from genrep.devices import claimed, resolve_precision
from genrep.files import write_json
from genrep.flops import training_flops_per_image
from genrep.identity import training_code
from genrep.params import ReplicationParams, RunParams, TimingParams
from genrep.plan import training_flops
from genrep.provenance import git_state, machine, now
from genrep.training.loop import EpochRecord, Loop


def time_epochs(replication: ReplicationParams, out: Path, device: str, threads: int) -> None:
    """Time the epochs of the replication's ``timing.runs`` one after another and write them to ``out``.

    Of the other runs, whose data may not be at hand, the arithmetic of their training is written beside.

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
            runs[name] = _time_run(run, timing, images_of(run.data), place) | {"model": replication.model_of(name)}
        record = {"timed": now(), **git_state(), "machine": machine(place, "per run"), "timing": timing.values()}
        untimed = {name: run for name, run in replication.runs.items() if run.sampler and name not in timing.runs}
        operations = {name: training_flops(run) for name, run in untimed.items()}
        write_json(out, record | {"runs": runs} | ({"operations": operations} if operations else {}))


def _time_run(run: RunParams, timing: TimingParams, images: ImageSet, device: torch.device) -> dict[str, Any]:
    data = DeviceImages(images, run.data.split, run.data.range, device)
    loop = Loop(run, data, images.shape, images.card["classes"], seed=0, device=device)
    steps = min(loop.steps, timing.steps or loop.steps)
    records = [_scaled(loop.epoch(max_steps=steps), steps, loop.steps) for _ in range(timing.epochs)]
    return {
        "epochs": [
            {"epoch": r.epoch, "seconds": r.seconds, "first_step_seconds": r.first_step_seconds} for r in records
        ],
        "steps": loop.steps,
        "timed_steps": steps,
        "extrapolated": steps < loop.steps,
        "epoch_images": loop.epoch_images,
        "flops_per_image": training_flops_per_image(run, images.shape, images.card["classes"]),
        "precision": resolve_precision(run.precision, device),
        "identity": run.training_values(),
        "code": training_code(run),
    }


def _scaled(record: EpochRecord, timed: int, steps: int) -> EpochRecord:
    """Scale an epoch that was cut short up to its full length; its first step is not repeated."""
    rest = 0.0 if steps == 1 else (record.seconds - record.first_step_seconds) / (timed - 1) * (steps - 1)
    return replace(record, seconds=record.first_step_seconds + rest)
