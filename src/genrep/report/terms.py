"""The terms that published.csv and claims.yaml name our numbers by: ``<metric>:<model>``, or the quotient of two."""

import re
from dataclasses import dataclass

from genrep.errors import UserError
from genrep.report.estimates import LOSSES, OF_IMAGES, Estimate
from genrep.report.measurements import HIGHER_IS_CLEARER, REAL, Measurements
from genrep.report.sampling_times import SIZES


@dataclass(frozen=True)
class Term:
    """``[-]<metric>[@<epoch>]:<model>``: a metric of a model, or its negative, after the last epoch or another one."""

    factor: float
    metric: str
    epoch: int | None
    model: str

    @classmethod
    def parse(cls, text: str) -> "Term":
        """Raises ``UserError`` for what is no term."""
        found = re.fullmatch(r"(-?)([a-z][a-z0-9_/=.]*)(?:@(\d+))?:([a-z0-9_]+)", text)
        if found is None:
            raise UserError(f"protocol {text!r} is not of the form metric:model or metric@epoch:model")
        sign, metric, epoch, model = found.groups()
        return cls(-1.0 if sign else 1.0, metric, int(epoch) if epoch else None, model)


def reproduce(protocol: str, measurements: Measurements) -> Estimate:
    """Our value of a cell: ``<metric>:<model>`` (see ``Term``), or the quotient of two such.

    Raises:
        NotMeasured: something it needs is missing.
    """
    over, _, under = protocol.partition(" / ")
    top = _term(over, measurements)
    if not under:
        return top
    return top.over(_term(under, measurements), protocol)


def _term(text: str, measurements: Measurements) -> Estimate:
    term = Term.parse(text)
    name, _, which = term.metric.partition("/")
    if name == "epoch_seconds" and which in ("first", "last"):
        return measurements.epoch_seconds(term.model, which)
    if term.metric in HIGHER_IS_CLEARER and term.model == REAL:
        return measurements.real_metric(term.metric)
    if is_measured(term.metric) and term.model in measurements.models:
        n = measurements.common_n(term.model, metric=term.metric)
        return measurements.at(measurements.best_run(term.model), term.metric, n, term.epoch).times(term.factor)
    if name in SIZES and term.model in measurements.models:
        return SIZES[name](measurements, term.model, which).times(term.factor)
    raise UserError(f"protocol {text!r} is not known")


def is_measured(metric: str) -> bool:
    """Whether a metric is one that runs are measured by."""
    return metric in HIGHER_IS_CLEARER or metric.startswith((LOSSES, *OF_IMAGES))
