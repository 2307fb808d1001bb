"""From official files to the prepared layout: found or fetched, verified, decoded, counted, hashed, then named."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock, Timeout

from genrep.data import layouts
from genrep.data.arrays import ImageSet, identity
from genrep.data.catalogue import DATA, PREPARED, DataSet, Source, data_set, source
from genrep.data.decode import Recipe, Tally
from genrep.data.decoding import decode_all
from genrep.data.fetch import DOWNLOADED, fetch
from genrep.data.layouts import Contents
from genrep.data.raw import MIRROR, at_hand, check, forget, locate, mirror_directory
from genrep.errors import UserError
from genrep.files import atomic_path
from genrep.params.training import DataParams

__all__ = ["DATA", "MIRROR", "PREPARED", "images_of", "mirror_directory", "prepare", "prepared", "reduce"]

SHOWN = 5  # unreadable images that are named
SPARE = 64 * 2**20  # bytes of disk that should stay free
WORK = ".work"


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
    folder = data / "prepared" / name
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder, say) as just_made:
        if just_made:
            return ImageSet.open(folder)
        started = time.monotonic()
        with _blaming_files(entry, data):
            made = _reduced(entry, data) if entry.reduced_from else _official(entry, data, partial, folder)
            contents, described = made
            _compare_counts(entry, contents, partial)
            tally = _write_images(entry, contents, folder / WORK, workers)
        images = np.load(folder / WORK / "images.npy", mmap_mode="r", allow_pickle=False)
        found = identity(images, contents.labels, contents.attributes, contents.masks)
        _compare_identity(entry, found, data, partial, say)
        if found == entry.recorded_identity:  # the pixels are verified, whichever copy of the files they come from
            described.pop("files", None)
        card = _card(entry, contents, tally, images.shape, found) | described
        result = ImageSet(images, contents.labels, card, contents.attributes, contents.masks)
        _finish(folder, result)
        seconds = time.monotonic() - started
        say(f"{name}: {len(images)} images in {seconds:.1f} s, {len(images) / seconds:,.0f} images/s")
        return ImageSet.open(folder)


@contextmanager
def _alone(folder: Path, say: Callable[[str], None]) -> Iterator[bool]:
    """Hold the folder's lock. Yields whether another process has prepared the set while this one waited."""
    lock, card, waited_since = FileLock(folder / ".lock"), folder / "card.json", None
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waited_since = time.time()
        say(f"{folder.name}: another process is preparing it; waiting")
        lock.acquire()
    try:
        yield waited_since is not None and card.exists() and card.stat().st_mtime >= waited_since
    finally:
        lock.release()


@contextmanager
def _blaming_files(entry: DataSet, data: Path) -> Iterator[None]:
    """What nobody has published a hash for may turn out to be bad only now: its recorded hash must not bar the mend."""
    try:
        yield
    except UserError:
        for name in entry.sources:
            forget(source(name), data)
        raise


def _official(entry: DataSet, data: Path, partial: bool, folder: Path) -> tuple[Contents, dict[str, Any]]:
    """The contents of the first source that is at hand or can be downloaded, and what the card says of its files."""
    origin = _choose(entry, data, partial)
    names = [name for name in origin.files if not partial or locate(origin, name, data) is not None]
    checked = {name: check(origin, name, data, partial) for name in names}
    files = {name: path for name, (path, _) in checked.items()}
    contents = layouts.held_out(layouts.read(origin, entry, files, folder / WORK), entry.hold_out)
    deviations = [*origin.deviations, *(["only a part of the official images, as found"] if partial else [])]
    return contents, {
        "source": origin.name,
        "deviations": deviations,
        "files": {name: verified for name, (_, verified) in checked.items()},
    }


def _choose(entry: DataSet, data: Path, partial: bool) -> Source:
    origins = [source(name) for name in entry.sources]
    for origin in origins:
        if origin.access == "generated" or at_hand(origin, data):
            return origin
        archive = origin.layout.archive
        if partial and archive is not None and locate(origin, archive, data) is not None:
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


def _write_images(entry: DataSet, contents: Contents, work: Path, workers: int | None) -> Tally:
    """Write ``images.npy`` into the work folder."""
    C, H, W = entry.shape
    shape = (len(contents.labels), H, W, C)
    path = work / "images.npy"
    work.mkdir(exist_ok=True)
    if not contents.blobs or not (path.exists() and np.load(path, mmap_mode="r").shape == shape):
        (work / "progress").unlink(missing_ok=True)
        _create(path, shape)
    if contents.blobs:
        if H != W:
            raise UserError(
                f"{entry.name}: images are prepared as squares, not {H}x{W}; mend its shape in the catalogue"
            )
        recipe = Recipe(W, "RGB" if C == 3 else "L", *_steps(entry))
        tally = decode_all(contents.blobs, recipe, path, entry.name, workers)
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


def _create(path: Path, shape: tuple[int, ...]) -> None:
    """An array of zeros on disk, its space taken at once: a disk that fills up later kills who writes to the map."""
    needed = int(np.prod(shape))
    free = shutil.disk_usage(path.parent).free
    if needed + SPARE > free:
        raise UserError(
            f"{path.parent.parent} needs {needed / 2**20:,.0f} MiB, of which {free / 2**20:,.0f} MiB are free; "
            "make some room"
        )
    try:
        np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
        if sys.platform == "linux":
            with path.open("r+b") as stream:
                os.posix_fallocate(stream.fileno(), 0, path.stat().st_size)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise UserError(f"cannot write {path}: {error.strerror or error}; make some room") from None


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
    shutil.rmtree(data / "prepared" / entry.name / WORK)
    raise UserError(f"{entry.name}: the decoded pixels have sha256 {found}, expected {expected}; {mend}")


def _card(entry: DataSet, contents: Contents, tally: Tally, shape: tuple[int, ...], found: str) -> dict[str, Any]:
    """What the prepared folder says of itself."""
    official = data_set(entry.part_of or entry.reduced_from or entry.name)
    preprocessing = entry.preprocessing.describe(shape[1]) if entry.preprocessing else "none"
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
        "preprocessing": preprocessing,
        "converted": dict(tally.converted),  # images stored in another mode than the set's, by mode
        "share_of_official": shape[0] / sum(official.counts.values()),
        "part_of": entry.part_of or entry.reduced_from,
        "identity": found,
        "verified": entry.recorded_identity == found,
        **contents.notes,
    }


def _finish(folder: Path, result: ImageSet) -> None:
    """Give the finished arrays their names; while they change there is no card, so nobody takes them for a set."""
    (folder / "card.json").unlink(missing_ok=True)
    (folder / WORK / "images.npy").replace(folder / "images.npy")
    for name in ("attributes", "masks"):
        (folder / f"{name}.npy").unlink(missing_ok=True)
    result.save_beside(folder)
    shutil.rmtree(folder / WORK)


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
