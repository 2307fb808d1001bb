"""Decoding many images at once: chunks of rows, spread over processes, each written straight into the array on disk.

Memory stays bounded: a worker holds one chunk of prepared rows and one decoded image. Finished chunks survive an
interruption: the file ``progress`` names them, and the next attempt goes on from there.
"""

import hashlib
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import astuple
from pathlib import Path

from tqdm import tqdm

from genrep.data.archives import Blob
from genrep.data.decode import Chunk, Recipe, Tally, decode_chunk
from genrep.errors import UserError

ROWS = 256  # of a chunk
PROGRESS = "progress"
WORTH_A_POOL = 1000  # images; fewer are decoded sooner than processes have started


class Unfinished(UserError):
    """Preparing stopped for want of room or memory, not because of the files: the same command goes on from there."""


def finished_chunks(work: Path) -> int:
    """How many chunks an earlier attempt has left in a work folder."""
    path = work / PROGRESS
    return max(0, len(path.read_text(encoding="utf-8").splitlines()) - 1) if path.is_file() else 0


def decode_all(
    blobs: tuple[Blob, ...], recipe: Recipe, array: Path, work: Path, name: str, workers: int | None = None
) -> Tally:
    """Decode images into the rows of an existing ``.npy`` file.

    An image that cannot be read stops nothing but its chunk, so that all of them can be named and counted; the chunk
    is not taken for finished.

    Args:
        blobs: where the bytes of each image are, in the order of the rows.
        recipe: what is done to each.
        array: (N, size, size, C) uint8.
        work: the folder of the file ``progress``.
        name: shown by the progress bar.
        workers: processes; None: one per core.

    Raises:
        Unfinished: a worker was killed.
    """
    progress = work / PROGRESS
    chunks = [
        Chunk(number, start, blobs[start : start + ROWS]) for number, start in enumerate(range(0, len(blobs), ROWS))
    ]
    tally, finished = _finished(progress, _plan(blobs, recipe))
    todo = [chunk for chunk in chunks if chunk.number not in finished]
    workers = min(workers or os.cpu_count() or 1, len(todo))
    if sum(len(chunk.blobs) for chunk in todo) < WORTH_A_POOL:
        workers = 1
    bar = tqdm(desc=name, total=len(blobs), unit=" images", disable=None, smoothing=0.1)
    bar.update(sum(len(chunks[number].blobs) for number in finished))
    with bar, progress.open("a", encoding="utf-8") as record:
        for chunk, found in _run(todo, recipe, array, workers):
            tally.add(found)
            if not found.unreadable:
                record.write(json.dumps({"chunk": chunk.number, "converted": found.converted}) + "\n")
                record.flush()
            bar.update(len(chunk.blobs))
    return tally


def _plan(blobs: tuple[Blob, ...], recipe: Recipe) -> str:
    """What has to be the same for finished chunks to count: the recipe, and every entry with the age of its file."""
    digest = hashlib.sha256(repr((astuple(recipe), ROWS)).encode())
    for blob in blobs:
        digest.update(repr((blob.name, blob.path, blob.offset, blob.stored, blob.size, blob.crc)).encode())
    for path in sorted({blob.path for blob in blobs}):
        digest.update(str(Path(path).stat().st_mtime_ns).encode())
    return digest.hexdigest()


def _finished(progress: Path, plan: str) -> tuple[Tally, set[int]]:
    """What an earlier attempt at the same plan has done; of another plan nothing counts."""
    tally = Tally()
    finished: set[int] = set()
    first, *lines = progress.read_text(encoding="utf-8").splitlines() if progress.exists() else [""]
    if first != plan:
        progress.write_text(plan + "\n", encoding="utf-8")
        return tally, finished
    for line in lines:
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:  # cut short by a kill
            continue
        finished.add(int(entry["chunk"]))
        tally.converted.update(entry["converted"])
    return tally, finished


def _run(todo: list[Chunk], recipe: Recipe, array: Path, workers: int) -> Iterator[tuple[Chunk, Tally]]:
    if workers <= 1:
        for chunk in todo:
            yield chunk, decode_chunk(chunk, recipe, array)
        return
    # fork: a new interpreter would take as long as a few thousand images; what it inherits is not used
    method = "fork" if sys.platform == "linux" else "spawn"
    pool: Executor = ProcessPoolExecutor(workers, multiprocessing.get_context(method), _settle, (os.getpid(),))
    try:
        futures = {pool.submit(decode_chunk, chunk, recipe, array): chunk for chunk in todo}
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool:
        raise Unfinished(
            "a process that decoded images was killed, probably for memory or disk space; free some and run the same "
            "command again, it goes on where it stopped"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _settle(parent: int) -> None:
    """Leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
