"""The five verdicts, and how an interval is held against a tolerance."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What becomes of a published number or claim."""

    REPLICATED = "replicated"
    NOT_REPLICATED = "not replicated"
    INCONCLUSIVE = "inconclusive"
    NOT_COMPARABLE = "not comparable"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Judgement:
    """A verdict and why; the last three verdicts always have a reason."""

    verdict: Verdict
    reason: str = ""
    observed: str = ""


def inside(low: float, high: float, lower: float, upper: float) -> Verdict:
    """Hold the interval [low, high] against the tolerated range [lower, upper].

    Inside: replicated; outside: not replicated; across an edge: inconclusive.
    """
    if lower <= low and high <= upper:
        return Verdict.REPLICATED
    if high < lower or low > upper:
        return Verdict.NOT_REPLICATED
    return Verdict.INCONCLUSIVE


def every(judgements: list[Judgement]) -> Judgement:
    """A conjunction: false as soon as one part is; otherwise as weak as its weakest part."""
    order = [Verdict.NOT_REPLICATED, Verdict.NOT_RUN, Verdict.NOT_COMPARABLE, Verdict.INCONCLUSIVE, Verdict.REPLICATED]
    weakest = min((j.verdict for j in judgements), key=order.index)
    # what several parts lack is said once
    reasons = dict.fromkeys(r for j in judgements if j.verdict == weakest and j.reason for r in j.reason.split("; "))
    observed = dict.fromkeys(j.observed for j in judgements if j.observed)
    return Judgement(weakest, "; ".join(reasons), "; ".join(observed))


def agreement(judgements: list[Judgement]) -> Judgement:
    """Several measures of one thing: decided where all decide alike, inconclusive where they disagree."""
    verdicts = {j.verdict for j in judgements}
    observed = ", ".join(j.observed for j in judgements if j.observed)
    if len(verdicts) == 1:
        reasons = dict.fromkeys(j.reason for j in judgements if j.reason)
        return Judgement(verdicts.pop(), "; ".join(reasons), observed)
    if not verdicts <= {Verdict.REPLICATED, Verdict.NOT_REPLICATED, Verdict.INCONCLUSIVE}:
        return every(judgements)
    return Judgement(Verdict.INCONCLUSIVE, "the measures disagree or leave it open", observed)


def of_seeds(found: Iterable[bool | None], observed: str, undecided: str, disagreeing: str = "") -> Judgement:
    """One verdict from whether something holds in each seed: that of all, else inconclusive.

    Args:
        found: None where a seed leaves it open.
        observed: in words.
        undecided: the reason where a seed leaves it open.
        disagreeing: the reason where the seeds decide differently; empty: the same.
    """
    held = set(found)
    if None in held:
        return Judgement(Verdict.INCONCLUSIVE, undecided, observed)
    if len(held) > 1:
        return Judgement(Verdict.INCONCLUSIVE, disagreeing or undecided, observed)
    return Judgement(Verdict.REPLICATED if held.pop() else Verdict.NOT_REPLICATED, "", observed)
