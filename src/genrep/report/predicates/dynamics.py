"""Predicates of claims that speak of training: when a model settles, how steadily, and whether its loss shows it.

Each judges itself over the snapshots of a run, as genrep.report.predicates.runs does over its end.
"""

from collections.abc import Callable, Iterator
from math import atanh, sqrt, tanh
from typing import Literal

import numpy as np
from pydantic import Field
from scipy.stats import levene, spearmanr

from genrep.params.base import Params
from genrep.report.estimates import LOSSES, NotMeasured
from genrep.report.measurements import HIGHER_IS_CLEARER, Measurements
from genrep.report.predicates.moments import Moment, Reached, by_clock
from genrep.report.predicates.runs import SIGNIFICANCE, Pair, curves, earlier, significant
from genrep.report.verdicts import Judgement, Verdict, agreement, of_seeds

FEWEST = 6  # snapshots that a fluctuation or a correlation is judged on
SHOWS = sqrt(0.5)  # rank correlation from which on a loss accounts for half of the variance of quality's ranks
WITHIN = 1.1  # factor of its own best at which a metric has settled
TOO_LATE = 0.1  # share of a run, at its end, in which nothing can be seen to settle


def settled(epochs: np.ndarray, values: np.ndarray, metric: str, within: float) -> Moment:
    """When a metric first comes within a factor of the best that it ever gets.

    If that falls in the last tenth of the run, the metric may well be on its way to a better best still: then the
    moment says how long the run was made, and is that one or later.
    """
    goal = values.min() * within if HIGHER_IS_CLEARER[metric] < 0 else values.max() / within
    reached = values <= goal if HIGHER_IS_CLEARER[metric] < 0 else values >= goal
    index = int(reached.argmax())
    return Moment.at_snapshot(epochs, index, or_later=bool(epochs[index] > (1 - TOO_LATE) * epochs[-1]))


class Settles(Params):
    """The first model comes to its own plateau before the second, by every clock.

    A plateau begins where the metric first comes within a factor of the best that it gets in its run. Of one that
    begins in a run's last tenth only the beginning is known not to be sooner, so it decides nothing but that.
    """

    kind: Literal["settles"]
    models: Pair
    metric: str
    within: float = Field(default=WITHIN, gt=1)
    clocks: tuple[Literal["epoch", "seconds"], ...]

    def judge(self, measurements: Measurements) -> Judgement:
        """Epochs of the plateaus; the stretches between snapshots, over all seeds, must not overlap."""
        try:
            reached = {model: self._moments(measurements, model) for model in self.models}
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        event = f"within {self.within:g} times its own best {self.metric}"
        return agreement([earlier(self.models, reached, clock, event) for clock in self.clocks])

    def _moments(self, measurements: Measurements, model: str) -> Reached:
        found = [settled(*curve, self.metric, self.within) for curve in curves(measurements, model, self.metric)]
        return by_clock(measurements, model, found, self.clocks)


class Precedes(Params):
    """Of two metrics of one model, the first settles in fewer epochs than the second."""

    kind: Literal["precedes"]
    model: str
    metrics: Pair
    within: float = Field(default=WITHIN, gt=1)

    def judge(self, measurements: Measurements) -> Judgement:
        """Epochs at which each comes within a factor of its own best."""
        try:
            reached = {
                metric: {"epoch": [settled(*c, metric, self.within) for c in curves(measurements, self.model, metric)]}
                for metric in self.metrics
            }
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        return earlier(self.metrics, reached, "epoch", f"of {self.model} within {self.within:g} times its best")


class Steadier(Params):
    """The first model's metric fluctuates less from snapshot to snapshot than the second's, in the second half.

    A fluctuation is the change of the metric's logarithm; their spreads are compared by the test of Brown and Forsythe.
    """

    kind: Literal["steadier"]
    models: Pair
    metric: str

    def judge(self, measurements: Measurements) -> Judgement:
        """The test in every pair of seeds; fewer than ``FEWEST`` snapshots in a half decide nothing."""
        try:
            steps = [[_steps(values) for _, values in curves(measurements, m, self.metric)] for m in self.models]
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        if min(len(s) for seeds in steps for s in seeds) < FEWEST:
            return Judgement(Verdict.INCONCLUSIVE, f"fewer than {FEWEST} snapshots in the second half")
        observed = f"sd of the change of log {self.metric}: " + ", ".join(
            f"{model} {' '.join(f'{s.std():.3g}' for s in seeds)}"
            for model, seeds in zip(self.models, steps, strict=True)
        )
        found = (_steadier(a, b) for a in steps[0] for b in steps[1])
        return of_seeds(found, observed, "the spreads may be equal, or seeds disagree")


