"""Predicates over the course of a training: losses that do not fall, plateaus, and measures that go together."""

from collections.abc import Callable
from math import inf
from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from scipy.stats import spearmanr

from genrep.params.base import Params
from genrep.report.estimates import LOSSES, NotMeasured
from genrep.report.measurements import HIGHER_IS_CLEARER, Measurements
from genrep.report.predicates import SIGNIFICANCE, Pair, Reaches, for_good, span
from genrep.report.training_predicates import LossPart
from genrep.report.verdicts import Judgement, Verdict

Share = Annotated[float, Field(gt=0, lt=1)]


class FallsShort(Reaches):
    """A model's metric stays below a value, or below a share of what real images get."""

    kind: Literal["falls_short"]  # type: ignore[assignment]

    def bounds(self, goal: float) -> tuple[float, float]:
        """Anything below the goal."""
        return -inf, goal


class LossStays(LossPart):
    """A training loss does not fall over the epochs, in any seed."""

    kind: Literal["loss_stays"]

    def number(self, curve: np.ndarray) -> float:
        """Rank correlation of the loss with the epoch; 0 where it is not significant."""
        if len(curve) < 3:
            raise NotMeasured(f"{self.model}: {len(curve)} epochs are too few to say whether a loss falls")
        rho, p = spearmanr(np.arange(len(curve)), curve)
        return float(rho) if p < SIGNIFICANCE else 0.0

    def holds(self, number: float) -> bool:
        return number >= 0

    def words(self) -> str:
        return "rank correlation with the epoch (0: not significant)"


class Together(Params):
    """Two measures of one model get better together over its snapshots, in every seed; a loss is better when lower."""

    kind: Literal["together"]
    model: str
    metrics: Pair

    def judge(self, measurements: Measurements) -> Judgement:
        """Rank correlation of the two."""
        first, second = self.metrics
        try:
            run, n = measurements.best_run(self.model), measurements.common_n(self.model)
            found = [_both(measurements, run, seed, self.metrics, n) for seed in measurements.runs[run]]
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        verdicts: list[bool | None] = []
        shown = []
        for a, b in found:
            rho, p = spearmanr(_sign(first) * a, _sign(second) * b)
            verdicts.append(bool(rho > 0) if p < SIGNIFICANCE else None)
            shown.append(f"{rho:.2f}")
        observed = f"{self.model}: rank correlation of better {first} with better {second} {', '.join(shown)}"
        return _united(verdicts, observed, "no clear relation, or not in every seed")


class SettlesSooner(Params):
    """The first model comes within a share of its own last value, for good, at an earlier epoch than the second."""

    kind: Literal["settles_sooner"]
    models: Pair
    metric: str
    within: Share

    def judge(self, measurements: Measurements) -> Judgement:
        """First snapshots on the plateau; with several seeds the ranges must not overlap."""
        return _earlier(
            measurements, self.models, self.metric, self._epoch, f"epoch within {self.within:.0%} of the end"
        )

    def _epoch(self, epochs: np.ndarray, values: np.ndarray) -> float:
        at = for_good(np.abs(values - values[-1]) <= self.within * abs(values[-1]))
        assert at is not None  # the last one is there
        return float(epochs[at])


class Steadier(Params):
    """Over its last snapshots the first model's metric spreads less, as a share of its mean, than the second's."""

    kind: Literal["steadier"]
    models: Pair
    metric: str
    last: Annotated[int, Field(ge=3)]  # snapshots

    def judge(self, measurements: Measurements) -> Judgement:
        """Standard deviation over mean; with several seeds the ranges must not overlap."""
        what = f"spread over the last {self.last} snapshots"
        return _earlier(measurements, self.models, self.metric, self._spread, what)

    def _spread(self, epochs: np.ndarray, values: np.ndarray) -> float:
        return float(values[-self.last :].std(ddof=1) / abs(values[-self.last :].mean()))


def _earlier(
    measurements: Measurements,
    models: Pair,
    metric: str,
    number: Callable[[np.ndarray, np.ndarray], float],
    what: str,
) -> Judgement:
    """Whether a number read off the curves of the first model lies below that of the second, in all seeds."""
    try:
        n = measurements.common_n(*models)
        found = {
            model: [number(*measurements.curve(run, seed, metric, n)) for seed in measurements.runs[run]]
            for model in models
            for run in [measurements.best_run(model)]
        }
    except NotMeasured as missing:
        return Judgement(Verdict.NOT_RUN, str(missing))
    a, b = (found[model] for model in models)
    observed = f"{metric}, {what}: " + ", ".join(f"{model} {span(found[model])}" for model in models)
    if max(a) < min(b):
        return Judgement(Verdict.REPLICATED, "", observed)
    if max(b) < min(a) or min(a) == max(a) == min(b) == max(b):
        return Judgement(Verdict.NOT_REPLICATED, "", observed)
    return Judgement(Verdict.INCONCLUSIVE, "the seeds' ranges overlap", observed)


def _united(verdicts: list[bool | None], observed: str, otherwise: str) -> Judgement:
    """One verdict where all seeds have the same."""
    if None in verdicts or len(set(verdicts)) != 1:
        return Judgement(Verdict.INCONCLUSIVE, otherwise, observed)
    return Judgement(Verdict.REPLICATED if verdicts[0] else Verdict.NOT_REPLICATED, "", observed)


def _both(measurements: Measurements, run: str, seed: int, metrics: Pair, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two metrics at the epochs that both have."""
    (epochs_a, a), (epochs_b, b) = (measurements.curve(run, seed, metric, n) for metric in metrics)
    return a[np.isin(epochs_a, epochs_b)], b[np.isin(epochs_b, epochs_a)]


def _sign(metric: str) -> int:
    return -1 if metric.startswith(LOSSES) else HIGHER_IS_CLEARER[metric]
