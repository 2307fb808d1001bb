"""``results/<scale>/<name>/``: everything in it but ``measurements/`` is written here, from the measurements alone."""

from collections import Counter
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from genrep.files import write_json
from genrep.layout import REPLICATIONS, real_name, results_folder
from genrep.params import ReplicationParams
from genrep.report import cells as cells_module
from genrep.report import claims as claims_module
from genrep.report.figures import book
from genrep.report.history import last_touched
from genrep.report.measurements import Measurements
from genrep.report.page import write_page
from genrep.report.study_tables import tables as study_tables
from genrep.report.sweeps import told
from genrep.report.tables import curve_table, rounded, write_csv, write_table

CELL_COLUMNS = [
    *("cell", "published", "reproduced", "seed_sd", "eval_sd", "n_seeds", "ci_low", "ci_high"),
    *("unit", "tolerance", "verdict", "reason", "metric"),
]


def tabulate(name: str, scale: str, params: ReplicationParams, folder: Path | None = None) -> Path:
    """Write tables, figures, verdicts and the page of one replication.

    Args:
        name: of the replication.
        scale: smoke, desk or full.
        params: resolved at that scale.
        folder: ``results/<scale>/<name>`` if None; its ``measurements/`` are read.

    Returns:
        The folder.
    """
    folder = folder or results_folder(scale, name)
    measurements = Measurements(folder, params)
    published = cells_module.read_published(REPLICATIONS / name)
    claims = claims_module.read_claims(REPLICATIONS / name)
    own = import_module(f"genrep.report.replications.{name}")

    cells = judged_cells(published, measurements, scale)
    verdicts = pd.DataFrame(
        [
            {"claim": claim.id, "observed": found.observed, "verdict": str(found.verdict), "reason": found.reason}
            for claim in claims
            for found in [claims_module.judge(claim, measurements, scale)]
        ]
    )
    write_csv(folder / "cells.csv", cells)
    write_csv(folder / "claims.csv", verdicts)
    write_csv(folder / "curves.csv", curve_table(measurements))
    write_json(folder / "metrics.json", final_metrics(measurements))
    write_json(folder / "verdicts.json", verdict_record(name, scale, cells, verdicts, measurements))
    tables = own.tables(measurements, published) | study_tables(measurements)
    for title, table in tables.items():
        write_table(folder, title, table)
    notes = book.notes(scale)
    figures = book.draw(folder, own.figures(measurements, notes) | study_figures(own, measurements, notes))
    swept = told(name, scale, params, folder)
    write_page(folder, name, scale, measurements.deviations, cells, verdicts, claims, tables, figures, swept)
    return folder


def study_figures(own: ModuleType, measurements: Measurements, notes: list[str]) -> book.Makers:
    """The figures of the studies, under the names that a replication gives its models and files (STUDY_FIGURES).

    A file is called ``figure_study_<study>`` where it gives none.
    """
    from genrep.report.figures.studies import makers

    names = getattr(own, "STUDY_MODELS", {})
    models = {model: names.get(model, model) for model in measurements.studies.runs}
    return makers(measurements, models, notes, getattr(own, "STUDY_FIGURES", {}))


def judged_cells(published: pd.DataFrame, measurements: Measurements, scale: str) -> pd.DataFrame:
    """One row per published cell, always all of them."""
    rows = []
    for cell in published.itertuples(index=False):
        found, ours = cells_module.judge(cell, measurements, scale)
        rows.append(
            {
                "cell": cell.cell,
                "published": cell.value,
                "reproduced": rounded(ours.value) if ours else None,
                "seed_sd": rounded(ours.seed_sd) if ours else None,
                "eval_sd": rounded(ours.eval_sd) if ours else None,
                "n_seeds": ours.n_seeds if ours else 0,
                "ci_low": rounded(ours.low) if ours else None,
                "ci_high": rounded(ours.high) if ours else None,
                "unit": cell.unit,
                "tolerance": cell.tolerance,
                "verdict": str(found.verdict),
                "reason": found.reason + ("; n_seeds<3" if ours and ours.n_seeds < 3 and found.reason else ""),
                "metric": ours.metric if ours else cell.protocol,
            }
        )
    return pd.DataFrame(rows, columns=CELL_COLUMNS)


def final_metrics(measurements: Measurements) -> dict[str, Any]:
    """Each run's metrics after its last epoch (first seed), nested for ``dvc metrics diff``."""
    return {
        name: {
            m["name"] if m["n"] is None else f"{m['name']}_n{m['n']}": rounded(m["value"])
            for m in record["snapshots"][-1]["metrics"]
        }
        for name, records in measurements.runs.items()
        for record in list(records.values())[:1]
        if record["snapshots"]
    }


def verdict_record(
    name: str, scale: str, cells: pd.DataFrame, claims: pd.DataFrame, measurements: Measurements
) -> dict[str, Any]:
    """Counts per verdict, and the provenance of every run behind them.

    Every cell and claim of a replication rests on the same runs, so provenance stands once, by run.
    """
    commits = last_touched(REPLICATIONS / name / "published.csv")
    params = measurements.params
    default = params.evaluation.classifier
    return {
        "replication": name,
        "scale": scale,
        "counts": {"cells": dict(Counter(cells["verdict"])), "claims": dict(Counter(claims["verdict"]))},
        "cells": {
            row.cell: {"verdict": row.verdict, "tolerance_commit": commits.get(str(row.cell))}
            for row in cells.itertuples()
        },
        "claims": {row.claim: {"verdict": row.verdict} for row in claims.itertuples()},
        "runs": {
            f"{run}-seed{seed}": {key: record[key] for key in ("provenance", "how", "classifier", "evaluation")}
            | {key: record[key] for key in ("inception",) if key in record}
            for run, records in measurements.runs.items()
            for seed, record in records.items()
        },
        **{
            real_name(run, default): record
            and {key: record[key] for key in ("classifier", "evaluation", "inception") if key in record}
            for run in params.classifiers
            for record in [measurements.reals.get(run)]
        },
        **_studied(measurements),
        "epoch_times": _apart_from_runs(measurements.times),
        **({} if params.sampling_times is None else {"sampling_times": _apart_from_runs(measurements.sampling)}),
    }


def _apart_from_runs(record: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if record is None else {key: value for key, value in record.items() if key != "runs"}


def _studied(measurements: Measurements) -> dict[str, Any]:
    """The provenance of the studies; nothing where none is asked for."""
    if measurements.params.studies is None:
        return {}
    keys = ("provenance", "how", "code", "classifier", "evaluation")
    found = {
        f"{run}-seed{seed}": {key: record[key] for key in keys}
        for run, records in measurements.studies.records.items()
        for seed, record in records.items()
    }
    return {"studies": found}
