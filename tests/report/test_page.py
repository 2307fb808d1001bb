"""The page of a made-up replication, read back."""

import re
from pathlib import Path

import pandas as pd
import pytest

from genrep.report.claims import Claim
from genrep.report.page import SMOKE_NOTE, summary, write_page
from genrep.report.verdicts import Verdict

ASSUMPTIONS = "- {id: batch-size, value: 128, evidence: the example's code, readings: []}\n"


def table_of(*rows: tuple[str, str, str], kind: str) -> pd.DataFrame:
    """(id, verdict, reason) as ``cells.csv`` or ``claims.csv`` has them."""
    table = pd.DataFrame(rows, columns=[kind, "verdict", "reason"])
    if kind == "claim":
        return table.assign(observed="what we saw")
    return table.assign(published=2.0, reproduced=[None] * len(rows), ci_low=0.5, ci_high=1.5, unit="s")


CELLS = table_of(("a", "replicated", ""), ("b", "not run", "b was not run; about 3 h"), kind="cell")
CLAIMS = table_of(("X1", "not replicated", ""), ("X2", "inconclusive", "the ranges overlap"), kind="claim")


def claim(identifier: str) -> Claim:
    part = {"kind": "drift", "model": "vae", "below": 0.5}
    return Claim(id=identifier, place=f"Section {identifier}", finding=f"Finding of {identifier}.", parts=(part,))  # type: ignore[arg-type]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """``page(scale, ...)``: the text of REPORT.md."""
    (tmp_path / "replications/x").mkdir(parents=True)
    (tmp_path / "replications/x/assumptions.yaml").write_text(ASSUMPTIONS)
    monkeypatch.chdir(tmp_path)

    def write(scale: str = "full", deviations: tuple[str, ...] = (), **swept: list[str]) -> str:
        tables = {"table_1": pd.DataFrame({"model": ["vae"], "seconds": [4.25]})}
        claims, figures = [claim("X1"), claim("X2")], [tmp_path / "figure_9_vae_samples.png"]
        write_page(tmp_path, "x", scale, "; ".join(deviations), CELLS, CLAIMS, claims, tables, figures, swept)
        return (tmp_path / "REPORT.md").read_text()

    return write


def section(text: str, title: str) -> str:
    """What stands under a heading."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert found, f"no section {title} in {re.findall('^## .*', text, re.M)}"
    return found[1].strip()


def row_of(table: str, first: str) -> list[str]:
    """Cells of the row of a Markdown table that starts with ``first``."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    (found,) = [row for row in rows if row[0] == first]
    return found


def test_every_cell_stands_with_its_verdict_and_reason(page) -> None:
    cells = section(page(), "Cells")
    assert row_of(cells, "a") == ["a", "2.0", "", "0.5", "1.5", "s", "replicated", ""]
    assert row_of(cells, "b")[-2:] == ["not run", "b was not run; about 3 h"]


def test_every_claim_stands_with_its_place_and_what_was_observed(page) -> None:
    found = row_of(section(page(), "Claims"), "X2")
    assert found == ["X2", "Finding of X2.", "Section X2", "inconclusive", "what we saw", "the ranges overlap"]


def test_sweeps_are_linked_with_what_they_say(page) -> None:
    assert "Readings of" not in page()
    found = section(
        page(rate=["10 is published.", "Nothing else."], sign=["Minus."]), "Readings of what the report leaves open"
    )
    lines = ["- [rate](sweep_rate/REPORT.md): 10 is published. Nothing else.", "- [sign](sweep_sign/REPORT.md): Minus."]
    assert found.splitlines() == lines


def test_verdicts_are_counted(page) -> None:
    counts = section(page(), "Verdicts")
    assert row_of(counts, "cells") == ["cells", "1", "0", "0", "0", "1", "2"]
    assert row_of(counts, "claims") == ["claims", "0", "1", "1", "0", "0", "2"]


def test_tables_figures_and_assumptions_are_there(page) -> None:
    text = page()
    assert row_of(section(text, "Table 1"), "vae") == ["vae", "4.25"]
    assert section(text, "Figures") == "![figure_9_vae_samples](figure_9_vae_samples.png)"  # beside the page
    assert row_of(section(text, "Assumptions"), "batch-size") == ["batch-size", "128", "the example's code"]


def test_only_the_smoke_page_says_that_it_proves_nothing(page) -> None:
    smoke = page("smoke")
    assert smoke.startswith("# x at smoke scale\n")
    assert smoke.index(SMOKE_NOTE) < smoke.index("##")
    assert SMOKE_NOTE not in page("full")


def test_deviations_are_listed_where_there_are_any(page) -> None:
    assert section(page("desk", ("half the data", "half the epochs")), "Deviations from the report") == (
        "- half the data\n- half the epochs"
    )
    assert "Deviations" not in page("full")


def test_a_summary_counts_every_verdict_even_those_that_nobody_got() -> None:
    counts = summary({"cells": CELLS, "claims": CLAIMS})
    assert list(counts.columns) == ["", *map(str, Verdict), "all"]
    assert (counts[[str(verdict) for verdict in Verdict]].sum(axis=1) == counts["all"]).all()
