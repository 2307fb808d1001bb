"""``results/<scale>/<name>/sweep_<id>/``: every reading of a choice against the published number that it can move.

Written from committed measurements alone. A reading is held against the tolerance only where it is of the cell's own
metric; on another one (a native score in place of one that needs the Inception network) it shows how far the choice
moves a number of that kind, by its distance from the reading in use.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from genrep.assumptions import AS_USED
from genrep.errors import UserError
from genrep.layout import REPLICATIONS, results_folder
from genrep.params import ReplicationParams
from genrep.params.load import check_choice
from genrep.report.cells import read_published
from genrep.report.explained import explanation, spans
from genrep.report.measurements import HIGHER_IS_CLEARER
from genrep.report.page import write_sweep_page
from genrep.report.sweep_rows import Row, grouped, read_rows
from genrep.report.tables import rounded, write_table
from genrep.report.terms import Term, is_measured
from genrep.sweep.readings import Sweeps, Variant, sweeps
from genrep.workflow import Plan

PREFIX = "sweep_"  # of the folders, before the id


def check(plan: Plan, found: Sweeps) -> None:
    """Look at the cells and metrics of sweeps before anything is trained for them.

    Raises:
        UserError: a cell or a metric does not exist.
    """
    cells = read_published(REPLICATIONS / plan.name).set_index("cell")
    for variant in (v for variants in found.values() for v in variants):
        where = f"assumptions.yaml: {variant.assumption}"
        check_choice(f"{where}: moves a cell", variant.move.cell, tuple(cells.index))
        protocol = str(cells.loc[variant.move.cell, "protocol"])
        if " / " in protocol:
            raise UserError(f"{where}: cell {variant.move.cell} is a quotient, which no reading of one run gives")
        metric = variant.reading.metric or variant.move.metric or Term.parse(protocol).metric
        if not is_measured(metric):
            check_choice(f"{where}: metric", metric, tuple(HIGHER_IS_CLEARER))


def write(plan: Plan, sweep: str, variants: list[Variant], folder: Path | None = None) -> Path:
    """Write the table, figures and page of one sweep.

    Args:
        plan: of the replication.
        sweep: its id.
        variants: its readings.
        folder: the results folder of the replication if None; its ``measurements/`` are read.

    Returns:
        The folder that was written.
    """
    from genrep.report.figures import book
    from genrep.report.figures.sweeps import makers

    results = folder or results_folder(plan.scale, plan.name)
    out = results / f"{PREFIX}{sweep}"
    rows = read_rows(plan.name, plan.scale, variants, results)
    sentences = [explanation(group, command(plan.name, sweep, plan.scale)) for group in grouped(rows)]
    table = table_of(rows)
    write_table(out, "table_readings", table)
    figures = book.draw(out, makers(sweep, grouped(rows), book.notes(plan.scale)))
    write_sweep_page(out, plan.name, plan.scale, sweep, sentences, table, figures)
    return out


def told(name: str, scale: str, params: ReplicationParams, results: Path) -> dict[str, list[str]]:
    """The sentences of each sweep whose page is there, by its id, for the page of the replication.

    Args:
        name: of the replication.
        scale: smoke, desk or full.
        params: resolved at that scale.
        results: the results folder of the replication.
    """
    there = {path.parent.name.removeprefix(PREFIX) for path in results.glob(f"{PREFIX}*/REPORT.md")}
    found = sweeps(name, params, scale) if there else {}
    rows = {one: read_rows(name, scale, variants, results) for one, variants in found.items() if one in there}
    return {
        one: [explanation(group, command(name, one, scale)) for group in grouped(of_one)]
        for one, of_one in rows.items()
    }


def command(name: str, sweep: str, scale: str) -> str:
    """What runs the readings of a sweep that have not been run."""
    return f"genrep sweep {name} {sweep} --scale {scale}"


def table_of(rows: Iterable[Row]) -> pd.DataFrame:
    """One line per reading."""
    used = {row.cell.cell: row.value for row in rows if row.variant.reading.id == AS_USED}
    lines = []
    for row in rows:
        reading, value = row.variant.reading, row.value
        before = used.get(row.cell.cell)
        patch = reading.run | reading.evaluation
        lines.append(
            {
                "assumption": row.variant.assumption,
                "reading": reading.id,
                "in words": reading.says,
                "laid over": json.dumps(patch) if patch else "",
                "cell": row.cell.cell,
                "metric": value.metric if value else row.metric,
                "epoch": row.epoch,
                "n_seeds": value.n_seeds if value else 0,
                "value": rounded(value.value) if value else None,
                "ci_low": rounded(value.low) if value else None,
                "ci_high": rounded(value.high) if value else None,
                "sd over splits": rounded(value.sd) if value and value.sd is not None else None,
                "published": row.cell.value,
                "tolerance": row.cell.tolerance,
                "deviation": rounded(value.value - row.cell.value) if value and row.own else None,
                "within tolerance": row.within,
                "epochs within": spans(row.epochs_within),
                "change from as used": rounded(value.value - before.value) if value and before else None,
                "reason": row.reason,
            }
        )
    return pd.DataFrame(lines)
