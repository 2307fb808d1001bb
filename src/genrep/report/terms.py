"""The terms that published.csv and claims.yaml name our numbers by: ``<metric>:<model>``, or the quotient of two."""

from math import sqrt

from genrep.errors import UserError
from genrep.report.measurements import HIGHER_IS_CLEARER, REAL, Estimate, Measurements
from genrep.report.sampling_times import SIZES


def reproduce(protocol: str, measurements: Measurements) -> Estimate:
    """Our value of a cell: ``<metric>:<model>``, or the quotient of two such.

    Raises:
        NotMeasured: something it needs is missing.
    """
    over, _, under = protocol.partition(" / ")
    top = _term(over, measurements)
    if not under:
        return top
    bottom = _term(under, measurements)
    value = top.value / bottom.value
    # relative margins of independent factors add in squares
    margin = value * sqrt((top.margin / top.value) ** 2 + (bottom.margin / bottom.value) ** 2)
    return Estimate(value, value - margin, value + margin, min(top.n_seeds, bottom.n_seeds), metric=protocol)


def _term(term: str, measurements: Measurements) -> Estimate:
    """``<metric>:<model>``, or ``<metric>/<which>:<model>``."""
    metric, _, model = term.partition(":")
    name, _, which = metric.partition("/")
    if name == "epoch_seconds" and which in ("first", "last"):
        return measurements.epoch_seconds(model, which)
    if metric in HIGHER_IS_CLEARER and model == REAL:
        return measurements.real_metric(metric)
    if metric in HIGHER_IS_CLEARER and model in measurements.models:
        n = measurements.common_n(model, metric=metric)
        return measurements.final(measurements.best_run(model), metric, n)
    if name in SIZES and model in measurements.models:
        return SIZES[name](measurements, model, which)
    raise UserError(f"protocol {term!r} is not known")
