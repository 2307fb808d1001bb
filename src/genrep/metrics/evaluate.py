"""Measure every snapshot of a run, and the real images beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor
from tqdm import tqdm

from genrep.data.arrays import ImageSet
from genrep.devices import claimed
from genrep.errors import UserError
from genrep.files import atomic_path, read_json, write_json
from genrep.identity import measurement_identity, measuring_code
from genrep.metrics.features import extract
from genrep.metrics.frechet import Gaussian
from genrep.metrics.native import NativeProtocol
from genrep.params import ReplicationParams
from genrep.params.training import AncestralParams, RunParams
from genrep.provenance import git_state, machine, now
from genrep.rng import generator
from genrep.sampling import ancestral, sample, to_uint8
from genrep.training.folder import finished_epochs, load_networks

GRID = 100  # samples of the last snapshot that are kept for figures
ROW = 10  # samples of every snapshot that are kept
STRIP = 12  # moments of a diffusion strip


def measure_real(replication: ReplicationParams, folder: Path, images: ImageSet, out: Path, device: str) -> None:
    """Measure held-out real images, and fit the Gaussian that native FID compares with.

    Args:
        replication: says how.
        folder: of the trained classifier's run; receives ``statistics.npz``.
        images: the classifier's data set.
        out: the measurement to write.
        device: ``auto``, ``cpu`` or ``cuda``.
    """
    run = replication.runs[replication.evaluation.classifier]
    with claimed(device) as place, fixed_threads(run.threads):
        classifier = load_networks(folder, run, images, None, place)["classifier"]
        train = extract(classifier, _pixels(images, "train"))
        reference = Gaussian.fit(train.features)
        with atomic_path(folder / "statistics.npz") as temporary:
            np.savez(temporary, mean=reference.mean, covariance=reference.covariance)
        protocol = open_protocol(replication, folder, images, place)
        test = _pixels(images, "test")
        # shuffled: the first n of a split that is sorted by class would be of one class
        test = test[torch.randperm(len(test), generator=generator(replication.evaluation.seed, "real"))]
        labels = torch.from_numpy(np.array(images.labels[images.split("test")]))
        found = extract(classifier, _pixels(images, "test"))
        accuracy = float((found.probabilities.argmax(1) == labels.numpy()).mean())
        counts = tuple(n for n in _all_counts(replication) if n <= len(test))
        write_json(
            out,
            {
                "run": "real",
                "data": images.card["identity"],
                "classifier": read_json(folder / "provenance.json"),
                "classifier_test_accuracy": accuracy,
                "evaluation": _where(run, place),
                "snapshots": [{"epoch": None, "metrics": protocol.measure(test, (*counts, len(test)), True)}],
            },
        )


def evaluate(
    replication: ReplicationParams,
    name: str,
    folder: Path,
    classifier_folder: Path,
    images: ImageSet,
    classifier_images: ImageSet,
    out: Path,
    device: str,
) -> None:
    """Sample and measure every snapshot of one run.

    Args:
        replication: says how.
        name: of the run.
        folder: of the run.
        classifier_folder: of the classifier's run, after ``measure_real``.
        images: the run's data set.
        classifier_images: the classifier's.
        out: the measurement to write; sample images go beside it as ``.npz``.
        device: ``auto``, ``cpu`` or ``cuda``.
    """
    run, counts = replication.runs[name], replication.samples_of(name)
    provenance = read_json(folder / "provenance.json")
    log = finished_epochs(folder)
    seconds = list(accumulate(record["seconds"] for record in log))
    done = [epoch for epoch in run.snapshot_epochs() if epoch <= len(log)]
    labels = torch.arange(max(counts)) % images.card["classes"]
    snapshots: list[dict[str, Any]] = []
    kept: dict[str, Any] = {"epochs": np.array(done), "rows": []}
    with claimed(device) as place, fixed_threads(run.threads):
        protocol = open_protocol(replication, classifier_folder, classifier_images, place)
        for epoch in tqdm(done, desc=f"evaluate {name}", unit="snapshot", disable=None):
            networks = load_networks(folder, run, images, epoch, place)
            # the same draws for every snapshot: what changes between them is the model
            rng = generator(replication.evaluation.seed, "samples", device=place)
            drawn = sample(networks, run, labels, images.shape, rng)
            last = epoch == run.epochs
            snapshots.append(
                {
                    "epoch": epoch,
                    "images_seen": log[epoch - 1]["images_seen"],
                    "training_seconds": seconds[epoch - 1],
                    "metrics": protocol.measure(drawn, counts, intervals=last),
                }
            )
            kept["rows"].append(drawn[:ROW].numpy())
            if last:
                kept["grid"] = drawn[:GRID].numpy()
                kept |= _strips(networks, run, images, replication.evaluation.seed, place)
        kept["rows"] = np.stack(kept["rows"]) if kept["rows"] else np.zeros((0, ROW, *images.shape), np.uint8)
        with atomic_path(out.with_suffix(".npz")) as temporary:
            np.savez_compressed(temporary, **kept)
        write_json(
            out,
            {
                "run": name,
                "model": replication.model_of(name),
                "seed": provenance["identity"]["seed"],
                "status": provenance["status"],
                "provenance": provenance,
                "how": measurement_identity(replication, name),
                "classifier": read_json(classifier_folder / "provenance.json")["weights"],
                "evaluation": _where(run, place),
                "log": log,
                "snapshots": snapshots,
            },
        )


@contextmanager
def fixed_threads(count: int) -> Iterator[None]:
    """Fix the threads of torch and of numpy's linear algebra: their number changes floating-point bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with threadpool_limits(count):
            yield
    finally:
        torch.set_num_threads(before)


