"""Whether a data set is prepared, can be prepared from what is at hand, or has to be fetched first."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from genrep.data.card import card_if_any
from genrep.data.catalogue import DATA, DataSet, data_set, percent, source
from genrep.data.fetch import DOWNLOADED
from genrep.data.raw import MIRROR, at_hand, lacking, locate, mend_of, mirror_directory, misfit


@dataclass(frozen=True)
class Availability:
    """Where a data set stands."""

    state: Literal["prepared", "at hand", "to download", "missing"]
    found: str  # what was found, in words
    mend: str = ""  # what to do about it; empty where nothing is needed
    size: str = ""  # images and their share of the official set: those prepared here, or else what to expect


def _size(entry: DataSet, card: dict[str, Any]) -> str:
    """How many images, of which shape, and which share of the official set."""
    counts, share = card.get("counts", entry.counts), card.get("share_of_official", entry.share_of_official)
    shape = " x ".join(map(str, entry.shape[1:])) + (" grey" if entry.shape[0] == 1 else " RGB")
    part = "" if share == 1 else f", {percent(share)} of the official set"
    return f"{sum(counts.values()):,} images {shape}{part}"


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
    card = card_if_any(data / "prepared" / name)
    here = Availability("prepared", f"prepared in {data / 'prepared' / name}")
    return replace(here if card else _to_prepare(entry, data), size=_size(entry, card))


def _to_prepare(entry: DataSet, data: Path) -> Availability:
    name, mirror = entry.name, mirror_directory()
    if entry.reduced_from is not None:
        path = data / "reduced" / f"{name}.npz"
        if path.is_file():
            return Availability("at hand", f"shipped as {path}")
        return Availability("missing", f"{path} is missing", f"git checkout -- {path}")
    for origin in map(source, entry.sources):
        if origin.access == "generated":
            return Availability("at hand", "drawn when it is prepared")
        if at_hand(origin, data):
            first = locate(origin, next(iter(origin.files)), data)
            inside = first is not None and origin.raw(data) in first.parents
            return Availability(
                "at hand", f"official files in {origin.raw(data)}" if inside else f"in the mirror {mirror}"
            )
    return _elsewhere(entry, data)


def _elsewhere(entry: DataSet, data: Path) -> Availability:
    origin, mirror = entry.source, mirror_directory()
    for other in map(source, entry.sources):
        if not lacking(other, data):  # all there, but not what it should be
            for file in other.files:
                path = locate(other, file, data)
                why = "" if path is None else misfit(other, file, path)
                if path is not None and why:
                    return Availability("missing", why, mend_of(other, path, data))
    absent = [*lacking(origin, data), *origin.files][0]
    if origin.access == "mirror":
        mend = f"set {MIRROR} to a mirror that holds {origin.mirror}/{absent}"
        return Availability("missing", "comes from a mirror only", mend)
    if origin.access in DOWNLOADED and mirror is None:
        command = f"genrep data prepare {entry.name}"
        return Availability(
            "to download", "not downloaded yet", f"{command} downloads it; offline, set {MIRROR} to a mirror first"
        )
    if origin.access == "manual":
        return Availability("missing", "to be fetched by hand", f"genrep data fetch {origin.name} says how")
    found = f"{mirror} lacks {origin.mirror}/{absent}"
    return Availability("missing", found, f"copy it there, or unset {MIRROR} to download")


def prepared_bytes(name: str) -> int:
    """Bytes that a prepared set takes: uint8 pixels, int64 labels and attributes."""
    entry = data_set(name)
    C, H, W = entry.shape
    return sum(entry.counts.values()) * (C * H * W + 8 + entry.attributes)
