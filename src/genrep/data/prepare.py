"""From official files to the prepared layout: found or fetched, verified, decoded, counted, hashed, then named."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from genrep.data import layouts
from genrep.data.arrays import ImageSet, identity
from genrep.data.catalogue import DATA, PREPARED, DataSet, Source, data_set, source
from genrep.data.decode import Recipe, Tally
from genrep.data.decoding import PROGRESS, Unfinished, decode_all
from genrep.data.fetch import DOWNLOADED, fetch
from genrep.data.layouts import Contents
from genrep.data.raw import MIRROR, OTHER, at_hand, check, forget, known_as, lacking, locate, mirror_directory
from genrep.data.staging import alone, create_images, recovered, staged
from genrep.errors import UserError
from genrep.files import atomic_path
from genrep.params.training import DataParams

__all__ = ["DATA", "MIRROR", "PREPARED", "images_of", "mirror_directory", "prepare", "prepared", "reduce"]

SHOWN = 5  # unreadable images that are named
Checked = dict[str, tuple[Path, str]]  # by name: where a file is, and how it was verified


def prepared(name: str) -> ImageSet:
    """Open a prepared set."""
    return ImageSet.open(PREPARED / data_set(name).name)


def images_of(data: DataParams) -> ImageSet:
    """What a run trains on: the prepared set, with the labels and as many training images as it asks for."""
    return prepared(data.set).selected(data.attributes, data.limit)


def prepare(
    name: str,
    data: Path = DATA,
    partial: bool = False,
    workers: int | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> ImageSet:
    """Fetch if necessary, verify, decode and store ``data/prepared/<name>``; a second caller waits for the first.

    Args:
        name: in the catalogue.
        data: the folder that holds ``prepared``, ``raw`` and ``reduced``.
        partial: take files that hold a part of the official images, and record the share.
        workers: processes that decode; None: one per core.
        say: is told what happens, line by line.

    Raises:
        UserError: a file is missing or corrupt, an image cannot be read, there are too few or too many, or the decoded
            pixels are not the expected ones. Nothing is left but finished chunks in a folder of their own.
    """
    entry = data_set(name)
    folder = (data / "prepared" / name).resolve()  # it may be a link to a larger disk
    found = already(entry, folder)
    if found is None:
        with alone(folder, say) as just_made:
            if not just_made and not (recovered(folder) and already(entry, folder)):
                started = time.monotonic()
                with staged(folder) as new:
                    count = _make(entry, data, partial, new, workers, say)
                seconds = time.monotonic() - started
                say(f"{name}: {count} images in {seconds:.1f} s, {count / seconds:,.0f} images/s")
        found = ImageSet.open(data / "prepared" / name)
    else:
        say(f"{name}: already prepared in {data / 'prepared' / name}")
    return found


def already(entry: DataSet, folder: Path) -> ImageSet | None:
    """The set, if what is in its folder is what preparing would give: all of it, and the pixels that the card says.

    Those of the catalogue, that is. Where it records none, its counts and preprocessing must be those of the catalogue.
    """
    if not folder.is_dir():
        return None
    try:
        found = ImageSet.open(folder)
    except UserError:
        return None
    card = found.card
    if entry.recorded_identity is None:
        expected = {"counts": entry.counts, "preprocessing": _described(entry)}
    else:
        expected = {"identity": entry.recorded_identity}
    if any(card.get(key) != value for key, value in expected.items()) or found.identity() != card["identity"]:
        return None
    return found


def _make(entry: DataSet, data: Path, partial: bool, new: Path, workers: int | None, say: Callable[[str], None]) -> int:
    """Write the files of a set into an empty folder, and return the number of images."""
    files, origin = ({}, None) if entry.reduced_from else _files(entry, data, partial)
    with _blaming_files(entry, data):
        if origin is None:
            contents, described = _reduced(entry, data)
        else:
            contents = layouts.read(origin, entry, {name: path for name, (path, _) in files.items()}, new.parent)
            contents = layouts.held_out(contents, entry.hold_out)
            described = {"source": origin.name, "deviations": list(origin.deviations)}
        _compare_counts(entry, contents, partial)
        tally = _write_images(entry, contents, new, workers, (data / "prepared" / entry.name / "card.json").is_file())
    images = np.load(new / "images.npy", mmap_mode="r", allow_pickle=False)
    found = identity(images, contents.labels, contents.attributes, contents.masks)
    _compare_identity(entry, found, data, partial, say)
    # of verified pixels it does not matter which copy of the files they come from
    if origin is not None and found != entry.recorded_identity:
        described["files"] = {name: verified for name, (_, verified) in files.items()}
        described["deviations"] += _departures(origin, entry, files, contents)
    card = _card(entry, contents, tally, images.shape, found) | described
    ImageSet(images, contents.labels, card, contents.attributes, contents.masks).save_beside(new)
    return len(images)


def _departures(origin: Source, entry: DataSet, files: Checked, contents: Contents) -> list[str]:
    """In what files that were taken as a part differ from the official ones."""
    found = []
    for name, (path, verified) in files.items():
        known = known_as(origin, name, path)
        found += [line for line in known.deviations if line not in found] if known else []
        if known is None and verified.startswith(OTHER):
            found.append(f"{name} is not the official file")
    absent = [name for name in origin.files if name not in files]
    if absent:
        found.append(f"without {', '.join(absent)}")
    if contents.counts != entry.counts:
        found.append("only a part of the official images, as found")
    return found


@contextmanager
def _blaming_files(entry: DataSet, data: Path) -> Iterator[None]:
    """What nobody has published a hash for may turn out to be bad only now: its recorded hash must not bar the mend."""
    try:
        yield
    except Unfinished:  # for want of room or memory
        raise
    except UserError:
        for name in entry.sources:
            forget(source(name), data)
        raise


def _files(entry: DataSet, data: Path, partial: bool) -> tuple[Checked, Source]:
    """The verified files of the first source that is at hand or can be downloaded."""
    origin = _choose(entry, data, partial)
    here = [name for name in origin.files if locate(origin, name, data) is not None]
    return {name: check(origin, name, data, partial) for name in (partial and here) or origin.files}, origin


def _choose(entry: DataSet, data: Path, partial: bool) -> Source:
    origins = [source(name) for name in entry.sources]
    for origin in origins:
        if origin.access == "generated" or at_hand(origin, data):
            return origin
        archive = origin.layout.archive
        if partial and archive is not None and locate(origin, archive, data) is not None:
            return origin
    for origin in origins:  # all there, but something is wrong with it, which will be told
        if not lacking(origin, data):
            return origin
    if partial:
        for origin in origins:
            if len(lacking(origin, data)) < len(origin.files):
                return origin
    if origins[0].access in DOWNLOADED and mirror_directory() is None:
        fetch(origins[0].name, data)
    return origins[0]


def _reduced(entry: DataSet, data: Path) -> tuple[Contents, dict[str, Any]]:
    """The subset shipped as ``data/reduced/<name>.npz``."""
    path = data / "reduced" / f"{entry.name}.npz"
    try:
        with np.load(path, allow_pickle=False) as shipped:
            images, labels = shipped["images"], shipped["labels"]
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise UserError(f"{path} is missing or damaged ({error}); restore it with: git checkout -- {path}") from None
    deviations = [f"the first {' and '.join(f'{n} {split}' for split, n in entry.per_class.items())} images per class"]
    return Contents(dict(entry.counts), labels, arrays=iter([images])), {
        "source": f"shipped with this repository as data/reduced/{entry.name}.npz",
        "deviations": deviations,
    }


def _compare_counts(entry: DataSet, contents: Contents, partial: bool) -> None:
    if contents.counts == entry.counts or (partial and len(contents.labels)):
        return
    found, wanted = (
        ", ".join(f"{count} {split}" for split, count in counts.items()) for counts in (contents.counts, entry.counts)
    )
    raise UserError(
        f"{entry.name}: the files hold {found or 'no'} images, expected {wanted}; fetch them again, "
        f"or accept a part with: genrep data prepare {entry.name} --partial"
    )


def _write_images(entry: DataSet, contents: Contents, new: Path, workers: int | None, replaced: bool) -> Tally:
    """Write ``images.npy``."""
    C, H, W = entry.shape
    shape = (len(contents.labels), H, W, C)
    path, work = new / "images.npy", new.parent
    if not contents.blobs or not (path.exists() and np.load(path, mmap_mode="r").shape == shape):
        (work / PROGRESS).unlink(missing_ok=True)
        beside = (contents.labels, contents.attributes, contents.masks)
        create_images(path, shape, sum(array.nbytes for array in beside if array is not None), entry.name, replaced)
    if contents.blobs:
        if H != W:
            raise UserError(
                f"{entry.name}: images are prepared as squares, not {H}x{W}; mend its shape in the catalogue"
            )
        recipe = Recipe(W, "RGB" if C == 3 else "L", *_steps(entry))
        tally = decode_all(contents.blobs, recipe, path, work, entry.name, workers)
        if tally.unreadable:
            count, named = len(tally.unreadable), ", ".join(sorted(tally.unreadable)[:SHOWN])
            more = f" and {count - SHOWN} more" if count > SHOWN else ""
            raise UserError(
                f"{entry.name}: {count} of {len(contents.blobs)} images cannot be read: {named}{more}; none is left "
                "out or replaced, so fetch the archive again"
            )
        return tally
    array, start = np.load(path, mmap_mode="r+"), 0
    for rows in contents.arrays:
        if rows.shape[1:] != shape[1:] or start + len(rows) > len(array):
            raise UserError(f"{entry.name}: images of shape {rows.shape[1:]}, expected {shape[1:]}; fetch them again")
        array[start : start + len(rows)] = rows
        start += len(rows)
    return Tally()


def _steps(entry: DataSet) -> tuple[float | None, str]:
    steps = entry.preprocessing
    return (None, "bilinear") if steps is None else (steps.centre_square, steps.filter)


def _compare_identity(entry: DataSet, found: str, data: Path, partial: bool, say: Callable[[str], None]) -> None:
    expected = entry.recorded_identity
    if expected is None or found == expected or partial:
        return
    if entry.source.access == "generated":  # another Pillow or FreeType draws other edges; the card says unverified
        say(f"{entry.name}: drawn pixels have sha256 {found}, {expected} with the pinned libraries; taken as they are")
        return
    mend = f"fetch them again and run: genrep data prepare {entry.name}"
    if entry.reduced_from is not None:
        mend = f"restore them with: git checkout -- {data / 'reduced' / f'{entry.name}.npz'}"
    raise UserError(f"{entry.name}: the decoded pixels have sha256 {found}, expected {expected}; {mend}")


def _described(entry: DataSet) -> str:
    """The preprocessing in words."""
    return entry.preprocessing.describe(entry.shape[1]) if entry.preprocessing else "none"


def _card(entry: DataSet, contents: Contents, tally: Tally, shape: tuple[int, ...], found: str) -> dict[str, Any]:
    """What the prepared folder says of itself."""
    official = data_set(entry.part_of or entry.reduced_from or entry.name)
    return {
        "name": entry.name,
        "title": entry.title,
        "homepage": entry.source.homepage,
        "citation": entry.source.citation,
        "licence": entry.source.licence,
        "redistribution": entry.redistribution,
        "classes": entry.classes,
        "counts": contents.counts,
        "shape": list(shape),
        "preprocessing": _described(entry),
        "converted": dict(tally.converted),  # images stored in another mode than the set's, by mode
        "share_of_official": shape[0] / sum(official.counts.values()),
        "part_of": entry.part_of or entry.reduced_from,
        "identity": found,
        "verified": entry.recorded_identity == found,
        **contents.notes,
    }


def reduce(name: str, data: Path = DATA) -> Path:
    """Make the shipped subset of a reduced set: the first images of each class and split, in the order of the whole."""
    entry = data_set(name)
    full = ImageSet.open(data / "prepared" / str(entry.reduced_from))
    rows = []
    for split, count in entry.per_class.items():
        part = full.split(split)
        labels = full.labels[part]
        chosen = np.concatenate([np.flatnonzero(labels == c)[:count] for c in range(entry.classes)])
        rows.append(np.sort(chosen) + part.start)
    index = np.concatenate(rows)
    path = data / "reduced" / f"{name}.npz"
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, images=full.images[index], labels=full.labels[index])
    return path
