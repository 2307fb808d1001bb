"""Predicates over terms (genrep.report.terms), and over one model under two samplers."""

from math import hypot, inf
from typing import Annotated, Literal

from pydantic import Field

from genrep.params.base import Params
from genrep.report.estimates import NotMeasured
from genrep.report.measurements import HIGHER_IS_CLEARER, Measurements
from genrep.report.terms import reproduce
from genrep.report.verdicts import Judgement, Verdict, agreement, every, inside


class Ascends(Params):
    """Each term is smaller than the next one."""

    kind: Literal["ascends"]
    terms: Annotated[tuple[str, ...], Field(min_length=2)]

    def judge(self, measurements: Measurements) -> Judgement:
        """The interval of each difference against zero."""
        try:
            found = [reproduce(term, measurements) for term in self.terms]
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        steps = []
        for term, a, b in zip(self.terms, found, found[1:], strict=False):
            margin = hypot(a.margin, b.margin)
            verdict = inside(b.value - a.value - margin, b.value - a.value + margin, 0, inf)
            reason = f"{term}: the difference to the next is within its interval" * (verdict == Verdict.INCONCLUSIVE)
            steps.append(Judgement(verdict, reason))
        observed = ", ".join(f"{term} {value}" for term, value in zip(self.terms, found, strict=True))
        both = every(steps)
        return Judgement(both.verdict, both.reason, observed)


class Near(Params):
    """A term lies within a factor of a value."""

    kind: Literal["near"]
    term: str
    value: float
    factor: float

    def judge(self, measurements: Measurements) -> Judgement:
        """The interval against the range."""
        try:
            found = reproduce(self.term, measurements)
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        verdict = inside(found.low, found.high, self.value / self.factor, self.value * self.factor)
        reason = "the interval straddles the edge of the tolerance" if verdict == Verdict.INCONCLUSIVE else ""
        return Judgement(verdict, reason, f"{self.term} {found}, published {self.value:g}")


class Improves(Params):
    """A model's samples are clearer under its own sampler than under another one, by every metric."""

    kind: Literal["improves"]
    model: str
    metrics: tuple[str, ...]
    than: str  # kind of the other sampler, which evaluation.also names

    def judge(self, measurements: Measurements) -> Judgement:
        """The 95% interval of each difference against zero."""
        return agreement([self._compare(measurements, metric) for metric in self.metrics])

    def _compare(self, measurements: Measurements, metric: str) -> Judgement:
        try:
            run, n = measurements.best_run(self.model), measurements.common_n(self.model, metric=metric)
            own, other = (measurements.final(run, name, n) for name in (metric, f"{metric}@{self.than}"))
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        difference = HIGHER_IS_CLEARER[metric] * (own.value - other.value)
        margin = hypot(own.margin, other.margin)
        verdict = inside(difference - margin, difference + margin, 0, inf)
        reason = f"{metric}: the difference is within its interval" if verdict == Verdict.INCONCLUSIVE else ""
        return Judgement(verdict, reason, f"{metric}: {self.model} {own}, with {self.than} {other}")
