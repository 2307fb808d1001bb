"""What the readings of a sweep came to, read off the measurements of a replication."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genrep.assumptions import AS_USED
from genrep.layout import REPLICATIONS
from genrep.params import ReplicationParams
from genrep.report.cells import incomparable, read_published, tolerated
from genrep.report.estimates import Estimate, NotMeasured
from genrep.report.inception import is_inception, lacking
from genrep.report.measurements import Measurements
from genrep.report.terms import Term
from genrep.report.verdicts import Verdict, inside
from genrep.sweep.readings import Variant

WITHIN = {Verdict.REPLICATED: "yes", Verdict.NOT_REPLICATED: "no", Verdict.INCONCLUSIVE: "on the edge"}


@dataclass(frozen=True)
class Row:
    """One reading, read off the measurements."""

    variant: Variant
    cell: Any  # of published.csv
    metric: str
    epoch: int
    own: bool  # the metric is the cell's
    value: Estimate | None
    curve: tuple[np.ndarray, np.ndarray] | None  # epochs and values, means over seeds; None: not over epochs
    within: str
    reason: str

    @property
    def tolerated(self) -> tuple[float, float] | None:
        """The range around the published value; None where the row has no value on its axis, or it no bounds."""
        if not self.own or self.value is None or pd.isna(self.cell.value):
            return None
        low, high = tolerated(self.cell.value, self.cell.tolerance)
        return (low, high) if isfinite(high - low) else None

    @property
    def band(self) -> tuple[float, float] | None:
        """The tolerated range; None where there is nothing to hold against it, or it cannot be."""
        return None if self.within == Verdict.NOT_COMPARABLE else self.tolerated

    @property
    def epochs_within(self) -> list[int]:
        """Epochs whose value lies in the band, intervals apart."""
        if self.band is None or self.curve is None:
            return []
        low, high = self.band
        epochs, values = self.curve
        return [int(epoch) for epoch in epochs[(low <= values) & (values <= high)]]


def read_rows(name: str, scale: str, variants: list[Variant], results: Path) -> list[Row]:
    """Every reading with what was measured of it.

    Args:
        name: of the replication.
        scale: smoke, desk or full.
        variants: the readings.
        results: the results folder of the replication.
    """
    measurements = Measurements(results, _with_all_runs(variants), {v.name: v.params for v in variants})
    cells = read_published(REPLICATIONS / name).set_index("cell", drop=False)
    return [_row(variant, cells.loc[variant.move.cell], measurements, scale) for variant in variants]


def grouped(rows: list[Row]) -> list[list[Row]]:
    """Rows that may share an axis: those of one cell by its own metric, and apart from them those by another one."""
    groups: dict[tuple[str, bool], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.cell.cell, row.own), []).append(row)
    return list(groups.values())


def _row(variant: Variant, cell: Any, measurements: Measurements, scale: str) -> Row:
    reading, term = variant.reading, Term.parse(cell.protocol)
    metric = reading.metric or variant.move.metric or term.metric
    own = metric == term.metric or variant.move.metric is None
    epoch, shown = reading.epoch or term.epoch, reading.epoch or term.epoch or variant.run.epochs
    factor = term.factor * reading.factor
    try:
        if variant.not_run:
            raise NotMeasured(variant.not_run)
        n = reading.n or _largest_n(variant, metric)
        value = measurements.at(variant.name, metric, n, epoch, reading.protocol, reading.seed).times(factor)
    except NotMeasured as missing:
        reason = f"{missing}; needs {reading.needs}" if reading.needs else str(missing)
        return Row(variant, cell, metric, shown, own, None, None, str(Verdict.NOT_RUN), reason)
    try:
        # a reading that is an epoch has no other ones
        curve = None if reading.epoch else _curve(measurements, variant, metric, n, factor)
    except NotMeasured:  # after the last epoch alone
        curve = None
    within, reason = _judged(value, cell, own, measurements, scale)
    stopped = [r["status"] for r in measurements.runs[variant.name].values() if r["status"] != "finished"]
    reason = "; ".join(filter(None, [reason, *stopped]))
    return Row(variant, cell, metric, shown, own, value, curve, within, reason)


def _largest_n(variant: Variant, metric: str) -> int:
    """The sample count of the cell: the largest that the metric is measured at."""
    inception = variant.params.evaluation.inception
    if not is_inception(metric):
        return max(variant.params.samples_of(variant.name))
    if inception is None:
        raise NotMeasured(lacking(variant.params, metric))
    return max(inception.samples)


def _judged(value: Estimate, cell: Any, own: bool, measurements: Measurements, scale: str) -> tuple[str, str]:
    """Whether a value lies within the tolerance, and why that is not said."""
    if not own:
        return str(Verdict.NOT_COMPARABLE), f"the cell is {cell.protocol.partition(':')[0]}; compare with {AS_USED}"
    obstacle = incomparable(cell, measurements, scale)
    if obstacle:
        return str(Verdict.NOT_COMPARABLE), obstacle
    return WITHIN[inside(value.low, value.high, *tolerated(cell.value, cell.tolerance))], ""


def _curve(
    measurements: Measurements, variant: Variant, metric: str, n: int, factor: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Means over the seeds at the epochs that all of them have."""
    run, reading = variant.name, variant.reading
    seeds = [seed for seed in measurements.runs[run] if reading.seed in (None, seed)]
    found = [measurements.curve(run, seed, metric, n, reading.protocol) for seed in seeds]
    count = min(len(epochs) for epochs, _ in found)
    if count < 2:
        return None
    return found[0][0][:count], factor * np.mean([values[:count] for _, values in found], axis=0)


def _with_all_runs(variants: list[Variant]) -> ReplicationParams:
    """The replication's parameters with the runs of every reading."""
    runs = {v.name: v.run for v in variants}
    return variants[0].params.model_copy(update={"runs": variants[0].params.runs | runs})
