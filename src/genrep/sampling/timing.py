"""Sampling times: a batch of images after warm-up, with the machine to itself, and what the networks' size is.

The networks are untrained: what a weight is does not change how long it takes to use it.
"""

import time
from pathlib import Path
from typing import Any

import torch

from genrep import models, sampling
from genrep.data.catalogue import data_set
from genrep.devices import claimed, resolve_precision, synchronize
from genrep.files import write_json
from genrep.flops import sampling_flops_per_image
from genrep.identity import sampling_identity
from genrep.models.sizes import leaf_parameter_count, parameter_count
from genrep.params import ReplicationParams, RunParams
from genrep.params.replications import SamplingTimesParams
from genrep.params.training import DiffusionObjectiveParams
from genrep.provenance import git_state, machine, now

WARM_UP_STEPS = 2  # of a sampler that takes steps


def time_sampling(replication: ReplicationParams, out: Path, device: str, threads: int) -> None:
    """Time the sampling of the replication's ``sampling_times.runs`` one after another and write it to ``out``.

    Args:
        replication: with a ``sampling_times`` block.
        device: ``auto``, ``cpu`` or ``cuda``.
        threads: of torch on a CPU, where the block does not fix them.
    """
    how = replication.sampling_times
    assert how is not None
    with claimed(device) as place:
        if place.type == "cpu":
            torch.set_num_threads(how.threads or threads)
        runs = {
            name: _time_run(replication.runs[name], how, place) | {"model": replication.model_of(name)}
            for name in how.runs
        }
        record = {"timed": now(), **git_state(), "machine": machine(place, "per run"), "how": how.values()}
        write_json(out, record | {"runs": runs})


def _time_run(run: RunParams, how: SamplingTimesParams, device: torch.device) -> dict[str, Any]:
    entry = data_set(run.data.set)
    networks = models.build(run.network, entry.shape, entry.classes, seed=0).eval()
    networks.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    steps = sampling.steps(run)
    cut = min(steps, how.cpu_steps or steps) if device.type == "cpu" else steps
    sampled = networks, run, entry.shape, device
    seconds_of(sampled, how.batch, min(cut, WARM_UP_STEPS))
    return {
        "seconds": [seconds_of(sampled, how.batch, cut) * steps / cut for _ in range(how.repetitions)],
        "steps": steps,
        "timed_steps": cut,
        "precision": resolve_precision(run.precision, device),
        "parameters": {role: parameter_count(network) for role, network in networks.items()},
        "leaf_parameters": {role: leaf_parameter_count(network) for role, network in networks.items()},
        "flops_per_image": sampling_flops_per_image(run, entry.shape, entry.classes),
        **sampling_identity(run),
    }


def seconds_of(sampled: tuple[Any, RunParams, models.Shape, torch.device], count: int, steps: int) -> float:
    """Seconds of drawing ``count`` images, in the run's precision, of a sampler that takes steps so many of them.

    Args:
        sampled: networks, in evaluation mode; run; (C, H, W); device.
    """
    networks, run, shape, device = sampled
    if isinstance(run.objective, DiffusionObjectiveParams) and steps < sampling.steps(run):
        run = run.model_copy(update={"objective": run.objective.model_copy(update={"steps": steps})})
    labels, generator = torch.zeros(count, dtype=torch.long), torch.Generator(device).manual_seed(0)
    bf16 = resolve_precision(run.precision, device) == "bf16"
    synchronize(device)
    started = time.perf_counter()
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        sampling.sample(networks, run, labels, shape, generator, batch_size=count)
    synchronize(device)
    return time.perf_counter() - started
