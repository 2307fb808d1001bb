"""What only the replication ``char74k_cifar10`` has: a table of runs, since the report prints none, and figures."""

from typing import Any

import pandas as pd

from genrep.report.measurements import Measurements
from genrep.report.tables import run_table

METRICS = ("fid", "legible_share", "conditional_accuracy", "sharpness", "high_frequency", "density", "coverage")


def tables(measurements: Measurements, published: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Every run with its metrics after the last epoch."""
    return {"table_runs": run_table(measurements, METRICS)}


def figures(measurements: Measurements, notes: list[str]) -> Any:
    """Figures 2 to 5, latent spaces and curves; by name, to be drawn by genrep.report.figures."""
    from genrep.report.replications.char74k_cifar10_figures import makers

    return makers(measurements, notes)
