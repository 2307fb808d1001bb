"""Claims: reading ``claims.yaml`` and judging each over measurements."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from genrep.params.base import Params
from genrep.report.dynamics import Begins, Dips, Precedes, Settles, Steadier, Tracks
from genrep.report.entries import read_entries
from genrep.report.measurements import REAL, Measurements
from genrep.report.predicates import Agrees, Drift, Order, Reaches, Rises, Sooner
from genrep.report.verdicts import Judgement, Verdict, every

AtTheEnd = Order | Drift | Sooner | Rises | Agrees | Reaches
InTraining = Settles | Precedes | Steadier | Dips | Tracks | Begins
Predicate = AtTheEnd | InTraining


class Claim(Params):
    """One entry of ``claims.yaml``."""

    id: str
    place: str  # where the report says it
    finding: str  # in our words
    needs: Literal["gpu"] | None = None
    parts: tuple[Annotated[Predicate, Field(discriminator="kind")], ...]


def read_claims(folder: Path) -> list[Claim]:
    """``claims.yaml`` of a replication; raises ``UserError`` as ``read_entries`` does."""
    return read_entries(folder / "claims.yaml", Claim)


def judge(claim: Claim, measurements: Measurements, scale: str) -> Judgement:
    """Verdict on one claim; what was observed is shown even where nothing can be judged."""
    found = every([part.judge(measurements) for part in claim.parts])
    if found.verdict == Verdict.NOT_RUN:
        return found
    if scale == "smoke":
        reason = f"smoke scale: {measurements.deviations}"
        return Judgement(Verdict.NOT_COMPARABLE, reason, found.observed)
    machine = (measurements.times or {}).get("machine", {})
    if claim.needs == "gpu" and machine.get("device") == "cpu":
        reason = f"timed on a CPU ({machine['device_name']}); the report's claim is about a GPU"
        return Judgement(Verdict.NOT_COMPARABLE, reason, found.observed)
    reasons = [found.reason]
    if scale == "desk":
        reasons.append(f"desk scale: {measurements.deviations}")
    if claim.needs is None and _few_seeds(claim, measurements):
        reasons.append("n_seeds<3")
    return Judgement(found.verdict, "; ".join(filter(None, reasons)), found.observed)


def _few_seeds(claim: Claim, measurements: Measurements) -> bool:
    """Whether a model of the claim rests on fewer than three trainings."""
    models = {model for part in claim.parts for model in getattr(part, "models", None) or (part.model,)}  # type: ignore[union-attr]
    models -= {REAL}
    return any(len(measurements.runs.get(measurements.best.get(model, ""), {})) < 3 for model in models)
