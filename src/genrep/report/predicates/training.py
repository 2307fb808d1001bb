"""Predicates over how a training went: whether it ended, and how its losses moved."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from scipy.stats import kendalltau, mannwhitneyu, spearmanr

from genrep.params.base import Params
from genrep.params.training import RunParams
from genrep.report.estimates import LOSSES, NotMeasured
from genrep.report.measurements import HIGHER_IS_CLEARER, Measurements
from genrep.report.predicates.runs import SIGNIFICANCE, Rises, curves
from genrep.report.verdicts import Judgement, Verdict, of_seeds

Way = Literal["greater", "less"]
Share = Annotated[float, Field(ge=0, le=1)]


class Finished(Params):
    """Every training of a model came to its end: no loss became infinite."""

    kind: Literal["finished"]
    model: str

    def judge(self, measurements: Measurements) -> Judgement:
        runs = [run for run in measurements.runs_of(self.model) if run in measurements.runs]
        if not runs:
            return Judgement(Verdict.NOT_RUN, measurements.cost(self.model))
        states = {f"{run} seed {s}": r["status"] for run in runs for s, r in measurements.runs[run].items()}
        broken = [f"{name} {state}" for name, state in states.items() if state != "finished"]
        observed = f"{self.model}: {len(states) - len(broken)} of {len(states)} trainings finished"
        if broken:
            return Judgement(Verdict.NOT_REPLICATED, "; ".join(broken), observed)
        return Judgement(Verdict.REPLICATED, "", observed)


class LossPart(Params):
    """What predicates over a training loss have in common: every seed decides for itself."""

    model: str
    loss: str  # its name in the log

    def judge(self, measurements: Measurements) -> Judgement:
        try:
            run = measurements.best_run(self.model)
            logged = [measurements.curve(run, seed, f"{LOSSES}{self.loss}", 0)[1] for seed in measurements.runs[run]]
            parts = [curve[self.first(measurements.params.runs[run]) :] for curve in logged]
            numbers = [self.number(curve) for curve in parts]
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        shown = ", ".join(f"{number:.3g}" for number in numbers)
        observed = f"{self.model} {self.loss}: {self.words()} {shown}"
        undecided = "no clear difference, or not in every seed"
        return of_seeds(map(self.decided, parts), observed, undecided, "the seeds disagree")

    def first(self, run: RunParams) -> int:
        """Epochs at the beginning that are left out."""
        return 0

    @abstractmethod
    def number(self, curve: np.ndarray) -> float:
        """What is looked at, of a loss over epochs (E,)."""

    @abstractmethod
    def decided(self, curve: np.ndarray) -> bool | None:
        """Whether the claim holds of a loss over epochs (E,); None where that is open."""

    @abstractmethod
    def words(self) -> str:
        """What the number is."""


class LossFlat(LossPart):
    """A loss has made all but a share of its way after a part of the epochs."""

    kind: Literal["loss_flat"]
    after: Share  # of the epochs
    within: Share  # of the way from the first epoch to the last

    def number(self, curve: np.ndarray) -> float:
        """What is left of the way, each point a mean over a twentieth of the epochs."""
        E, width = len(curve), max(1, len(curve) // 20)
        at = min(E - 1, round(self.after * E))
        if E < 3:
            raise NotMeasured(f"{self.model}: {E} epochs are too few to call a loss flat")
        end, then = curve[-width:].mean(), curve[at : at + width].mean()
        return float(abs(then - end) / max(abs(curve[0] - end), 1e-12))

    def decided(self, curve: np.ndarray) -> bool:
        return self.number(curve) <= self.within

    def words(self) -> str:
        return f"share of the way left after {self.after:.0%} of the epochs"


class LossStays(LossPart):
    """A training loss does not fall over the epochs, in any seed."""

    kind: Literal["loss_stays"]

    def number(self, curve: np.ndarray) -> float:
        """Rank correlation of the loss with the epoch; 0 where it is not significant."""
        if len(curve) < 3:
            raise NotMeasured(f"{self.model}: {len(curve)} epochs are too few to say whether a loss falls")
        rho, p = spearmanr(np.arange(len(curve)), curve)
        return float(rho) if p < SIGNIFICANCE else 0.0

    def decided(self, curve: np.ndarray) -> bool:
        return self.number(curve) >= 0

    def words(self) -> str:
        return "rank correlation with the epoch (0: not significant)"


class LossRougher(LossPart):
    """A loss changes more from epoch to epoch late in training than before, at the full resolution.

    Of a network that grows only the epochs count after its last resolution was faded in.
    """

    kind: Literal["loss_rougher"]
    late: tuple[Share, Share]  # parts of those epochs
    early: tuple[Share, Share]

    def first(self, run: RunParams) -> int:
        return grown(run)

    def number(self, curve: np.ndarray) -> float:
        """Mean absolute change between epochs, late over early."""
        late, early = (float(changes.mean()) for changes in self._changes(curve))
        return late / max(early, 1e-12)

    def decided(self, curve: np.ndarray) -> bool | None:
        """One-sided Mann-Whitney test of the changes, both ways."""
        late, early = self._changes(curve)
        return both_ways(lambda way: mannwhitneyu(late, early, alternative=way).pvalue)

    def _changes(self, curve: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        late, early = (curve[round(a * len(curve)) : round(b * len(curve))] for a, b in (self.late, self.early))
        if min(len(late), len(early)) < 3:
            raise NotMeasured(f"{self.model}: {len(curve)} epochs are too few to compare parts of them")
        return np.abs(np.diff(late)), np.abs(np.diff(early))

    def words(self) -> str:
        return "change between epochs, late over early,"


class RisesWhenGrown(Rises):
    """A model's images still get clearer after its last resolution has been faded in, by every metric.

    Before that, every new resolution makes them clearer, whatever the training does.
    """

    kind: Literal["rises_when_grown"]  # type: ignore[assignment]

    def _trend(self, measurements: Measurements, metric: str) -> Judgement:
        """Exact one-sided Kendall test of the metric against the epoch, both ways, in every seed."""
        try:
            found = [*curves(measurements, self.model, metric)]
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        start = grown(measurements.params.runs[measurements.best_run(self.model)])
        late = [(epochs[epochs >= start], HIGHER_IS_CLEARER[metric] * v[epochs >= start]) for epochs, v in found]
        if min(len(epochs) for epochs, _ in late) < 2:
            return Judgement(Verdict.INCONCLUSIVE, f"{self.model}: fewer than two snapshots from epoch {start} on")
        shown = ", ".join(f"{kendalltau(*one).statistic:.2f} (n={len(one[0])})" for one in late)
        observed = f"{self.model} {metric}: Kendall's tau with the epoch, from {start} on, {shown}"
        return of_seeds(map(_direction, late), observed, "no clear trend, or not in every seed")


def grown(run: RunParams) -> int:
    """Epochs after which the last resolution has been faded in; 0 for a network that does not grow."""
    if not run.growth:
        return 0
    return sum(stage.epochs for stage in run.growth[:-1]) + run.growth[-1].fade


def _direction(pair: tuple[np.ndarray, np.ndarray]) -> bool | None:
    """Whether one rises with the other (True) or falls (False); None where that is open."""
    return both_ways(lambda way: kendalltau(*pair, alternative=way).pvalue)


def both_ways(pvalue: Callable[[Way], float]) -> bool | None:
    """Which of two one-sided tests is significant: that of ``greater`` (True) or of ``less`` (False)."""
    ways: tuple[tuple[bool, Way], ...] = ((True, "greater"), (False, "less"))
    return next((verdict for verdict, way in ways if pvalue(way) < SIGNIFICANCE), None)
