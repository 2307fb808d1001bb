"""``REPORT.md``: one readable page per replication and scale."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from genrep.assumptions import read_assumptions
from genrep.files import write_text
from genrep.layout import REPLICATIONS
from genrep.report.claims import Claim
from genrep.report.tables import to_markdown, write_html

CLAIM_COLUMNS = ["claim", "finding of the report", "place", "verdict", "observed", "reason"]
CELL_COLUMNS = ["cell", "published", "reproduced", "ci_low", "ci_high", "unit", "verdict", "reason"]
SMOKE_NOTE = "**Smoke scale: this proves the machinery. No published number is judged here.**"


def write_page(
    folder: Path,
    name: str,
    scale: str,
    deviations: str,
    cells: pd.DataFrame,
    verdicts: pd.DataFrame,
    claims: list[Claim],
    tables: dict[str, pd.DataFrame],
    figures: list[Path],
    swept: Mapping[str, Sequence[str]],
) -> None:
    """Write ``REPORT.md`` into ``folder``, figures linked by name, and its verdicts as HTML for Snakemake's report.

    ``swept`` has the sentences of the sweeps that have a page of their own, by their ids.
    """
    assumptions = [a.model_dump(include={"id", "value", "evidence"}) for a in read_assumptions(REPLICATIONS / name)]
    findings = pd.DataFrame([{"claim": c.id, "finding of the report": c.finding, "place": c.place} for c in claims])
    # once at the end instead of in every row
    long, short = f"{scale} scale: {deviations}", f"{scale} scale, see the deviations below"
    cells, verdicts = (
        table.assign(reason=table["reason"].str.replace(long, short, regex=False)) for table in (cells, verdicts)
    )
    judged = findings.merge(verdicts, on="claim")[CLAIM_COLUMNS]
    cells = cells[CELL_COLUMNS]
    write_html(folder / "claims.html", judged)
    write_html(folder / "cells.html", cells)
    parts = [f"# {name} at {scale} scale"]
    if scale == "smoke":
        parts.append(SMOKE_NOTE)
    parts += [
        "Written by `genrep tabulate` from `measurements/` alone; provenance of every run is in `verdicts.json`.",
        "## Verdicts",
        to_markdown(summary({"cells": cells, "claims": judged})),
        "## Claims",
        to_markdown(judged),
        "## Cells",
        to_markdown(cells),
    ]
    for title, table in tables.items():
        parts += [f"## {title.replace('_', ' ').capitalize()}", to_markdown(table)]
    if swept:
        parts.append("## Readings of what the report leaves open")
        parts.append("\n".join(f"- [{one}](sweep_{one}/REPORT.md): {' '.join(said)}" for one, said in swept.items()))
    parts.append("## Figures")
    parts += [f"![{figure.stem}]({figure.name})" for figure in figures]
    if deviations:
        parts += ["## Deviations from the report", "\n".join(f"- {one}" for one in deviations.split("; "))]
    parts += [
        "## Assumptions",
        to_markdown(pd.DataFrame(assumptions)),
    ]
    write_text(folder / "REPORT.md", "\n\n".join(parts) + "\n")


def write_sweep_page(
    folder: Path, name: str, scale: str, sweep: str, sentences: list[str], table: pd.DataFrame, figures: list[Path]
) -> None:
    """Write ``REPORT.md`` of one sweep: which reading explains the number, every reading, and the figures."""
    parts = [f"# {name} at {scale} scale: readings of {sweep}"]
    if scale == "smoke":
        parts.append(SMOKE_NOTE)
    command = f"`genrep sweep {name} {sweep} --scale {scale}`"
    parts += [f"Written by {command} from the measurements alone.", *sentences, to_markdown(table)]
    parts += [f"![{figure.stem}]({figure.name})" for figure in figures]
    write_text(folder / "REPORT.md", "\n\n".join(parts) + "\n")


def summary(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Counts per verdict of several tables that have a ``verdict`` column."""
    from genrep.report.verdicts import Verdict

    rows = []
    for title, table in tables.items():
        counts = table["verdict"].value_counts()
        rows.append({"": title, **{str(v): int(counts.get(str(v), 0)) for v in Verdict}, "all": len(table)})
    return pd.DataFrame(rows)
