"""Whether a measurement is there and is what it would be if it were made now; then it need not be made again."""

from pathlib import Path
from typing import Any

from genrep.codehash import known_as
from genrep.data.arrays import ImageSet
from genrep.files import read_json
from genrep.identity import inception_code, inception_identity, measurement_identity, measuring_code
from genrep.params import ReplicationParams
from genrep.training.folder import provenance


def run_is_current(replication: ReplicationParams, name: str, folder: Path, classifier_folder: Path, out: Path) -> bool:
    """Of a run's native measurement, with the images beside it."""
    if not out.with_suffix(".npz").exists():
        return False
    how = {"how": measurement_identity(replication, name), "classifier": provenance(classifier_folder)["weights"]}
    return _says(out, measuring_code(replication, name), how | {"provenance": provenance(folder)})


def run_inception_is_current(replication: ReplicationParams, name: str, folder: Path, out: Path) -> bool:
    """Of a run's Inception metrics."""
    how = {"how": inception_identity(replication, name), "provenance": provenance(folder)}
    return _says(out, inception_code(replication, name), how)


def real_inception_is_current(replication: ReplicationParams, classifier: str, images: ImageSet, out: Path) -> bool:
    """Of the Inception metrics of a classifier's real images."""
    how = inception_identity(replication, classifier)
    return _says(out, inception_code(replication), {"how": how, "data": images.card["identity"]})


def _says(out: Path, code: str, expected: dict[str, Any]) -> bool:
    if not out.exists():
        return False
    record = read_json(out)
    same = all(record.get(key) == value for key, value in expected.items())
    return same and known_as(record["evaluation"]["code"]) == code
