"""Writing tables: CSV for programs, Markdown for people."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from genrep.data.catalogue import data_set
from genrep.files import write_text
from genrep.params import RunParams
from genrep.report.estimates import Estimate, NotMeasured
from genrep.report.measurements import Measurements

STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 1em; color: #222; background: #fff }
table { border-collapse: collapse }
th, td { text-align: left; vertical-align: top; padding: .35em .7em; border-bottom: 1px solid #ddd; max-width: 34em }
th { position: sticky; top: 0; background: #f4f4f4 }
"""
Found = TypeVar("Found")
DIGITS = 6  # significant, so that a regenerated file is equal to the last bit that matters
OF_CLASSES = ("legible_share", "inception_score", "classes_covered")  # metrics that one class alone makes empty
WHOLE = 2**53  # below which a float holds every whole number


def rounded(value: float | None) -> float | None:
    """``value`` to ``DIGITS`` significant digits; a whole number, such as a count, keeps all of them."""
    if value is None or (abs(value) < WHOLE and float(value).is_integer()):
        return value if value is None else float(value)
    return float(f"{value:.{DIGITS}g}")


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV."""
    write_text(path, table.to_csv(index=False, lineterminator="\n"))


def to_markdown(table: pd.DataFrame) -> str:
    """A table as Markdown, empty where a value is missing."""
    shown = table.astype(object).where(table.notna(), "").map(lambda cell: str(cell).replace("|", r"\|"))
    return str(shown.to_markdown(index=False, disable_numparse=True))


def write_html(path: Path, table: pd.DataFrame) -> None:
    """Write a table as a page of its own, for Snakemake's report, which shows HTML and only offers CSV for download."""
    body = table.astype(object).where(table.notna(), "").to_html(index=False, border=0, escape=True)
    write_text(path, f"<!doctype html>\n<meta charset=utf-8>\n<style>{STYLE}</style>\n{body}\n")


def write_table(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write ``<name>.csv``, ``<name>.md`` and ``<name>.html``."""
    write_csv(folder / f"{name}.csv", table)
    write_html(folder / f"{name}.html", table)
    write_text(folder / f"{name}.md", to_markdown(table) + "\n")


def or_missing(compute: Callable[..., Found], *args: Any) -> Found | None:
    """``compute(*args)``, or None where it has not been measured."""
    try:
        return compute(*args)
    except NotMeasured:
        return None


def shown(estimate: Estimate | None) -> str:
    """An estimate for people; a dash where there is none."""
    return "-" if estimate is None else str(estimate)


def run_table(measurements: Measurements, metrics: tuple[str, ...]) -> pd.DataFrame:
    """One row per run: its status, its last losses and its metrics after the last epoch."""
    rows = []
    for name, run in measurements.params.runs.items():
        if run.sampler is None:
            continue
        records = measurements.runs.get(name, {})
        first = next(iter(records.values()), None)
        n = max(measurements.params.samples_of(name))
        last = first["log"][-1]["losses"] if first and first["log"] else {}
        rows.append(
            {
                "run": name,
                "learning rate": _learning_rate(run, records),
                "seeds": f"{len(records)} of {len(run.seeds)}",
                "status": first["status"] if first else "not run",
                "losses at the end": ", ".join(f"{key} {value:.4g}" for key, value in last.items()) or "-",
                "n": n,
                **{metric: _final(measurements, name, metric, n) for metric in metrics},
                "best of its model": "yes" if name in measurements.best.values() else "",
            }
        )
    return pd.DataFrame(rows)


def _final(measurements: Measurements, name: str, metric: str, n: int) -> str:
    """A metric after the last epoch; a dash too where a classifier of one class, which is always sure, says nothing."""
    judge = measurements.params.runs[measurements.params.classifier_of(name)].data
    if metric in OF_CLASSES and not judge.attributes and data_set(judge.set).classes == 1:
        return "-"
    return shown(or_missing(measurements.final, name, metric, n))


def _learning_rate(run: RunParams, records: dict[int, dict[str, Any]]) -> float | str:
    """What the measured seeds were trained with, whatever ``params.yaml`` says by now; its value where none was run."""
    identities = (record.get("provenance", {}).get("identity", {}) for record in records.values())
    rates = dict.fromkeys(one["params"]["optimizer"]["lr"] for one in identities if one) or {run.optimizer.lr: None}
    return next(iter(rates)) if len(rates) == 1 else ", ".join(f"{rate:g}" for rate in rates)


def curve_table(measurements: Measurements) -> pd.DataFrame:
    """Every metric of every snapshot in long form."""
    rows = [
        {
            "run": name,
            "seed": seed,
            "epoch": snapshot["epoch"],
            "metric": entry["name"],
            "n": entry["n"],
            "value": rounded(entry["value"]),
        }
        for name, records in measurements.runs.items()
        for seed, record in records.items()
        for snapshot in record["snapshots"]
        for entry in snapshot["metrics"]
    ]
    return pd.DataFrame(rows, columns=["run", "seed", "epoch", "metric", "n", "value"])
