"""Claims: reading ``claims.yaml`` and judging each over measurements."""

from pathlib import Path
from typing import Any, Literal

from genrep.entries import read_entries
from genrep.params.base import Params
from genrep.report import flags
from genrep.report.measurements import REAL, Measurements
from genrep.report.predicates import Part
from genrep.report.predicates.runs import moment
from genrep.report.predicates.studies import StudyPart
from genrep.report.verdicts import Judgement, Verdict, every


class Claim(Params):
    """One entry of ``claims.yaml``."""

    id: str
    place: str  # where the report says it
    finding: str  # in our words
    needs: Literal["gpu"] | None = None
    full_only: str | None = None  # why the smaller scales say nothing of it
    parts: tuple[Part, ...]

    @property
    def is_of_sampling(self) -> bool:
        """Whether its times are those of sampling, not of training."""
        return any("sampling_seconds" in term for part in self.parts for term in getattr(part, "terms", ()))


def read_claims(folder: Path) -> list[Claim]:
    """``claims.yaml`` of a replication; raises ``UserError`` as ``read_entries`` does."""
    return read_entries(folder / "claims.yaml", Claim)


def judge(claim: Claim, measurements: Measurements, scale: str) -> Judgement:
    """Verdict on one claim; what was observed is shown even where nothing can be judged."""
    found = every([part.judge(measurements) for part in claim.parts])
    if found.verdict == Verdict.NOT_RUN:
        return found
    noted = flags.of_parts(measurements, claim.parts)
    if scale == "smoke":
        reason = "; ".join([f"smoke scale: {measurements.deviations}", *noted])
        return Judgement(Verdict.NOT_COMPARABLE, reason, found.observed)
    machine = _machine(claim, measurements)
    if claim.needs == "gpu" and machine.get("device") == "cpu":
        reason = f"timed on a CPU ({machine['device_name']}); the report's claim is about a GPU"
        return Judgement(Verdict.NOT_COMPARABLE, reason, found.observed)
    if claim.full_only is not None and scale != "full":
        reason = f"{scale} scale: {measurements.deviations}; {claim.full_only}"
        return Judgement(Verdict.NOT_COMPARABLE, reason, found.observed)
    reasons = [found.reason]
    if scale == "desk":
        reasons.append(f"desk scale: {measurements.deviations}")
    reasons += noted
    if claim.needs is None and _few_seeds(claim, measurements):
        reasons.append("n_seeds<3")
    return Judgement(found.verdict, "; ".join(filter(None, reasons)), found.observed)


def _machine(claim: Claim, measurements: Measurements) -> dict[str, Any]:
    """Where the times of a claim were taken: with its studies, or those of sampling or of epochs by themselves."""
    if all(isinstance(part, StudyPart) for part in claim.parts):
        return measurements.studies.machine
    timed = measurements.sampling if claim.is_of_sampling else measurements.times
    return dict((timed or {}).get("machine", {}))


def _few_seeds(claim: Claim, measurements: Measurements) -> bool:
    """Whether a model of the claim rests on fewer than three trainings."""
    best = (measurements.best.get(model, "") for model in models_of(claim))
    return any(len(measurements.runs.get(run, {})) < 3 for run in best)


def models_of(claim: Claim) -> set[str]:
    """The models that a claim is about."""
    named: set[str] = set()
    for part in claim.parts:
        named |= {*getattr(part, "models", ()), *filter(None, [getattr(part, "model", None)])}
    return {moment(one)[0] for one in named} - {REAL}
