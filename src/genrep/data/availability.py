"""Whether a data set is prepared, can be prepared from what is at hand, or has to be fetched first."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genrep.data.catalogue import DataSet, data_set
from genrep.data.prepare import DATA, MIRROR, mirror_directory


@dataclass(frozen=True)
class Availability:
    """Where a data set stands."""

    state: Literal["prepared", "at hand", "to download", "missing"]
    found: str  # what was found, in words
    mend: str = ""  # what to do about it; empty where nothing is needed


def availability(name: str, data: Path = DATA) -> Availability:
    """Look for a data set without reading or fetching it.

    A replication prepares by itself what is at hand or can be downloaded; ``missing`` needs its user.

    Args:
        name: in the catalogue.
        data: the folder that holds ``prepared``, ``raw`` and ``reduced``.

    Raises:
        UserError: no such data set, or the mirror directory is no folder.
    """
    entry = data_set(name)
    if (data / "prepared" / name / "card.json").is_file():
        return Availability("prepared", f"prepared in {data / 'prepared' / name}")
    command = f"genrep data prepare {name}"
    if entry.loader == "reduced":
        path = data / "reduced" / f"{name}.npz"
        if path.is_file():
            return Availability("at hand", f"shipped as {path}")
        return Availability("missing", f"{path} is missing", f"git checkout -- {path}")
    raw = data / "raw" / "MNIST" / "raw"
    lacking = [file for file in entry.files if not (raw / file).is_file()]
    if not lacking:
        return Availability("at hand", f"official files in {raw}")
    return _elsewhere(entry, lacking, command)


def _elsewhere(entry: DataSet, lacking: list[str], command: str) -> Availability:
    mirror = mirror_directory()
    if mirror is None:
        return Availability(
            "to download", "not downloaded yet", f"{command} downloads it; offline, set {MIRROR} to a mirror first"
        )
    absent = [
        f"{entry.mirror}/{file}.gz" for file in lacking if not (mirror / str(entry.mirror) / f"{file}.gz").is_file()
    ]
    if absent:
        return Availability("missing", f"{mirror} lacks {absent[0]}", f"copy it there, or unset {MIRROR} to download")
    return Availability("at hand", f"in the mirror {mirror}")


def prepared_bytes(name: str) -> int:
    """Bytes that a prepared set takes: uint8 pixels and int64 labels."""
    entry = data_set(name)
    C, H, W = entry.shape
    return sum(entry.counts.values()) * (C * H * W + 8)
