"""Measure runs, and the real images beside them, on Inception features, where the weights are at hand.

A file of its own beside each native measurement, ``<run>-seed<k>.inception.json``: fetching the weights later makes
nothing stale that was measured before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from genrep.data.arrays import ImageSet
from genrep.data.catalogue import DATA
from genrep.devices import claimed
from genrep.files import sha256_file, write_json
from genrep.identity import feature_code, inception_code, inception_identity, sampling_code
from genrep.metrics.evaluate import fixed_threads
from genrep.metrics.feature_store import FeatureStore
from genrep.metrics.images import StreamImages
from genrep.metrics.inception import Inception
from genrep.metrics.measure import under_sampler
from genrep.metrics.measure_inception import Measuring, protocol, real_images, samples
from genrep.metrics.weights import published_weights
from genrep.params import ReplicationParams
from genrep.params.samplers import SamplerParams
from genrep.provenance import git_state, machine, now
from genrep.training.folder import finished_epochs, load_networks, provenance, snapshot_path

FEATURES = DATA / "features"


def evaluate_inception(
    replication: ReplicationParams, name: str, folder: Path, images: ImageSet, out: Path, device: str
) -> None:
    """Sample and measure the snapshots of one run that the parameters ask for.

    Args:
        replication: says how; it asks for Inception metrics.
        name: of the run.
        folder: of the run.
        images: the run's data set.
        out: the measurement to write.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        UserError: the weights are missing or not the published ones, the run is not finished, or its images do not
            suit the protocol.
    """
    run, trained, log = replication.runs[name], provenance(folder), finished_epochs(folder)
    also = replication.also_of(name)
    done = [epoch for epoch in run.snapshot_epochs() if epoch <= len(log)]
    with opened(replication, name, device) as (measuring, where):
        snapshots, place, metrics = [], measuring.inception.device, measuring.metrics(images)

        def drawn(epoch: int, sampler: SamplerParams | None) -> StreamImages:
            sampled = run.model_copy(update={"sampler": sampler})
            origin = {"weights": sha256_file(snapshot_path(folder, epoch)), "code": sampling_code(sampled)}
            load = partial(load_networks, folder, run, images, epoch, place)
            return samples(load, sampled, images, max(measuring.asked.samples), measuring.seed, place, origin)

        looked_at = replication.looked_at(name)
        for epoch in measuring.asked.epochs(done, looked_at):
            closely = epoch == run.epochs or epoch in looked_at
            found = measuring.measure(metrics, drawn(epoch, run.sampler), measuring.asked.samples, closely)
            if also is not None and epoch == run.epochs:
                found["metrics"] += under_sampler(
                    measuring.measure(metrics, drawn(epoch, also), measuring.asked.samples, True)["metrics"], also
                )
            snapshots.append({"epoch": epoch} | found)
    record = {"run": name, "model": replication.model_of(name), "seed": trained["identity"]["seed"]}
    how = {"provenance": trained, "how": inception_identity(replication, name), "evaluation": where}
    write_json(out, record | how | {"snapshots": snapshots})


def measure_real_inception(replication: ReplicationParams, name: str, images: ImageSet, out: Path, device: str) -> None:
    """Measure held-out real images: a classifier's data set, at the samples' counts and as a whole.

    Args:
        replication: says how; it asks for Inception metrics.
        name: of the classifier's run.
        images: the classifier's data set.
        out: the measurement to write.
        device: ``auto``, ``cpu`` or ``cuda``.
    """
    with opened(replication, name, device) as (measuring, where):
        source = real_images(images, "test")
        counts = (*(n for n in measuring.asked.samples if n < len(source)), len(source))
        found = measuring.measure(measuring.metrics(images), source, counts, intervals=True)
    how = {"how": inception_identity(replication, name), "evaluation": where}
    write_json(out, {"run": "real", "data": images.card["identity"]} | how | {"snapshots": [{"epoch": None} | found]})


@contextmanager
def opened(replication: ReplicationParams, name: str, device: str) -> Iterator[tuple[Measuring, dict[str, Any]]]:
    """The network on a device with its store, and where that is."""
    evaluation = replication.evaluation
    asked = evaluation.inception
    assert asked is not None
    weights = published_weights(asked.weights)
    state = weights.load()
    with claimed(device) as place, fixed_threads(replication.runs[name].threads):
        inception = Inception(protocol(asked, weights.identity), state, place)
        code = inception_code(replication, name)
        where = {"measured": now(), "code": code, **git_state(), **machine(place, asked.precision)}
        yield Measuring(inception, FeatureStore(FEATURES, feature_code()), asked, evaluation.seed), where
