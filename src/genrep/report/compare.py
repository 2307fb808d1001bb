"""``genrep compare``, ``genrep diff`` and the README's scoreboard: reading results that are there."""

import re
from pathlib import Path

import pandas as pd

from genrep.errors import UserError
from genrep.layout import REPLICATIONS, RESULTS, results_folder
from genrep.report.page import summary
from genrep.report.tables import to_markdown

KINDS = {"cell": "cells.csv", "claim": "claims.csv"}
TABLE = re.compile(r"(?P<start><!-- table: (?P<path>\S+) -->).*?(?P<end><!-- end of table -->)", re.S)
START, END = "<!-- scoreboard: written by genrep scoreboard -->", "<!-- end of scoreboard -->"


def read_results(folder: Path) -> dict[str, pd.DataFrame]:
    """``cells.csv`` and ``claims.csv`` of a results folder, by ``cell`` and ``claim``.

    Raises:
        UserError: there are none.
    """
    try:
        tables = {kind: pd.read_csv(folder / name, dtype={kind: str}) for kind, name in KINDS.items()}
    except FileNotFoundError as error:
        raise UserError(f"{error.filename} does not exist; run: genrep tabulate, or the replication itself") from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise UserError(f"{folder}: its tables are damaged ({error}); run: genrep tabulate") from None
    for kind, table in tables.items():
        if not {kind, "verdict"} <= set(table.columns):
            raise UserError(f"{folder / KINDS[kind]} lacks its columns; run: genrep tabulate")
    return tables


def unexpected(name: str, scale: str) -> list[str]:
    """Verdicts that differ from ``expected.csv``, one line each; nothing is expected of smoke but comparability."""
    results = read_results(results_folder(scale, name))
    found = {
        (kind, str(identifier)): str(verdict)
        for kind, table in results.items()
        for identifier, verdict in zip(table[kind], table["verdict"], strict=True)
    }
    expected = expected_verdicts(name, scale)
    if scale == "smoke":
        expected = {key: "not comparable" if verdict != "not run" else verdict for key, verdict in found.items()}
    lines = [
        f"{kind} {identifier}: {found.get((kind, identifier), 'missing')}, expected {verdict}"
        for (kind, identifier), verdict in expected.items()
        if found.get((kind, identifier)) != verdict
    ]
    return lines + [f"{kind} {i}: {found[kind, i]}, not in expected.csv" for kind, i in found.keys() - expected.keys()]


def expected_verdicts(name: str, scale: str) -> dict[tuple[str, str], str]:
    """``expected.csv`` of a replication at one scale: (kind, id) -> verdict."""
    path = REPLICATIONS / name / "expected.csv"
    if not path.exists():
        raise UserError(f"{path} does not exist; write the verdicts to expect there: scale,kind,id,verdict")
    try:
        table = pd.read_csv(path, dtype=str)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no table: {' '.join(str(error).split())}") from None
    if missing := {"scale", "kind", "id", "verdict"} - set(table.columns):
        raise UserError(f"{path} lacks the column {min(missing)!r}; it needs scale,kind,id,verdict")
    rows = table[table["scale"] == scale]
    return {(kind, i): verdict for kind, i, verdict in zip(rows["kind"], rows["id"], rows["verdict"], strict=True)}


def diff(a: Path, b: Path) -> pd.DataFrame:
    """Cells and claims that differ between two results folders: value and verdict on both sides."""
    parts = []
    for kind, left in read_results(a).items():
        right = read_results(b)[kind]
        shown = "reproduced" if kind == "cell" else "observed"
        both = left[[kind, shown, "verdict"]].merge(
            right[[kind, shown, "verdict"]], on=kind, how="outer", suffixes=(" a", " b")
        )
        same = pd.Series(True, index=both.index)
        for column in (shown, "verdict"):
            one, other = both[f"{column} a"], both[f"{column} b"]
            same &= (one == other) | (one.isna() & other.isna())
        parts.append(both[~same].rename(columns={kind: "id", f"{shown} a": "ours a", f"{shown} b": "ours b"}))
    return pd.concat(parts, ignore_index=True)


def scoreboard() -> str:
    """Verdict counts over all committed results, as Markdown."""
    rows = []
    for scale in ("full", "desk"):
        for folder in sorted((RESULTS / scale).glob("*")):
            table = summary(read_results(folder)).rename(columns={"": "kind"})
            table.insert(0, "scale", scale)
            table.insert(0, "replication", f"[{folder.name}]({folder.as_posix()}/REPORT.md)")
            rows.append(table.replace({"kind": {"cell": "cells", "claim": "claims"}}))
    return to_markdown(pd.concat(rows)) if rows else "No results have been committed yet."


def readme_with_scoreboard(text: str) -> str:
    """The README with the scoreboard between its two marks.

    Raises:
        UserError: the marks are missing.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise UserError(f"README.md lacks the lines {START!r} and {END!r}")
    return f"{before}{START}\n\n{scoreboard()}\n\n{END}{after}"


def with_tables(text: str) -> str:
    """A page with the tables that it quotes: ``<!-- table: PATH -->`` to ``<!-- end of table -->``, from the file.

    Raises:
        UserError: there is no such file.
    """

    def quoted(mark: re.Match[str]) -> str:
        path = Path(mark["path"])
        if not path.exists():
            raise UserError(f"{path}, which a page quotes, does not exist")
        return f"{mark['start']}\n\n{path.read_text(encoding='utf-8')}\n{mark['end']}"

    return TABLE.sub(quoted, text)
