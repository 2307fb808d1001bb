"""Studies on disk.

Each study of a run is kept whole in the run's folder, ``studies/<study>.json`` and ``.npz``, so that an interrupted
command goes on and an edited parameter has only its own study done again. When all are there, they become the
measurement ``measurements/studies/<run>-seed<k>.json`` and ``.npz``, which is committed: in it the tiles that show
images which may not be redistributed are blank.
"""

from pathlib import Path
from typing import Any

import numpy as np

from genrep.data.catalogue import data_set
from genrep.files import atomic_path, read_json, write_json
from genrep.studies.found import Found

TILES, REAL, ARRAYS = "tiles", "real", "arrays"  # first parts of names in an npz file


def part_path(folder: Path, study: str) -> Path:
    """Where a run keeps one study."""
    return folder / "studies" / f"{study}.json"


def read_part(folder: Path, study: str, key: str) -> dict[str, Any] | None:
    """What was kept of a study, if it is the one with this key."""
    path = part_path(folder, study)
    if not path.exists() or not path.with_suffix(".npz").exists():
        return None
    record = read_json(path)
    return record if record.get("key") == key else None


def write_part(folder: Path, study: str, key: str, found: Found | str, seconds: float) -> dict[str, Any]:
    """Keep a study, or the reason why it could not be done; returns the record."""
    path = part_path(folder, study)
    record: dict[str, Any] = {"key": key, "seconds": round(seconds, 3)}
    if isinstance(found, str):
        found, reason = Found([]), found
        record |= {"not_possible": reason}
    record |= {
        "metrics": found.metrics,
        "tiles": {name: {"rows": list(t.rows), "columns": list(t.columns)} for name, t in found.tiles.items()},
        "notes": list(found.notes),
    }
    arrays = {f"{TILES}/{name}": t.images for name, t in found.tiles.items()}
    arrays |= {f"{REAL}/{name}": t.withholdable for name, t in found.tiles.items()}
    arrays |= {f"{ARRAYS}/{name}": array for name, array in found.arrays.items()}
    path.unlink(missing_ok=True)  # of another key: never beside the new images
    _save(path.with_suffix(".npz"), arrays)
    write_json(path, record)
    return record


def read_arrays(folder: Path, study: str) -> dict[str, np.ndarray]:
    """The arrays of one study, whole."""
    with np.load(part_path(folder, study).with_suffix(".npz"), allow_pickle=False) as stored:
        return dict(stored)


def write_measurement(path: Path, record: dict[str, Any], folder: Path, set_name: str) -> None:
    """Write the measurement of a run from its parts.

    Args:
        path: of the JSON file; images go beside it.
        record: its content, with the parts under ``studies``.
        folder: of the run.
        set_name: the data set whose images tiles may show.
    """
    public = data_set(set_name).redistribution
    arrays: dict[str, np.ndarray] = {}
    for study in record["studies"]:
        stored = read_arrays(folder, study)
        for name, array in stored.items():
            shown = array
            if not public and name.startswith(f"{TILES}/"):
                shown = blanked(array, stored[name.replace(TILES, REAL, 1)])
            arrays[f"{study}/{name}"] = shown
    _save(path.with_suffix(".npz"), arrays)
    write_json(path, record)


def _save(path: Path, arrays: dict[str, Any]) -> None:
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, **arrays)


def blanked(images: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Tiles (R, K, C, H, W) with nothing left of those that are real, (R, K)."""
    return np.where(real[..., None, None, None], np.uint8(0), images)