def _steps(values: np.ndarray) -> np.ndarray:
    second = np.maximum(values[len(values) // 2 :], np.finfo(float).tiny)
    return np.diff(np.log(second))


def _steadier(a: np.ndarray, b: np.ndarray) -> bool | None:
    if a.std() == b.std() or levene(a, b, center="median").pvalue >= SIGNIFICANCE:
        return None
    return bool(a.std() < b.std())


class Dips(Params):
    """A model that had come to a share of real images' metric falls below a smaller share again, in some seed."""

    kind: Literal["dips"]
    model: str
    metric: str
    above: float  # share of real that it had come to
    below: float  # share of real that it falls under

    def judge(self, measurements: Measurements) -> Judgement:
        """The lowest value after the first that was high enough."""
        try:
            n = measurements.common_n(self.model)
            real = measurements.real_metric(self.metric, n, self.model).value
            lowest = [self._lowest(values / real) for _, values in curves(measurements, self.model, self.metric)]
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        shown = ["never that high" if low is None else f"{low:.3g} of real" for low in lowest]
        observed = f"{self.metric} of {self.model} after {self.above:.0%} of real, lowest: {', '.join(shown)}"
        found = [low for low in lowest if low is not None]
        if not found:
            return Judgement(Verdict.INCONCLUSIVE, "it never comes so high", observed)
        fell = min(found) < self.below
        return Judgement(Verdict.REPLICATED if fell else Verdict.NOT_REPLICATED, "", observed)

    def _lowest(self, shares: np.ndarray) -> float | None:
        reached = np.flatnonzero(shares >= self.above)
        return float(shares[reached[0] :].min()) if len(reached) else None


class Tracks(Params):
    """A loss follows a metric over the snapshots; or, with ``expected: false``, it does not.

    It follows if the rank correlation is positive beyond chance and may be ``SHOWS`` or more. It does not if the upper
    end of the 95% interval is below that: less than half of what changes in quality shows in the loss. A correlation
    that is merely not beyond chance, as most are on a few snapshots, says neither.

    The Wasserstein critic's loss is minus the distance that it estimates; ``sign: -1`` turns it round.
    """

    kind: Literal["tracks"]
    model: str
    loss: str  # name in the log
    metric: str
    sign: Literal[-1, 1] = 1  # of the loss, so that more means worse
    expected: bool = True

    def judge(self, measurements: Measurements) -> Judgement:
        """Rank correlation of loss and metric, where more of each is worse, in every seed."""
        try:
            found = list(self._correlations(measurements))
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        observed = f"{self.model}: rank correlation of {self.loss} and {self.metric} " + ", ".join(
            f"{rho:.2f} (at most {rank_bound(rho, count):.2f})" for rho, _, count in found
        )
        if min(count for _, _, count in found) < FEWEST:
            return Judgement(Verdict.INCONCLUSIVE, f"fewer than {FEWEST} snapshots", observed)
        follows = (_follows(*one) for one in found)
        holds = (None if one is None else one == self.expected for one in follows)
        return of_seeds(holds, observed, "too few snapshots to tell", "seeds disagree")

    def _correlations(self, measurements: Measurements) -> Iterator[tuple[float, float, int]]:
        run = measurements.best_run(self.model)
        worse: Callable[[np.ndarray], np.ndarray] = lambda values: -HIGHER_IS_CLEARER[self.metric] * values  # noqa: E731
        for seed, (epochs, values) in zip(
            measurements.runs[run], curves(measurements, self.model, self.metric), strict=True
        ):
            log = {entry["epoch"]: entry["losses"] for entry in measurements.runs[run][seed]["log"]}
            if any(self.loss not in log.get(epoch, {}) for epoch in epochs):
                raise NotMeasured(f"{run}: its log has no loss {self.loss!r}")
            losses = np.array([self.sign * log[epoch][self.loss] for epoch in epochs])
            rho, p = spearmanr(losses, worse(values)) if len(epochs) > 2 else (0.0, 1.0)
            yield float(rho), float(p), len(epochs)


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
        correlations = [spearmanr(_sign(first) * a, _sign(second) * b) for a, b in found]
        shown = ", ".join(f"{rho:.2f}" for rho, _ in correlations)
        observed = f"{self.model}: rank correlation of better {first} with better {second} {shown}"
        return of_seeds(map(significant, correlations), observed, "no clear relation, or not in every seed")


def _both(measurements: Measurements, run: str, seed: int, metrics: Pair, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two metrics at the epochs that both have."""
    (epochs_a, a), (epochs_b, b) = (measurements.curve(run, seed, metric, n) for metric in metrics)
    return a[np.isin(epochs_a, epochs_b)], b[np.isin(epochs_b, epochs_a)]


def _sign(metric: str) -> int:
    return -1 if metric.startswith(LOSSES) else HIGHER_IS_CLEARER[metric]


def rank_bound(rho: float, count: int) -> float:
    """Upper end of the 95% interval of a rank correlation of ``count`` pairs, by Fisher's z.

    Its standard error is that of Bonett and Wright (2000), Sample size requirements for estimating Pearson, Kendall and
    Spearman correlations, Psychometrika 65.
    """
    if count <= 3 or rho >= 1:
        return 1.0
    return tanh(atanh(max(rho, -1 + 1e-12)) + 1.96 * sqrt((1 + rho**2 / 2) / (count - 3)))


def _follows(rho: float, p: float, count: int) -> bool | None:
    """Whether a loss follows the quality; None where the snapshots do not tell."""
    if rank_bound(rho, count) < SHOWS:
        return False
    return True if p < SIGNIFICANCE and rho > 0 else None


class Begins(Params):
    """A metric of a model is at least a value at its first snapshot, in every seed."""

    kind: Literal["begins"]
    model: str
    metric: str
    value: float

    def judge(self, measurements: Measurements) -> Judgement:
        """The first snapshot's values."""
        try:
            first = [(epochs[0], values[0]) for epochs, values in curves(measurements, self.model, self.metric)]
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        shown = ", ".join(f"{value:.3g}" for _, value in first)
        observed = f"{self.metric} of {self.model} after epoch {first[0][0]}: {shown}, goal {self.value:g}"
        return of_seeds((bool(value >= self.value) for _, value in first), observed, "seeds disagree")
