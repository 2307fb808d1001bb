"""The table of all studies: one row per metric, one column per model."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from genrep.report.estimates import NotMeasured, estimate
from genrep.report.measurements import Measurements


def tables(measurements: Measurements) -> dict[str, pd.DataFrame]:
    """``table_studies``, and ``table_studies_not_possible`` with the reasons; nothing where no study is asked for."""
    if measurements.params.studies is None:
        return {}
    return {"table_studies": numbers(measurements), "table_studies_not_possible": reasons(measurements)}


def numbers(measurements: Measurements) -> pd.DataFrame:
    """Value and 95% interval of each metric, models side by side; the id is that of the first model that has it."""
    studies = measurements.studies
    rows: dict[tuple[str, str, int], dict[str, Any]] = {}
    for model, run in studies.runs.items():
        for record in list(studies.records.get(run, {}).values())[:1]:
            for study, part in record["studies"].items():
                for entry in part["metrics"]:
                    row = rows.setdefault((study, entry["name"], entry["n"]), {"id": entry["id"]})
                    row[model] = _shown(measurements, model, entry["name"], entry["n"])
    columns = ["study", "metric", "n", *studies.runs, "id"]
    found = [{"study": s, "metric": m, "n": n} | row for (s, m, n), row in rows.items()]
    return pd.DataFrame(found, columns=columns).sort_values("study", key=_order(measurements), kind="stable")


def _order(measurements: Measurements) -> Callable[[pd.Series], pd.Series]:
    """The place of each study among those that are asked for."""
    asked = measurements.params.studies.asked if measurements.params.studies else ()
    return lambda column: column.map({study: place for place, study in enumerate(asked)})


def _shown(measurements: Measurements, model: str, metric: str, n: int) -> str:
    return str(estimate(measurements.studies.entries(model, metric)[n]))


def reasons(measurements: Measurements) -> pd.DataFrame:
    """Which studies could not be done with which model, and why."""
    studies, asked = measurements.studies, measurements.params.studies
    rows = [
        {"study": study, "model": model, "reason": reason}
        for study in (asked.asked if asked else ())
        for model in studies.runs
        if (reason := studies.reason(model, study))
    ]
    return pd.DataFrame(rows, columns=["study", "model", "reason"])


def shown(measurements: Measurements, model: str, metric: str) -> str:
    """A metric of a model for a caption; a dash where there is none."""
    try:
        return str(measurements.studies.estimate(model, metric))
    except NotMeasured:
        return "-"
