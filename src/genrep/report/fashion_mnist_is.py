"""What only the replication ``fashion_mnist_is`` has: its table and its figures."""

from typing import Any

import pandas as pd

from genrep.report.measurements import REAL, Measurements, NotMeasured
from genrep.report.tables import or_missing, run_table, shown

METRICS = ("inception_score", "legible_share", "classes_covered", "fid", "sharpness")


def tables(measurements: Measurements, published: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Table 1, and every run with its native metrics."""
    return {"table_1": scores(measurements, published), "table_runs": run_table(measurements, METRICS)}


def scores(measurements: Measurements, published: pd.DataFrame) -> pd.DataFrame:
    """Table 1: Inception Scores, published beside ours, and native ones."""
    printed = published.set_index("cell")
    rows = []
    for model in (*measurements.models, REAL):
        cell = printed.loc[f"table1-{model.replace('_', '-')}"]
        spread = cell.tolerance.removeprefix("abs ")
        rows.append(
            {
                "model": model,
                "IS, published": "lost" if pd.isna(cell.value) else f"{cell.value:g} +- {spread}",
                "IS, ours": shown(or_missing(_final, measurements, model, "inception_score/inception")),
                "native IS, ours": shown(or_missing(_final, measurements, model, "inception_score")),
            }
        )
    return pd.DataFrame(rows)


def _final(measurements: Measurements, model: str, metric: str) -> Any:
    n = max(measurements.params.evaluation.samples)
    if model == REAL:
        return measurements.real_metric(metric, n)
    if model not in measurements.best:
        raise NotMeasured(model)
    return measurements.final(measurements.best_run(model), metric, n)


def figures(measurements: Measurements, notes: list[str]) -> Any:
    """Sample grids, score against sample count, losses and quality; by name, to be drawn by genrep.report.figures."""
    from genrep.report.figures.fashion_mnist_is import makers

    return makers(measurements, notes)
