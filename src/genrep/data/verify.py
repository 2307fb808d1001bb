"""Verifying what is here: raw files against their hashes, prepared sets against their cards and the catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from genrep.data.arrays import ImageSet
from genrep.data.catalogue import DATA, Source, catalogue, data_set, percent, sources, sources_of
from genrep.data.inventory import counted
from genrep.data.raw import at_hand, check, locate
from genrep.errors import UserError


@dataclass(frozen=True)
class Finding:
    """What was found of one file or set."""

    name: str
    ok: bool
    found: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'}  {self.name}: {self.found}"


def verify(name: str, data: Path = DATA) -> Iterator[Finding]:
    """Hash every file of a set or source that is on this machine, and the prepared set.

    Args:
        name: of a set or source.
        data: the data folder.

    Raises:
        UserError: no such name, or nothing of it is here.
    """
    origins, found = sources_of(name), []
    here = [origin for origin in origins if at_hand(origin, data)]
    # where none is complete, what is there of the first one is compared all the same
    for origin in here or origins[:1]:
        found += list(_files(origin, data, complain=not here))
    if name in catalogue() and (data / "prepared" / name / "card.json").is_file():
        found.append(_prepared(name, data))
    if not found:
        made = [entry.name for entry in catalogue().values() if origins[0].name in entry.sources]
        one = name if name in catalogue() else made[0]
        nothing_to_fetch = origins[0].access == "generated" or (name in catalogue() and data_set(name).reduced_from)
        command = f"prepare {one}" if nothing_to_fetch else f"fetch {origins[0].name}"
        raise UserError(f"nothing of {name} is here; run: genrep data {command}")
    yield from found


def verify_all(data: Path = DATA) -> Iterator[Finding]:
    """Verify every source whose files are on this machine, and every prepared set."""
    for origin in sources().values():
        if at_hand(origin, data):
            yield from _files(origin, data, complain=True)
    for name in catalogue():
        if (data / "prepared" / name / "card.json").is_file():
            yield _prepared(name, data)


def _files(origin: Source, data: Path, complain: bool) -> Iterator[Finding]:
    present = [name for name in origin.files if locate(origin, name, data) is not None]
    for name in origin.files if complain and present else present:
        title = f"{origin.name}/{name}"
        try:
            here = locate(origin, name, data)
            inside = "" if here is None else counted(origin, name, here)  # first: no hash is recorded of half a set
            path, how = check(origin, name, data)
            yield Finding(title, True, f"{inside}{how} ({path})")
        except UserError as error:
            yield Finding(title, False, str(error))


def _prepared(name: str, data: Path) -> Finding:
    title, expected = f"prepared {name}", data_set(name).recorded_identity
    try:
        images = ImageSet.open(data / "prepared" / name)
    except UserError as error:
        return Finding(title, False, str(error))
    found = images.identity()
    share = images.card["share_of_official"]
    size = f"{len(images.images)} images, {percent(share)} of the official set"
    if found != images.card["identity"]:
        mend = f"run: genrep data prepare {name}"
        return Finding(title, False, f"sha256 {found}, but its card says {images.card['identity']}; {mend}")
    if expected is None:
        return Finding(title, True, f"sha256 {found} as in its card, unverified: the catalogue has none; {size}")
    if found != expected:
        partial = " (prepared as a part)" if share < data_set(name).share_of_official else ""
        return Finding(title, bool(partial), f"sha256 {found}{partial}, the catalogue has {expected}; {size}")
    return Finding(title, True, f"sha256 {found} as in the catalogue; {size}")
