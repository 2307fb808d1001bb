"""Predicates over how a training went: whether it ended, and how its losses moved."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from genrep.params.base import Params
from genrep.report.estimates import LOSSES, NotMeasured
from genrep.report.measurements import Measurements
from genrep.report.verdicts import Judgement, Verdict

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
            curves = [measurements.curve(run, seed, f"{LOSSES}{self.loss}", 0)[1] for seed in measurements.runs[run]]
            numbers = [self.number(curve) for curve in curves]
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        held = {self.holds(number) for number in numbers}
        shown = ", ".join(f"{number:.3g}" for number in numbers)
        observed = f"{self.model} {self.loss}: {self.words()} {shown}"
        if held == {True}:
            return Judgement(Verdict.REPLICATED, "", observed)
        if held == {False}:
            return Judgement(Verdict.NOT_REPLICATED, "", observed)
        return Judgement(Verdict.INCONCLUSIVE, "the seeds disagree", observed)

    def number(self, curve: np.ndarray) -> float:
        """What is looked at, of a loss over epochs (E,)."""
        raise NotImplementedError

    def holds(self, number: float) -> bool:
        raise NotImplementedError

    def words(self) -> str:
        raise NotImplementedError


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

    def holds(self, number: float) -> bool:
        return number <= self.within

    def words(self) -> str:
        return f"share of the way left after {self.after:.0%} of the epochs"


class LossRougher(LossPart):
    """A loss changes more from epoch to epoch late in training than before."""

    kind: Literal["loss_rougher"]
    late: tuple[Share, Share]  # parts of the epochs
    early: tuple[Share, Share]

    def number(self, curve: np.ndarray) -> float:
        """Mean absolute change between epochs, late over early."""
        parts = [curve[round(a * len(curve)) : round(b * len(curve))] for a, b in (self.late, self.early)]
        if min(map(len, parts)) < 3:
            raise NotMeasured(f"{self.model}: {len(curve)} epochs are too few to compare parts of them")
        late, early = (float(np.abs(np.diff(part)).mean()) for part in parts)
        return late / max(early, 1e-12)

    def holds(self, number: float) -> bool:
        return number > 1

    def words(self) -> str:
        return "change between epochs, late over early,"
