"""Inception metrics beside native ones: read from files of their own, and what is missing where there are none.

What is said of a missing one follows from the parameters alone, so that committed tables are the same on a machine
with the weights and on one without.
"""

from pathlib import Path
from typing import Any

from genrep.data.weight_files import fetching
from genrep.identity import inception_identity
from genrep.layout import inception_path
from genrep.params import ReplicationParams

MARK = "/inception"  # in the names of these metrics

Record = dict[str, Any]


def is_inception(metric: str) -> bool:
    """Whether a metric is one of the Inception network's."""
    return MARK in metric


def with_inception(params: ReplicationParams, name: str, record: Record, path: Path, read: Any) -> Record:
    """A native measurement with the Inception metrics of the file beside it.

    Those of other images (trained or prepared again since) or by another protocol than the parameters' are left out.

    Args:
        params: of the replication.
        name: of the run; of real images, the classifier's.
        record: the native measurement.
        path: of its file.
        read: reads a measurement file that must have certain keys.
    """
    beside = inception_path(path)
    if params.evaluation.inception is None or not beside.exists():
        return record
    found = read(beside, "how", "evaluation", "snapshots")
    if _images(found) != _images(record) or found["how"] != inception_identity(params, name):
        return record
    more = {snapshot["epoch"]: snapshot for snapshot in found["snapshots"]}
    snapshots = [
        snapshot | {"metrics": [*snapshot["metrics"], *more.get(snapshot["epoch"], {}).get("metrics", [])]}
        for snapshot in record["snapshots"]
    ]
    reasons = [snapshot["reason"] for snapshot in found["snapshots"] if "reason" in snapshot]
    beside_it = {key: found[key] for key in ("how", "evaluation")} | {"reasons": reasons}
    return record | {"snapshots": snapshots, "inception": beside_it}


def _images(record: Record) -> Any:
    """What decides the images that were measured: the trained weights, or the data set."""
    return record["provenance"].get("weights") if "provenance" in record else record.get("data")


def lacking(params: ReplicationParams, metric: str, record: Record | None = None) -> str:
    """Why an Inception metric has not been measured, and the command that changes it.

    Args:
        params: of the replication.
        metric: its name.
        record: the native measurement that it would stand beside, if there is one.
    """
    asked = params.evaluation.inception
    if asked is None:
        return f"{metric}: params.yaml asks for no Inception metrics"
    reasons = (record or {}).get("inception", {}).get("reasons", [])
    if reasons:
        return f"{metric}: {reasons[0]}"
    return (
        f"{metric} needs the weights of the Inception network: run {fetching(asked.weights)}, then this replication "
        f"again ({max(asked.samples):,} images a run to show it)"
    )