def open_protocol(
    replication: ReplicationParams, folder: Path, images: ImageSet, device: torch.device
) -> NativeProtocol:
    """The native metrics' protocol from a trained classifier and its stored statistics.

    Raises:
        UserError: the classifier was not trained, or ``measure_real`` has not run.
    """
    evaluation = replication.evaluation
    networks = load_networks(folder, replication.runs[evaluation.classifier], images, None, device)
    path = folder / "statistics.npz"
    if not path.exists():
        raise UserError(f"{path} does not exist; run: genrep measure-real")
    with np.load(path, allow_pickle=False) as stored:
        reference = Gaussian(stored["mean"], stored["covariance"])
    weights = read_json(folder / "provenance.json")["weights"]
    return NativeProtocol(networks["classifier"], weights, reference, evaluation.confidence, evaluation.seed)


def _all_counts(replication: ReplicationParams) -> tuple[int, ...]:
    evaluation = replication.evaluation
    return tuple(sorted({*evaluation.samples, *(n for counts in evaluation.samples_of.values() for n in counts)}))


def _where(run: RunParams, device: torch.device) -> dict[str, Any]:
    return {"measured": now(), "code": measuring_code(run), **git_state(), **machine(device, "fp32")}


def _pixels(images: ImageSet, split: str) -> Tensor:
    return torch.from_numpy(np.array(images.images[images.split(split)])).permute(0, 3, 1, 2)


@torch.inference_mode()
def _strips(networks: Any, run: RunParams, images: ImageSet, seed: int, device: torch.device) -> dict[str, np.ndarray]:
    """Forward and reverse strips of a diffusion model, (STRIP, 4, C, H, W) uint8 each; nothing for others."""
    if not isinstance(run.sampler, AncestralParams):
        return {}
    chosen = np.linspace(0, 1, STRIP)
    first = images.split(run.data.split).start
    real = torch.from_numpy(np.array(images.images[first : first + 4])).permute(0, 3, 1, 2)
    low, high = run.data.range
    pixels = real.to(device).float() / 255 * (high - low) + low
    forward = ancestral.noising(run, pixels, chosen, generator(seed, "strip"))
    labels = torch.tensor([0, 1, 2, 3])
    reverse = list(ancestral.trajectory(networks, run, labels, images.shape, generator(seed, "strip", device=device)))
    steps = (chosen * (len(reverse) - 1)).round().astype(int)
    return {
        "forward": np.stack([to_uint8(x, run.data.range).numpy() for x in forward]),
        "reverse": np.stack([to_uint8(reverse[s], run.data.range).numpy() for s in steps]),
    }
