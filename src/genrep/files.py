"""Files that are either whole or absent, and their hashes."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genrep.errors import UserError


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling of ``path`` that takes its name when the block ends well.

    Whatever goes wrong inside - a full disk, an interrupt - leaves the previous ``path`` as it was
    and removes the temporary file.

    Raises:
        UserError: the disk refused the write (full, read-only, no permission).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last: some writers (numpy, matplotlib) choose the format by it or append one.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise UserError(
            f"cannot write {path}: {error.strerror or error}; "
            "free some space or fix the permissions, then run the same command again "
            "(the previous version of the file is untouched)"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, write: Callable[[Path], Any]) -> None:
    """Call ``write(temporary)`` and rename the result to ``path``."""
    with atomic_path(path) as temporary:
        write(temporary)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON with a final newline; NaN and infinity are refused."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        UserError: the file is absent or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; run the step that writes it (genrep --help lists them)") from None
    except json.JSONDecodeError as error:
        raise UserError(f"{path} is not valid JSON ({error}); delete it and make it again") from None


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_json(value: Any) -> str:
    """SHA-256 of the canonical JSON form of ``value`` (sorted keys, no spaces)."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def remove_empty(folder: Path, last: Path) -> None:
    """Remove a folder and those above it, up to ``last``, as long as they are empty."""
    while True:
        try:
            folder.rmdir()
        except OSError:  # something is in it, or it is gone
            return
        if folder == last:
            return
        folder = folder.parent


@contextmanager
def folder_for(folder: Path) -> Iterator[Path]:
    """Make a folder; when the block ends, whichever way, remove what it has made of it and is still empty."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        if made:
            remove_empty(folder, made[-1])
