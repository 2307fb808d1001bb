"""Predicates over the logged losses of a model's best run, in every seed."""

from collections.abc import Callable
from itertools import accumulate
from typing import Any, Literal

import numpy as np
from scipy.stats import mannwhitneyu, spearmanr

from genrep.params.base import Params
from genrep.report.estimates import NotMeasured
from genrep.report.measurements import Measurements
from genrep.report.predicates.runs import SIGNIFICANCE, significant
from genrep.report.verdicts import Judgement, Verdict, agreement, of_seeds


class TradesOff(Params):
    """Two losses trade off: from epoch to epoch one tends to rise where the other falls."""

    kind: Literal["trades_off"]
    model: str
    losses: tuple[str, str]

    def judge(self, measurements: Measurements) -> Judgement:
        """Rank correlation of the changes, in every seed."""

        def of_seed(run: str, seed: int, logged: dict[str, np.ndarray]) -> tuple[bool | None, str]:
            rho, p = spearmanr(*(np.diff(_of(logged, loss)) for loss in self.losses))
            return significant((-rho, p)), f"{rho:.2f}"

        title = f"{self.model}: rank correlation of the changes of {' and '.join(self.losses)}"
        return _over_seeds(measurements, self.model, of_seed, title, "no clear tendency")


class Breaks(Params):
    """A model's losses jump where its resolution changes, more than between other epochs."""

    kind: Literal["breaks"]
    model: str
    losses: tuple[str, ...]

    def judge(self, measurements: Measurements) -> Judgement:
        """Changes at the boundaries against all others: one-sided Mann-Whitney test."""
        return agreement([self._judge(measurements, loss) for loss in self.losses])

    def _judge(self, measurements: Measurements, loss: str) -> Judgement:
        def of_seed(run: str, seed: int, logged: dict[str, np.ndarray]) -> tuple[bool | None, str]:
            changes = np.abs(np.diff(_of(logged, loss)))
            ends = np.array([*accumulate(part.epochs for part in measurements.params.runs[run].growth)][:-1])
            if not len(ends):
                raise NotMeasured(f"{run} does not grow")
            others = np.delete(changes, ends - 1)
            p = mannwhitneyu(changes[ends - 1], others, alternative="greater").pvalue
            shown = f"{np.median(changes[ends - 1]):.3g} against {np.median(others):.3g} (p = {p:.2g})"
            return (p < SIGNIFICANCE if not SIGNIFICANCE <= p <= 1 - SIGNIFICANCE else None), shown

        title = f"{self.model}: median change of {loss} at a new resolution"
        return _over_seeds(measurements, self.model, of_seed, title, "no clear difference")


def _over_seeds(
    measurements: Measurements,
    model: str,
    judge: Callable[[str, int, dict[str, np.ndarray]], tuple[bool | None, str]],
    title: str,
    undecided: str,
) -> Judgement:
    """One verdict from those of all seeds of the best run; inconclusive where they differ."""
    try:
        run = measurements.best_run(model)
        found = [
            judge(run, seed, _logged(record["log"])) for seed, record in measurements.runs[run].items() if record["log"]
        ]
    except NotMeasured as missing:
        return Judgement(Verdict.NOT_RUN, str(missing))
    observed = f"{title}: {', '.join(shown for _, shown in found)}"
    return of_seeds((held for held, _ in found), observed, undecided)


def _logged(log: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Losses by name, (E,) each."""
    return {name: np.array([record["losses"][name] for record in log]) for name in log[0]["losses"]}


def _of(logged: dict[str, np.ndarray], loss: str) -> np.ndarray:
    if loss not in logged:
        raise NotMeasured(f"no loss {loss!r} was logged; there are {', '.join(logged)}")
    return logged[loss]
