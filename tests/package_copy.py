"""A copy of the package whose code can be edited, and hashed in place of the real one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from genrep import codehash


class PackageCopy:
    """Edits take effect at once: what codehash remembers of the sources is forgotten."""

    def __init__(self, folder: Path):
        self.folder = folder

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text that a module has once."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, (name, old)
        path.write_text(text.replace(old, new), encoding="utf-8")
        forget()


def forget() -> None:
    codehash._syntax.cache_clear()
    codehash.code_hash.cache_clear()


@contextmanager
def copied_package(folder: Path) -> Iterator[PackageCopy]:
    """Copy the package to ``folder``, where ``code_hash`` finds it until the block ends."""
    shutil.copytree(codehash.PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(codehash, "PACKAGE", folder)
        forget()
        yield PackageCopy(folder)
    forget()
