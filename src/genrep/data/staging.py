"""Where a set is made before it takes its place: one process at a time, and never half a set under its name.

Everything happens in a hidden folder beside the set, ``.NAME.work``, which takes the set's name whole.
"""

import math
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from genrep.data.decoding import Unfinished, finished_chunks
from genrep.errors import UserError
from genrep.files import folder_for

RESERVE = 64 * 2**20  # bytes of disk that should stay free
MIB = 2**20


def work_of(folder: Path) -> Path:
    """Where the set of a folder is made."""
    return folder.with_name(f".{folder.name}.work")


@contextmanager
def alone(folder: Path, say: Callable[[str], None]) -> Iterator[bool]:
    """Hold the lock of a set. Yields whether another process has prepared the set while this one waited."""
    card, waited_since = folder / "card.json", None
    with folder_for(folder.parent):
        lock = FileLock(folder.with_name(f".{folder.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            waited_since = time.time()
            say(f"{folder.name}: another process is preparing it; waiting")
            lock.acquire()
        try:
            yield waited_since is not None and card.exists() and card.stat().st_mtime >= waited_since
        finally:
            Path(lock.lock_file).unlink(missing_ok=True)  # while it is held: who waits for it notices
            lock.release()


def recovered(folder: Path) -> bool:
    """Bring back the set that a kill between the two renames of ``staged`` has left without its name."""
    old = work_of(folder) / "old"
    if folder.exists() or not old.is_dir():
        return False
    old.replace(folder)
    return True


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A folder to make the set in; what the block leaves there takes the place of ``folder`` as a whole.

    After a failure nothing is left of it but finished chunks that the next attempt goes on from.
    """
    work = work_of(folder)
    old, new = work / "old", work / "new"
    shutil.rmtree(old, ignore_errors=True)
    new.mkdir(parents=True, exist_ok=True)
    for path in new.iterdir():
        if path.name != "images.npy":
            path.unlink()
    try:
        yield new
    except BaseException as error:
        # a mistake in the files is not mended by going on; an interruption is
        if (isinstance(error, UserError) and not isinstance(error, Unfinished)) or not finished_chunks(work):
            shutil.rmtree(work, ignore_errors=True)
        raise
    _swap(new, folder, old)
    shutil.rmtree(work, ignore_errors=True)


def _swap(new: Path, folder: Path, old: Path) -> None:
    """Two renames: readers find the old set or the new one, whole, but for the moment between."""
    if not folder.exists():
        new.replace(folder)
        return
    folder.replace(old)
    try:
        new.replace(folder)
    except BaseException:
        old.replace(folder)
        raise


def create_images(path: Path, shape: tuple[int, ...], more: int, name: str, replaced: bool) -> None:
    """An array of zeros on disk, its space taken at once: a disk that fills up later kills who writes to the map.

    Args:
        path: of the ``.npy`` file.
        shape: (N, H, W, C) of uint8.
        more: bytes that will be written beside it.
        name: of the set, for the message.
        replaced: whether there is a version that it shall replace.

    Raises:
        Unfinished: there is too little room.
    """
    needed, free = int(np.prod(shape)) + more + RESERVE, shutil.disk_usage(path.parent).free
    kept = "; the previous version is untouched" if replaced else ""
    if needed > free:
        raise Unfinished(
            f"{name} needs {math.ceil(needed / MIB):,} MiB of disk, a reserve of {RESERVE // MIB} included, but "
            f"{free // MIB:,} MiB are free for {path.parent.parent.parent}; make some room{kept}"
        )
    try:
        np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
        if sys.platform == "linux":
            with path.open("r+b") as stream:
                os.posix_fallocate(stream.fileno(), 0, path.stat().st_size)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise Unfinished(f"cannot write {path}: {error.strerror or error}; make some room{kept}") from None
