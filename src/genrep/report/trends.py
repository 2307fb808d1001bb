"""Predicates over the course of a training: losses that do not fall, plateaus, and measures that go together."""

from math import hypot, inf
from typing import Literal

import numpy as np
from scipy.stats import spearmanr

from genrep.params.base import Params
from genrep.report.estimates import LOSSES, Estimate, NotMeasured
from genrep.report.measurements import HIGHER_IS_CLEARER, REAL, Measurements
from genrep.report.predicates import SIGNIFICANCE, Pair, Reaches, value_of
from genrep.report.training_predicates import LossPart
from genrep.report.verdicts import Judgement, Verdict, inside


class FallsShort(Reaches):
    """A model's metric stays below a value, or below a share of what real images get.

    Nothing falls short of what real images do not have either: where their interval reaches 0, as with a classifier
    that recognises none of them, it stays open.
    """

    kind: Literal["falls_short"]  # type: ignore[assignment]

    def judge(self, measurements: Measurements) -> Judgement:
        """The 95% interval of the distance to the goal, which has one of its own where it is a share of real images."""
        try:
            found = value_of(measurements, self.model, self.metric, (self.model,))
            real = self._real(measurements)
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        goal = self._goal(measurements)
        observed = f"{self.metric}: {self.model} {found}, goal {goal:.4g}"
        margin = found.margin
        if real is not None:
            observed += f" ({self.share_of_real:g} of real images' {real})"
            if real.low <= 0:
                reason = f"{self.metric}: real images themselves have {real}, of which nothing can fall short"
                return Judgement(Verdict.INCONCLUSIVE, reason, observed)
            margin = hypot(margin, goal / real.value * real.margin)
        short = goal - found.value
        verdict = inside(short - margin, short + margin, 0, inf)
        reason = f"{self.metric}: the goal is within the interval" if verdict == Verdict.INCONCLUSIVE else ""
        return Judgement(verdict, reason, observed)

    def _real(self, measurements: Measurements) -> Estimate | None:
        """What real images get, where the goal is a share of it."""
        return None if self.share_of_real is None else value_of(measurements, REAL, self.metric, (self.model,))


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
