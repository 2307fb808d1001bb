"""The text files that come with CelebA: attributes and the official split, one line per image."""

from pathlib import Path

import numpy as np

from genrep.errors import UserError

_SIGNS = frozenset(("1", "-1"))


def stem(name: str) -> str:
    """``folder/000001.jpg`` -> ``000001``, for hundreds of thousands of names."""
    return name.rpartition("/")[2].rpartition(".")[0]


def attribute_file(path: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    """CelebA's format: a count, the names, then per image its file name and 1 or -1 for each.

    Returns:
        The names, and by stem of the file name the values (A,) bool.

    Raises:
        UserError: a line is malformed, which is named, or there are more or fewer than promised.
    """
    lines = _lines(path, "list of attributes")
    if len(lines) < 2 or not lines[0].strip().isdecimal():
        raise UserError(f"{path} is no list of attributes: line 1 is no count; fetch it again")
    names = lines[1].split()
    rows = {}
    for number, line in enumerate(lines[2:], start=3):
        name, *values = line.split() or [""]
        if len(values) != len(names) or not _SIGNS.issuperset(values):
            raise UserError(
                f"{path} is no list of attributes: line {number} does not have a name and {len(names)} times 1 or -1; "
                "fetch it again"
            )
        rows[stem(name)] = values
    if len(lines) - 2 != int(lines[0]):
        promised = f"{len(lines) - 2} lines of attributes but promises {int(lines[0])}"
        raise UserError(f"{path} has {promised}; fetch it again")
    signs = np.array(list(rows.values()), dtype="U2").reshape(len(rows), len(names)) == "1"
    return names, dict(zip(rows, signs, strict=True))


def partition_file(path: Path) -> dict[str, int]:
    """CelebA's official split by stem of the file name: 0 training, 1 validation, 2 test.

    Raises:
        UserError: a line is malformed, which is named.
    """
    parts = {}
    for number, line in enumerate(_lines(path, "official split"), start=1):
        fields = line.split()
        if len(fields) != 2 or fields[1] not in ("0", "1", "2"):
            raise UserError(
                f"{path} is no official split: line {number} does not have a name and 0, 1 or 2; fetch it again"
            )
        parts[stem(fields[0])] = int(fields[1])
    return parts


def _lines(path: Path, kind: str) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").rstrip().splitlines()
    except UnicodeDecodeError:
        raise UserError(f"{path} is no {kind}: it is no text; fetch it again") from None
