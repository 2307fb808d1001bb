"""``summaries/<name>/``: what DVC keeps of the last ``dvc repro``, so that its diffs have two sides."""

import shutil
from pathlib import Path

import pandas as pd

from genrep.errors import UserError
from genrep.files import write_atomically
from genrep.layout import SUMMARIES, results_folder
from genrep.report.tables import write_csv


def summarise(name: str, scale: str) -> Path:
    """Write ``metrics.json`` and, for ``dvc plots``, ``curves/<run>.csv``: a row an epoch, a column a metric.

    Curves are those of each run's first seed, at its largest sample count.

    Raises:
        UserError: the replication has no results at this scale.
    """
    results, folder = results_folder(scale, name), SUMMARIES / name
    if not (results / "metrics.json").exists():
        raise UserError(f"{results} has no results; run: snakemake --cores all -- replicate_{name}")
    write_atomically(folder / "metrics.json", lambda to: shutil.copyfile(results / "metrics.json", to))
    curves = pd.read_csv(results / "curves.csv")
    for stale in folder.glob("curves/*.csv"):
        stale.unlink()
    for run, rows in curves.groupby("run"):
        largest = rows.groupby("metric")["n"].transform("max")
        one = rows[(rows["seed"] == rows["seed"].min()) & (rows["n"] == largest)]
        write_csv(
            folder / "curves" / f"{run}.csv",
            one.pivot_table(index="epoch", columns="metric", values="value").reset_index(),
        )
    return folder
