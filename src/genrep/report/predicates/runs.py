"""Predicates that claims are made of; each judges itself over measurements."""

from collections.abc import Iterator
from math import hypot, inf
from typing import Literal

import numpy as np
from pydantic import model_validator
from scipy.stats import spearmanr

from genrep.params.base import Params
from genrep.report.estimates import Estimate, NotMeasured
from genrep.report.measurements import HIGHER_IS_CLEARER, REAL, Measurements
from genrep.report.predicates.moments import Moment, Reached, by_clock, span
from genrep.report.verdicts import Judgement, Verdict, agreement, inside, of_seeds

SIGNIFICANCE = 0.05
Pair = tuple[str, str]


def curves(measurements: Measurements, model: str, metric: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Epochs and values of a metric in each seed of a model's best run.

    Raises:
        NotMeasured: the model has not been run.
    """
    run, n = measurements.best_run(model), measurements.common_n(model, metric=metric)
    return (measurements.curve(run, seed, metric, n) for seed in measurements.runs[run])


def significant(found: tuple[float, float]) -> bool | None:
    """Whether a correlation, given with its p, is positive beyond chance; None where chance may make it."""
    rho, p = found
    return bool(rho > 0) if p < SIGNIFICANCE else None


class Order(Params):
    """The first model is worse (for a quality) or cheaper (for a cost) than the second, by every metric.

    ``real`` in place of a model stands for real images.
    """

    kind: Literal["order"]
    models: Pair
    metrics: tuple[str, ...]

    def judge(self, measurements: Measurements) -> Judgement:
        """The 95% interval of each difference against zero."""
        return agreement([order(measurements, self.models, metric) for metric in self.metrics])


class Reaches(Params):
    """A model's metric comes up to a value, or to a share of what real images get."""

    kind: Literal["reaches"]
    model: str
    metric: str
    value: float | None = None
    share_of_real: float | None = None

    @model_validator(mode="after")
    def _one_goal(self) -> "Reaches":
        if (self.value is None) == (self.share_of_real is None):
            raise ValueError("reaches: give either value or share_of_real")
        return self

    def judge(self, measurements: Measurements) -> Judgement:
        """The 95% interval of the distance to the goal, which has one of its own where it is a share of real images.

        Where the real images' interval reaches 0, as with a classifier that recognises none of them, it stays open.
        """
        try:
            found = value_of(measurements, self.model, self.metric, (self.model,))
            goal, goal_margin, real = self._goal(measurements)
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        observed = f"{self.metric}: {self.model} {found}, goal {goal:.4g}"
        if real is not None:
            observed += f" ({self.share_of_real:g} of real images' {real})"
            if real.low <= 0:
                reason = f"{self.metric}: real images themselves have {real}, of which a share says nothing"
                return Judgement(Verdict.INCONCLUSIVE, reason, observed)
        beyond, margin = self.beyond(found.value, goal), hypot(found.margin, goal_margin)
        verdict = inside(beyond - margin, beyond + margin, 0, inf)
        reason = f"{self.metric}: the goal is within the interval" if verdict == Verdict.INCONCLUSIVE else ""
        return Judgement(verdict, reason, observed)

    @staticmethod
    def beyond(value: float, goal: float) -> float:
        """How far a value is on the right side of the goal."""
        return value - goal

    def _goal(self, measurements: Measurements) -> tuple[float, float, Estimate | None]:
        """The goal with its margin, and what real images get where it is a share of that."""
        if self.share_of_real is None:
            assert self.value is not None
            return self.value, 0.0, None
        real = value_of(measurements, REAL, self.metric, (self.model,))
        return self.share_of_real * real.value, self.share_of_real * real.margin, real


class FallsShort(Reaches):
    """A model's metric stays below a value, or below a share of what real images get."""

    kind: Literal["falls_short"]  # type: ignore[assignment]

    @staticmethod
    def beyond(value: float, goal: float) -> float:
        """How far a value stays below the goal."""
        return goal - value


class Agrees(Params):
    """Whichever of two models is clearer also costs more."""

    kind: Literal["agrees"]
    models: Pair
    metrics: tuple[str, ...]
    cost: str

    def judge(self, measurements: Measurements) -> Judgement:
        """Whether the order by quality is the order by cost."""
        quality = agreement([order(measurements, self.models, metric) for metric in self.metrics])
        cost = order(measurements, self.models, self.cost)
        observed = ", ".join(filter(None, (quality.observed, cost.observed)))
        decided = {Verdict.REPLICATED, Verdict.NOT_REPLICATED}
        for side in (quality, cost):
            if side.verdict not in decided:
                return Judgement(side.verdict, side.reason, observed)
        same = quality.verdict == cost.verdict
        return Judgement(Verdict.REPLICATED if same else Verdict.NOT_REPLICATED, "", observed)


class Drift(Params):
    """The 50th epoch's time over the first's lies between two bounds."""

    kind: Literal["drift"]
    model: str
    above: float = 0.0
    below: float = inf

    def judge(self, measurements: Measurements) -> Judgement:
        """The ratio's range against the bounds."""
        try:
            first = measurements.epoch_seconds(self.model, "first")
            last = measurements.epoch_seconds(self.model, "last")
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        observed = f"{self.model}: {last.value / first.value:.3g} times the first epoch's time"
        verdict = inside(last.low / first.value, last.high / first.value, self.above, self.below)
        reason = "the range straddles a bound" if verdict == Verdict.INCONCLUSIVE else ""
        return Judgement(verdict, reason, observed)


class Rises(Params):
    """A model's images get clearer over its snapshots, by every metric."""

    kind: Literal["rises"]
    model: str
    metrics: tuple[str, ...]

    def judge(self, measurements: Measurements) -> Judgement:
        """The trend of every metric over the epochs."""
        return agreement([self._trend(measurements, metric) for metric in self.metrics])

    def _trend(self, measurements: Measurements, metric: str) -> Judgement:
        """Rank correlation of the metric with the epoch, in every seed."""
        try:
            found = [
                spearmanr(epochs, HIGHER_IS_CLEARER[metric] * values)
                for epochs, values in curves(measurements, self.model, metric)
            ]
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        shown = ", ".join(f"{rho:.2f}" for rho, _ in found)
        observed = f"{self.model} {metric}: rank correlation with the epoch {shown}"
        return of_seeds(map(significant, found), observed, "no clear trend, or not in every seed")


class Sooner(Params):
    """The first model reaches a share of the real images' score, for good, before the second, by every clock.

    For good: a generator's first noise may all be taken for one class with confidence, which is no digit yet.
    """

    kind: Literal["sooner"]
    models: Pair
    metric: str
    share_of_real: float
    clocks: tuple[Literal["epoch", "seconds"], ...]

    def judge(self, measurements: Measurements) -> Judgement:
        """First snapshots at the goal; with several seeds the ranges must not overlap."""
        try:
            reached = {model: self._first(measurements, model) for model in self.models}
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        event = f"at {self.share_of_real:.0%} of real"
        return agreement([earlier(self.models, reached, clock, event) for clock in self.clocks])

    def _first(self, measurements: Measurements, model: str) -> Reached:
        goal = self.share_of_real * measurements.real_metric(self.metric, model=model).value
        found = [
            Moment.at_snapshot(epochs, for_good(values >= goal))
            for epochs, values in curves(measurements, model, self.metric)
        ]
        return by_clock(measurements, model, found, self.clocks)


def earlier(models: Pair, reached: dict[str, Reached], clock: str, event: str) -> Judgement:
    """Whether the first model comes to an event before the second, by one clock and in every seed.

    Snapshots tell of an event only that it fell between two of them, so two models that come to it within the same
    stretch of epochs (or seconds) leave the order open.

    Args:
        models: the earlier one first.
        reached: by model and clock, a moment per seed.
        clock: ``epoch`` or ``seconds``.
        event: in words.
    """
    a, b = (reached[model][clock] for model in models)
    observed = f"{clock} {event}: " + ", ".join(f"{model} {span(reached[model][clock])}" for model in models)
    if min(moment.latest for moment in a + b) == inf:
        return Judgement(Verdict.INCONCLUSIVE, "neither gets there", observed)
    if max(moment.latest for moment in a) <= min(moment.after for moment in b):
        return Judgement(Verdict.REPLICATED, "", observed)
    if max(moment.latest for moment in b) <= min(moment.after for moment in a):
        return Judgement(Verdict.NOT_REPLICATED, "", observed)
    one_seed = len(a) == len(b) == 1
    reason = "both between the same snapshots" if one_seed else "the seeds' ranges overlap"
    return Judgement(Verdict.INCONCLUSIVE, reason, observed)


def order(measurements: Measurements, models: Pair, metric: str) -> Judgement:
    """Whether the first model lies below the second: less clear, or cheaper."""
    try:
        a, b = (value_of(measurements, model, metric, models) for model in models)
    except NotMeasured as missing:
        return Judgement(Verdict.NOT_RUN, str(missing))
    difference = HIGHER_IS_CLEARER.get(metric, 1) * (b.value - a.value)
    margin = hypot(a.margin, b.margin)
    verdict = inside(difference - margin, difference + margin, 0, inf)
    observed = f"{metric}: {models[0]} {a}, {models[1]} {b}"
    reason = f"{metric}: the difference is within its interval" if verdict == Verdict.INCONCLUSIVE else ""
    return Judgement(verdict, reason, observed)


def moment(name: str) -> tuple[str, int | None]:
    """``gan@5`` is the model ``gan`` after epoch 5; without an epoch it is after its last."""
    model, _, epoch = name.partition("@")
    return model, int(epoch) if epoch else None


def value_of(measurements: Measurements, name: str, metric: str, compared: tuple[str, ...]) -> Estimate:
    """A model's cost, or its best run's quality at the largest sample count that all compared models have.

    Real images count as a model, at the sample count of those that they are compared with. Names may have an epoch (see
    ``moment``).
    """
    model, epoch = moment(name)
    if metric == "epoch_flops":
        return measurements.epoch_flops(model)
    if metric.startswith("epoch_seconds/"):
        return measurements.epoch_seconds(model, metric.partition("/")[2])
    others = [moment(one)[0] for one in compared if one != REAL]
    n = measurements.common_n(*others, metric=metric)
    if model == REAL:
        return measurements.real_metric(metric, n, others[0])
    return measurements.at(measurements.best_run(model), metric, n, epoch)


def for_good(reached: np.ndarray) -> int | None:
    """Index from which (E,) booleans stay true, or None."""
    misses = np.flatnonzero(~reached)
    first = int(misses[-1]) + 1 if len(misses) else 0
    return first if first < len(reached) else None
