"""Counting what is in files that nobody has published a hash of: whether all images are there, and which are not."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from genrep.data.archives import entries
from genrep.data.catalogue import Source, catalogue
from genrep.data.layouts import IMAGENET_BATCH
from genrep.data.lists import attribute_file
from genrep.data.raw import locate
from genrep.errors import UserError

SHOWN = 5  # missing images that are named


def count(origin: Source, data: Path) -> Iterator[tuple[str, str]]:
    """Look into every file of a source that is here.

    Yields:
        Its name, and what was counted in words that end in a comma; nothing of files whose hash says it all.

    Raises:
        UserError: images are missing, or there are too many.
    """
    for name in origin.files:
        path = locate(origin, name, data)
        yield name, "" if path is None else counted(origin, name, path)


def counted(origin: Source, name: str, path: Path) -> str:
    """See ``count``: of one file."""
    facts, layout = origin.files[name], origin.layout
    if facts.md5 or facts.sha256 or facts.unpacked_md5:
        return ""
    if layout.kind == "imagenet-npz":
        batches = len(_entries(path, IMAGENET_BATCH)[0])
        return f"{batches} batches, "
    expected, mend = _expected(origin)
    if name == layout.attributes:
        found = len(attribute_file(path)[1])
        _compare(f"{path}: {found} lines of attributes", found, expected, "", mend)
        return f"{found} lines, "
    if layout.kind != "images" or name != layout.archive:
        return ""
    matches, others = _entries(path, str(layout.pattern))
    more = _missing(matches, layout.first, expected)
    more += f"; {len(others)} entries have other names, like {others[0]}" if others and not more else ""
    _compare(f"{path}: {len(matches)} images named like {layout.pattern}", len(matches), expected, more, mend)
    return f"{len(matches)} images, "


def _expected(origin: Source) -> tuple[int, str]:
    """How many images a source should have, and what to do where they are fewer."""
    sets = [one for one in catalogue().values() if origin.name in one.sources and one.reduced_from is None]
    total = max((sum(one.counts.values()) for one in sets), default=0)
    return total, f"complete it, or accept a part with: genrep data prepare {sets[0].name} --partial" if sets else ""


def _entries(path: Path, pattern: str) -> tuple[list[re.Match[str]], list[str]]:
    """The entries of an archive or folder with the expected names, and the names of all others."""
    with tempfile.TemporaryDirectory() as work:  # a compressed tar is unpacked to be listed
        names = [blob.name for blob in entries(path, Path(work))]
    matches = [re.fullmatch(pattern, name) for name in names]
    found = [match for match in matches if match]
    others = [name for name, match in zip(names, matches, strict=True) if not match]
    if not found:
        inside = f"it holds {len(others)} others, like {others[0]}" if others else "it is empty"
        raise UserError(f"{path} has nothing named like {pattern}: {inside}; is it the right one?")
    return found, others


def _missing(matches: list[re.Match[str]], first: int | None, expected: int) -> str:
    """The numbers that are missing where the catalogue knows the first one."""
    if first is None:
        return ""
    missing = sorted(set(range(first, first + expected)) - {int(match["key"]) for match in matches})
    if not missing:
        return ""
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    return f"; missing: {', '.join(map(str, missing[:SHOWN]))}{more}"


def _compare(found: str, number: int, expected: int, more: str, mend: str) -> None:
    if number != expected:
        raise UserError(f"{found}, expected {expected}{more}; {mend}")
