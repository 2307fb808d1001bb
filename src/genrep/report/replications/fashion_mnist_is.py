"""What only the replication ``fashion_mnist_is`` has: its table and its figures."""

from typing import Any

import pandas as pd

from genrep.report.estimates import Estimate
from genrep.report.measurements import REAL, Measurements
from genrep.report.tables import or_missing, run_table, shown

SCORE = "inception_score/inception"
METRICS = ("inception_score", "legible_share", "classes_covered", "fid", "sharpness")


def tables(measurements: Measurements, published: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Table 1, and every run with its native metrics."""
    return {"table_1": scores(measurements, published), "table_runs": run_table(measurements, METRICS)}


def scores(measurements: Measurements, published: pd.DataFrame) -> pd.DataFrame:
    """Table 1: Inception Scores, published beside ours in every number of splits, and native ones."""
    asked = measurements.params.evaluation.inception
    readings = {
        f"IS, ours ({splits} split{'s' * (splits > 1)})": f"{SCORE}{f'/splits={splits}' * (k > 0)}"
        for k, splits in enumerate(asked.splits if asked else ())
    }
    printed = published.set_index("cell")
    rows = []
    for model in (*measurements.models, REAL):
        cell = printed.loc[f"table1-{model.replace('_', '-')}"]
        spread = cell.tolerance.removeprefix("abs ")
        rows.append(
            {
                "model": model,
                "IS, published": "lost" if pd.isna(cell.value) else f"{cell.value:g} +- {spread}",
                **{title: _with_sd(or_missing(_final, measurements, model, m)) for title, m in readings.items()},
                "native IS, ours": shown(or_missing(_final, measurements, model, "inception_score")),
            }
        )
    return pd.DataFrame(rows)


def _final(measurements: Measurements, model: str, metric: str) -> Any:
    n = measurements.largest_n(metric)
    if model == REAL:
        return measurements.real_metric(metric, n)
    return measurements.final(measurements.best_run(model), metric, n)


def _with_sd(estimate: Estimate | None) -> str:
    """With the standard deviation over splits, which is what the report prints."""
    return shown(estimate) + (f" +- {estimate.sd:.2g}" if estimate and estimate.sd is not None else "")


def figures(measurements: Measurements, notes: list[str]) -> Any:
    """Sample grids, score against sample count, losses and quality; by name, to be drawn by genrep.report.figures."""
    from genrep.report.replications.fashion_mnist_is_figures import makers

    return makers(measurements, notes)
