"""Published cells: reading ``published.csv``, reproducing each from measurements, judging it."""

from math import inf
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa

from genrep.errors import UserError
from genrep.report import flags
from genrep.report.estimates import Estimate, NotMeasured
from genrep.report.measurements import Measurements
from genrep.report.sampling_times import cpu_reason
from genrep.report.terms import Term, reproduce
from genrep.report.verdicts import Judgement, Verdict, inside

SCHEMA = pa.DataFrameSchema(
    {
        "cell": pa.Column(str, unique=True),
        "value": pa.Column(float, nullable=True),  # a lost value stays, unknown
        "unit": pa.Column(str, nullable=True),
        "place": pa.Column(str),
        "direction": pa.Column(str, nullable=True),
        "protocol": pa.Column(str),
        "tolerance": pa.Column(str, pa.Check.str_matches(r"^(none|exact|(factor|abs) \d+(\.\d+)?)$")),
        "tolerance_reason": pa.Column(str, pa.Check.str_length(min_value=10)),
    },
    strict=True,
    coerce=True,
)


BOUND = "elbo/"  # before the name of a split
LOST = "the published value is lost"


def read_published(folder: Path) -> pd.DataFrame:
    """``published.csv`` of a replication, checked.

    Raises:
        UserError: a column or value breaks the contract.
    """
    path = folder / "published.csv"
    try:
        return SCHEMA.validate(pd.read_csv(path, dtype={"unit": str, "direction": str}))
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except (pa.errors.SchemaError, pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: {str(error).splitlines()[0]}") from None


def tolerated(published: float, tolerance: str) -> tuple[float, float]:
    """The range that a tolerance (``exact``, ``abs 2``, ``factor 1.5``) leaves around a published value."""
    kind, _, size = tolerance.partition(" ")
    if kind == "factor":
        return published / float(size), published * float(size)
    if kind == "abs":
        return published - float(size), published + float(size)
    return (published, published) if kind == "exact" else (-inf, inf)


def judge(cell: Any, measurements: Measurements, scale: str) -> tuple[Judgement, Estimate | None]:
    """Verdict on one row of ``published.csv``, and our value where there is one."""
    try:
        ours = reproduce(cell.protocol, measurements)
    except NotMeasured as missing:
        if pd.isna(cell.value):  # measuring would not help
            return Judgement(Verdict.NOT_COMPARABLE, LOST), None
        return Judgement(Verdict.NOT_RUN, str(missing)), None
    noted = flags.of_cell(measurements, cell.protocol)
    obstacle = incomparable(cell, measurements, scale)
    if obstacle:
        return Judgement(Verdict.NOT_COMPARABLE, "; ".join([obstacle, *_least(cell, measurements), *noted])), ours
    verdict = inside(ours.low, ours.high, *tolerated(cell.value, cell.tolerance))
    reason = "the interval straddles the edge of the tolerance" if verdict == Verdict.INCONCLUSIVE else ""
    return Judgement(verdict, "; ".join(filter(None, [reason, *noted]))), ours


def incomparable(cell: Any, measurements: Measurements, scale: str) -> str:
    """Why a cell cannot be held against the published value; empty where it can."""
    if scale != "full":
        return f"{scale} scale: {measurements.deviations}"
    if measurements.deviations:  # a part of the official images
        return measurements.deviations
    if pd.isna(cell.value):
        return LOST
    if cell.tolerance == "none":
        return cell.tolerance_reason
    if "epoch_seconds" in cell.protocol:
        return cpu_times(measurements, cell.protocol)
    if "sampling_seconds" in cell.protocol:
        return cpu_reason(measurements, cell.protocol)
    return ""


def _least(cell: Any, measurements: Measurements) -> list[str]:
    """Why a bound on other images than the report's says little: the part of it that belongs to the images alone."""
    term = Term.parse(cell.protocol.partition(" / ")[0])
    if not measurements.deviations or not term.metric.startswith(BOUND):
        return []
    limit = f"log_likelihood_limit/{term.metric.removeprefix(BOUND)}"
    try:
        least = -measurements.at(measurements.best_run(term.model), limit, 0, term.epoch).value
    except NotMeasured:  # Gaussian pixels have none
        return []
    return [
        f"no decoder brings the loss of these images below {least:.5g} nats, the entropy of their grey values, and"
        f" other images have another entropy; {cell.value:g} is published, with a tolerance of {cell.tolerance}"
    ]


def cpu_times(measurements: Measurements, protocol: str) -> str:
    """The reason not to judge a ratio of times that a CPU took, with the ratio of arithmetic beside it."""
    machine = (measurements.times or {})["machine"]
    if machine["device"] == "cuda":
        return ""
    models = [term.partition(":")[2] for term in protocol.split(" / ")]
    reason = f"timed on a CPU ({machine['device_name']}, {machine['threads']} threads); the report used a GPU"
    if len(set(models)) == 2:
        top, bottom = (measurements.epoch_flops(model).value for model in models)
        reason += f"; the ratio of arithmetic per epoch is {top / bottom:.3g}"
    return reason
