"""What only the replication ``mnist_timing`` has: its two tables and its figures."""

from typing import Any

import pandas as pd

from genrep.report.measurements import Measurements
from genrep.report.tables import or_missing, rounded, run_table

METRICS = ("legible_share", "fid", "inception_score", "sharpness")


def tables(measurements: Measurements, published: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Table 1, and the comparison of optimizers that the report speaks of and does not print."""
    return {"table_1": epoch_times(measurements, published), "table_optimizers": run_table(measurements, METRICS)}


def epoch_times(measurements: Measurements, published: pd.DataFrame) -> pd.DataFrame:
    """Table 1: seconds of the first and the last epoch, published beside ours."""
    values = published.set_index("cell")["value"]
    rows = []
    for model in measurements.models:
        first = or_missing(measurements.epoch_seconds, model, "first")
        last = or_missing(measurements.epoch_seconds, model, "last")
        flops = or_missing(measurements.epoch_flops, model)
        cold = measurements.timed(model)["epochs"][0]["first_step_seconds"] if first else None
        rows.append(
            {
                "model": model,
                "1st epoch, published (s)": values[f"table1-{model}-first"],
                "1st epoch, ours (s)": rounded(first.value) if first else None,
                "of which first step (s)": rounded(cold),
                "50th epoch, published (s)": values[f"table1-{model}-last"],
                "later epochs, ours (s)": rounded(last.value) if last else None,
                "arithmetic per epoch (TFLOP)": rounded(flops.value / 1e12) if flops else None,
            }
        )
    return pd.DataFrame(rows)


def figures(measurements: Measurements, notes: list[str]) -> Any:
    """Figures 5, 6, 9 to 11, samples over epochs, and curves; by name, to be drawn by genrep.report.figures."""
    from genrep.report.replications.mnist_timing_figures import makers

    return makers(measurements, notes)
