"""Measure every snapshot of a run, and the real images beside it."""

import sys
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
from genrep.data.catalogue import data_set
from genrep.devices import claimed
from genrep.errors import UserError
from genrep.files import atomic_path, write_json
from genrep.identity import measurement_identity, measuring_code
from genrep.metrics.bound import measure_bound
from genrep.metrics.collapse import collapse
from genrep.metrics.frechet import Gaussian
from genrep.metrics.measure import ROW, measure_held_out, measure_snapshot, pixels, reference
from genrep.metrics.native import NativeProtocol
from genrep.metrics.probes import probe
from genrep.metrics.reconstruction import reconstructions
from genrep.params import ReplicationParams
from genrep.provenance import git_state, machine, now
from genrep.training.folder import finished_epochs, load_networks, provenance


def measure_real(
    replication: ReplicationParams, name: str, folder: Path, images: ImageSet, out: Path, device: str
) -> None:
    """Measure held-out real images, and fit the Gaussian that native FID compares with.

    Args:
        replication: says how.
        name: of the classifier's run.
        folder: of the trained classifier's run; receives ``statistics.npz``.
        images: the classifier's data set.
        out: the measurement to write.
        device: ``auto``, ``cpu`` or ``cuda``.
    """
    run = replication.runs[name]
    trained = provenance(folder)
    with claimed(device) as place, fixed_threads(run.threads):
        classifier = load_networks(folder, run, images, None, place)["classifier"]
        gaussian = reference(classifier, images)
        with atomic_path(folder / "statistics.npz") as temporary:
            np.savez(temporary, mean=gaussian.mean, covariance=gaussian.covariance)
        protocol = open_protocol(replication, name, folder, images, place)
        metrics, accuracy = measure_held_out(protocol, images, _all_counts(replication))
        write_json(
            out,
            {
                "run": "real",
                "data": images.card["identity"],
                "classifier": trained,
                "classifier_test_accuracy": accuracy,
                "evaluation": _where(replication, None, place),
                "snapshots": [{"epoch": None, "metrics": metrics}],
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
    trained = provenance(folder)
    log = finished_epochs(folder)
    seconds = list(accumulate(record["seconds"] for record in log))
    done = [epoch for epoch in run.snapshot_epochs() if epoch <= len(log)]
    snapshots: list[dict[str, Any]] = []
    flags: list[dict[str, Any]] = []
    kept: dict[str, Any] = {"epochs": np.array(done)}
    rows: list[np.ndarray] = []
    back: list[np.ndarray] = []
    originals = _for_reconstruction(images) if data_set(run.data.set).redistribution else None
    with claimed(device) as place, fixed_threads(run.threads):
        classifier = replication.classifier_of(name)
        protocol = open_protocol(replication, classifier, classifier_folder, classifier_images, place)
        for epoch in tqdm(done, desc=f"evaluate {name}", unit="snapshot", disable=None):
            networks = load_networks(folder, run, images, epoch, place)
            last = epoch == run.epochs
            closely, also = last or epoch in replication.looked_at(name), replication.also_of(name) if last else None
            metrics, shown = measure_snapshot(networks, run, protocol, counts, images, place, closely, also)
            if not data_set(run.data.set).redistribution:
                shown.pop("forward", None)  # real images, which the others are not
            if "encoder" in networks:
                metrics += measure_bound(networks, run, images, replication.evaluation.seed, place)
                if originals is not None:
                    back.append(reconstructions(networks, originals, run.data.range).numpy())
            if found := collapse(metrics):
                flags.append({"epoch": epoch, "flag": found})
                tqdm.write(f"{name}, epoch {epoch}: {found}", file=sys.stderr)
            rows.append(shown.pop("row"))
            kept |= shown if epoch == run.epochs else {f"{key}_{epoch}": shown[key] for key in shown if key == "grid"}
            snapshots.append(
                {
                    "epoch": epoch,
                    "images_seen": log[epoch - 1]["images_seen"],
                    "training_seconds": seconds[epoch - 1],
                    "metrics": metrics,
                }
            )
        if trained["status"] == "finished" and done:
            networks = load_networks(folder, run, images, None, place)
            for probed in replication.evaluation.probes:
                metrics, shown = probe(probed, networks, run, protocol, images, place)
                snapshots[-1]["metrics"] += metrics
                kept |= shown
        if originals is not None and back:
            kept |= {"originals": originals.numpy(), "reconstructions": np.stack(back)}
        kept["rows"] = np.stack(rows) if rows else np.zeros((0, ROW, *images.shape), np.uint8)
        with atomic_path(out.with_suffix(".npz")) as temporary:
            np.savez_compressed(temporary, **kept)
        write_json(
            out,
            {
                "run": name,
                "model": replication.model_of(name),
                "seed": trained["identity"]["seed"],
                "status": trained["status"],
                **({"flags": flags} if flags else {}),
                "provenance": trained,
                "how": measurement_identity(replication, name),
                "classifier": provenance(classifier_folder)["weights"],
                "evaluation": _where(replication, name, place),
                "log": log,
                "snapshots": snapshots,
            },
        )


def _for_reconstruction(images: ImageSet) -> Tensor:
    """The test images whose reconstructions are kept for figures: ROW of them, spread evenly over the split."""
    test = pixels(images, "test")
    return test[np.linspace(0, len(test) - 1, min(ROW, len(test))).astype(int)]


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
    replication: ReplicationParams, name: str, folder: Path, images: ImageSet, device: torch.device
) -> NativeProtocol:
    """The native metrics' protocol from a trained classifier and its stored statistics.

    Raises:
        UserError: the classifier was not trained, or ``measure_real`` has not run.
    """
    evaluation = replication.evaluation
    weights = provenance(folder)["weights"]
    networks = load_networks(folder, replication.runs[name], images, None, device)
    path = folder / "statistics.npz"
    if not path.exists():
        scale, study = folder.parts[-4:-2]
        raise UserError(f"{path} does not exist; run: genrep measure-real {study} --scale {scale}")
    with np.load(path, allow_pickle=False) as stored:
        reference = Gaussian(stored["mean"], stored["covariance"])
    return NativeProtocol(
        networks["classifier"],
        weights,
        reference,
        evaluation.confidence,
        evaluation.seed,
        images,
        evaluation.extra,
        len(replication.runs[name].data.attributes),
        evaluation.splits,
    )


def _all_counts(replication: ReplicationParams) -> tuple[int, ...]:
    evaluation = replication.evaluation
    return tuple(sorted({*evaluation.samples, *(n for counts in evaluation.samples_of.values() for n in counts)}))


def _where(replication: ReplicationParams, name: str | None, device: torch.device) -> dict[str, Any]:
    code = measuring_code(replication, name)
    return {"measured": now(), "code": code, **git_state(), **machine(device, "fp32")}
