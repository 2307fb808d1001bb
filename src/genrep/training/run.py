"""Training one run on disk: resuming, signals, locks, the log and provenance (genrep.training.folder).

Of several processes that train one run (genrep.training.processes) the first one writes.
"""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

import torch
import yaml
from filelock import FileLock, Timeout
from tqdm import tqdm

from genrep import objectives, sampling
from genrep.codehash import known_as
from genrep.data.arrays import DeviceImages, ImageSet
from genrep.devices import claimed, resolve_precision
from genrep.errors import UserError
from genrep.files import read_json, sha256_file, write_json, write_text
from genrep.identity import run_identity, training_code
from genrep.params.training import RunParams
from genrep.provenance import git_state, machine, now
from genrep.training import checkpoint
from genrep.training.folder import finished_epochs, snapshot_path
from genrep.training.loop import DivergedError, EpochRecord, Loop
from genrep.training.processes import leading

CHECKPOINT_SECONDS = 120  # at most so much work is lost to a kill -9
AGREE_EVERY = 10  # steps between agreements of several processes to stop or save: each waits for all devices


class Interrupted(UserError):
    """Ctrl-C or a polite kill: the checkpoint is written."""


def train(folder: Path, name: str, run: RunParams, seed: int, images: ImageSet, device: str) -> None:
    """Train one run to its end, going on from a checkpoint if there is one.

    Args:
        folder: of the run; see genrep.training.folder.
        name: shown by the progress bar and in messages.
        images: the prepared data set named by ``run.data.set``.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        UserError: another process trains this run, the checkpoint is not this run's, the disk or the memory is full.
        DivergedError: a loss became NaN and the run's parameters do not take that for a result.
        Interrupted: a signal asked to stop.
    """
    folder.mkdir(parents=True, exist_ok=True)
    identity = run_identity(run, seed, images.card["identity"])
    with (
        sole_trainer(folder) if leading() else nullcontext(),
        claimed(device) as place,
        stop_signal() as stopping,
        memory_in_words(name, run),
    ):
        if _is_finished(folder, identity, run):
            return
        data = DeviceImages(images, run.data.split, run.data.range, place)
        loop = Loop(run, data, images.shape, images.card["classes"], seed, place)
        segments = _resume(folder, identity, loop)
        here = _segment(run, loop)
        segments.append(here)
        status, last_save = "finished", time.monotonic()

        def save() -> None:
            nonlocal last_save
            here["images_to"], here["ended"] = loop.clock.images_seen, now()
            state = loop.state()  # by all processes together
            if leading():
                checkpoint.save(folder / "checkpoint.pt", identity, state, segments=segments, status=status)
            last_save = time.monotonic()

        def on_step(count: int) -> None:
            bar.update(count)
            if loop.processes.count > 1 and loop.clock.step % AGREE_EVERY:
                return
            late = time.monotonic() - last_save > CHECKPOINT_SECONDS
            stop, late = loop.processes.agree(bool(stopping), late)
            if stop:
                save()
                signal_name = (stopping or ["another process's signal"])[0]
                raise Interrupted(f"{name} stopped by {signal_name}; the same command goes on from its checkpoint")
            if late:
                save()

        if leading():
            _write_config(folder, identity)
        with progress(name, loop) as bar:
            while loop.clock.epoch < run.epochs:
                bar.set_postfix_str(f"epoch {loop.clock.epoch + 1}/{run.epochs}")
                try:
                    record = loop.epoch(on_step)
                    _refuse_broken_weights(loop)
                except DivergedError as error:
                    if run.on_divergence == "fail":
                        raise DivergedError(f"{name}: {error}") from None
                    status = f"diverged: {error}"
                    break
                if leading():
                    _finish_epoch(folder, run, loop, record)
                save()
        loop.processes.wait()  # none leaves while others still ask it for something
        if not leading():
            return
        if status != "finished":
            here["images_to"], here["ended"] = loop.clock.images_seen, now()
            tqdm.write(f"{name} {status}", file=sys.stderr)  # a result, and no secret
        checkpoint.save_weights(folder / "weights.safetensors", loop.sampling_networks())
        write_json(folder / "provenance.json", _provenance(folder, name, identity, loop, segments, status, images))
        # what is finished is not resumed: with other parameters or code the run starts over
        (folder / "checkpoint.pt").unlink(missing_ok=True)


@contextmanager
def memory_in_words(name: str, run: RunParams) -> Iterator[None]:
    """Say which switches need less memory where there is too little of it."""
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
            raise
        recompute = "" if run.recompute else "recompute: true (activations again instead of kept), "
        raise UserError(
            f"{name}: out of memory ({str(error).splitlines()[0]}); set accumulate: {2 * run.accumulate} (the same "
            f"batches in more parts), {recompute}precision: bf16, or lower batch_size"
        ) from None


