"""Predicates over studies; each judges itself over measurements."""

from abc import abstractmethod
from itertools import pairwise
from math import inf
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from genrep.params.base import Params
from genrep.params.training import DiffusionObjectiveParams
from genrep.report.estimates import NotMeasured, estimate
from genrep.report.measurements import Measurements
from genrep.report.studies import Studies, difference, per_image, ratio
from genrep.report.verdicts import Judgement, Verdict, every, inside
from genrep.rng import derive

Term = tuple[str, str]  # a model and a metric of its studies
Share = Annotated[float, Field(ge=0, le=1)]
RESAMPLES = 2000
CONFIDENCE = 0.95


class StudyPart(Params):
    """What all predicates over studies have in common."""

    @property
    @abstractmethod
    def terms(self) -> tuple[Term, ...]:
        """The models and metrics that are looked at."""

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are looked at."""
        return tuple(dict.fromkeys(model for model, _ in self.terms))

    def judge(self, measurements: Measurements) -> Judgement:
        """The verdict of the studies; not run where one is missing, not comparable for times on a CPU."""
        studies = measurements.studies
        try:
            found = self.decide(studies)
        except NotMeasured as missing:
            return Judgement(Verdict.NOT_RUN, str(missing))
        if any(metric.startswith("seconds") for _, metric in self.terms) and studies.machine.get("device") == "cpu":
            reason = f"timed on a CPU ({studies.machine['device_name']}); the report used a GPU"
            return Judgement(Verdict.NOT_COMPARABLE, reason, found.observed)
        return found

    @abstractmethod
    def decide(self, studies: Studies) -> Judgement:
        """The verdict, whatever it was measured on."""


class StudyOrder(StudyPart):
    """Metrics of studies ascend in the order in which they are named.

    Each is held against the next: image by image where both were measured on the same ones, at the largest n that both
    have.
    """

    kind: Literal["study_order"]
    ascending: Annotated[tuple[Term, ...], Field(min_length=2)]

    @property
    def terms(self) -> tuple[Term, ...]:
        return self.ascending

    def decide(self, studies: Studies) -> Judgement:
        return every([ordered(studies, low, high) for low, high in pairwise(self.ascending)])


class StudyWithin(StudyPart):
    """A metric, or its ratio to another one, lies between two bounds."""

    kind: Literal["study_within"]
    term: Term
    over: Term | None = None  # that it is divided by
    above: float = -inf
    below: float = inf

    @model_validator(mode="after")
    def _has_a_bound(self) -> "StudyWithin":
        if self.above == -inf and self.below == inf:
            raise ValueError("study_within: give above, below or both")
        return self

    @property
    def terms(self) -> tuple[Term, ...]:
        return (self.term,) if self.over is None else (self.term, self.over)

    def decide(self, studies: Studies) -> Judgement:
        if self.over is None:
            found, what = studies.estimate(*self.term), " ".join(self.term)
        else:
            top, bottom = studies.at_common_n([self.term, self.over])
            found, what = ratio(top, bottom), f"{' '.join(self.term)} / {' '.join(self.over)}"
        verdict = inside(found.low, found.high, self.above, self.below)
        bounds = [f"above {self.above:.4g}"] * (self.above > -inf) + [f"below {self.below:.4g}"] * (self.below < inf)
        reason = "a bound is within the interval" if verdict == Verdict.INCONCLUSIVE else ""
        return Judgement(verdict, reason, f"{what} {found}, wanted {' and '.join(bounds)}")


class StudyRises(StudyPart):
    """A metric rises with the number at the end of its name, at every step."""

    kind: Literal["study_rises"]
    model: str
    family: str  # what comes before the number

    @property
    def terms(self) -> tuple[Term, ...]:
        return ((self.model, self.family),)

    def decide(self, studies: Studies) -> Judgement:
        names = studies.family(self.model, self.family)
        if len(names) < 2:
            return Judgement(Verdict.INCONCLUSIVE, "one number shows no rise", f"{self.model} {self.family}")
        steps = [ordered(studies, (self.model, a), (self.model, b)) for a, b in pairwise(names.values())]
        values = [f"{number}: {studies.estimate(self.model, name)}" for number, name in names.items()]
        found = every(steps)
        return Judgement(found.verdict, found.reason, f"{self.model} {self.family} {', '.join(values)}")


class StudyBest(StudyPart):
    """Of metrics that end in a number of noising steps the best one lies in a range, given as shares of T."""

    kind: Literal["study_best"]
    model: str
    family: str  # what comes before the number
    best: Literal["lowest", "highest"]
    between: tuple[Share, Share]

    @property
    def terms(self) -> tuple[Term, ...]:
        return ((self.model, self.family),)

    def decide(self, studies: Studies) -> Judgement:
        """How often the best one lies there when the images are drawn again."""
        names, T = studies.family(self.model, self.family), self._steps(studies)
        numbers = np.array(list(names))
        values = np.array([_per_image(studies, self.model, name) for name in names.values()])  # (depths, images)
        sign = 1 if self.best == "lowest" else -1
        rng = np.random.default_rng(derive(0, "study-best", self.family))
        rows = rng.integers(0, values.shape[1], (RESAMPLES, values.shape[1]))
        chosen = numbers[(sign * values[:, rows].mean(2)).argmin(0)]  # (RESAMPLES,)
        low, high = (share * T for share in self.between)
        share = float(((chosen >= low) & (chosen <= high)).mean())
        point = numbers[(sign * values.mean(1)).argmin()]
        where = f"within {low:g} to {high:g} steps in {share:.0%} of resamples"
        observed = f"{self.model} {self.family}: best at {point} of {T} steps; {where}"
        if share >= CONFIDENCE:
            return Judgement(Verdict.REPLICATED, "", observed)
        if share <= 1 - CONFIDENCE:
            return Judgement(Verdict.NOT_REPLICATED, "", observed)
        return Judgement(Verdict.INCONCLUSIVE, "which one is best changes with the images", observed)

    def _steps(self, studies: Studies) -> int:
        objective = studies.params.runs[studies.runs[self.model]].objective
        if not isinstance(objective, DiffusionObjectiveParams):
            raise NotMeasured(f"{self.model} has no noising steps")
        return objective.steps


def ordered(studies: Studies, low: Term, high: Term) -> Judgement:
    """Whether one metric lies below another."""
    entries = studies.at_common_n([low, high])
    found = difference(*entries)
    shown = [f"{' '.join(term)} {_shown(part)}" for term, part in zip((low, high), entries, strict=True)]
    verdict = inside(found.low, found.high, 0, inf)
    reason = f"{low[0]} and {high[0]}: the difference is within its interval"
    return Judgement(verdict, reason if verdict == Verdict.INCONCLUSIVE else "", ", ".join(shown))


def _shown(entries: list[dict]) -> str:
    return f"{estimate(entries)} (n={entries[0]['n']})"


def _per_image(studies: Studies, model: str, name: str) -> np.ndarray:
    values = per_image(studies.at_common_n([(model, name)])[0])
    if values is None:
        raise NotMeasured(f"{model}: {name} was not kept image by image")
    return values