@contextmanager
def sole_trainer(folder: Path) -> Iterator[None]:
    """Hold the run folder's lock; a second trainer is told who the first one is."""
    lock, owner = FileLock(folder / ".lock"), folder / ".owner.json"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        who = read_json(owner) if owner.exists() else {"pid": "?", "host": "?"}
        raise UserError(
            f"{folder} is being trained by process {who['pid']} on {who['host']}; wait for it, or end it first"
        ) from None
    try:
        write_json(owner, {"pid": os.getpid(), "host": socket.gethostname(), "since": now()})
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


@contextmanager
def stop_signal() -> Iterator[list[str]]:
    """Yield a list that receives the name of a SIGINT or SIGTERM instead of an exception in mid-step."""
    received: list[str] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(signal.Signals(number).name)

    previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def progress(name: str, loop: Loop) -> tqdm:
    """A bar over the images of the whole run with rate and time left; silent when not on a terminal."""
    return tqdm(
        desc=name,
        total=loop.schedule.starts[-1],
        initial=loop.clock.images_seen,
        unit="img",
        unit_scale=True,
        disable=None if leading() else True,
        mininterval=0.5,
    )


def _is_finished(folder: Path, identity: dict[str, Any], run: RunParams) -> bool:
    """Whether this very run has ended here, under the code of today."""
    path = folder / "provenance.json"
    if not path.exists() or not (folder / "weights.safetensors").exists():
        return False
    record = read_json(path)
    return record["identity"] == identity and known_as(record["code"]) == training_code(run)


def _resume(folder: Path, identity: dict[str, Any], loop: Loop) -> list[dict[str, Any]]:
    """Load the checkpoint into ``loop`` and return the segments so far; without one, clear the folder."""
    path = folder / "checkpoint.pt"
    if path.exists():
        content = checkpoint.load(path, identity, loop.device)
        loop.load_state(content["state"])
        return content["segments"]
    if not leading():
        return []
    for leftover in (path, folder / "log.jsonl", folder / "provenance.json", *folder.glob("snapshots/*")):
        leftover.unlink(missing_ok=True)
    return []


def _segment(run: RunParams, loop: Loop) -> dict[str, Any]:
    """One uninterrupted stretch of training: code and machine may change between two of them."""
    return {
        **git_state(),
        "code": training_code(run),
        **machine(loop.device, resolve_precision(run.precision, loop.device)),
        "started": now(),
        "images_from": loop.clock.images_seen,
        "images_to": loop.clock.images_seen,
    }


def _write_config(folder: Path, identity: dict[str, Any]) -> None:
    write_text(folder / "config.yaml", yaml.safe_dump(identity, sort_keys=False))


def _refuse_broken_weights(loop: Loop) -> None:
    """The loop looks at losses, which an epoch's last update comes after: a snapshot must not hold NaN."""
    for name, tensor in loop.networks.state_dict().items():
        if not torch.isfinite(tensor).all():
            raise DivergedError(
                f"weights {name!r} became NaN or infinite in the last step of epoch {loop.clock.epoch}; "
                "lower the learning rate, or set precision: fp32 to rule rounding out"
            )


def _finish_epoch(folder: Path, run: RunParams, loop: Loop, record: EpochRecord) -> None:
    if record.epoch in run.snapshot_epochs() and run.sampler is not None:
        objectives.after_training(loop.sampling_networks(), run, loop.data)
        roles = (*sampling.sampler(run.sampler).NETWORKS, *run.keep)
        checkpoint.save_weights(snapshot_path(folder, record.epoch), loop.sampling_networks(), roles)
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(asdict(record)) + "\n")


def _provenance(
    folder: Path,
    name: str,
    identity: dict[str, Any],
    loop: Loop,
    segments: list[dict[str, Any]],
    status: str,
    images: ImageSet,
) -> dict[str, Any]:
    log = finished_epochs(folder)
    return {
        "run": name,
        "status": status,
        "identity": identity,
        "data": {key: images.card[key] for key in ("name", "identity", "share_of_official", "deviations")},
        "code": segments[-1]["code"],
        "weights": sha256_file(folder / "weights.safetensors"),
        "parameters": {role: sum(w.numel() for w in net.parameters()) for role, net in loop.networks.items()},
        "images_seen": loop.clock.images_seen,
        "training_seconds": sum(record["seconds"] for record in log),
        "segments": segments,
    }
