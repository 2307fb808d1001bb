"""Claims: reading ``claims.yaml`` and judging each over measurements."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError

from genrep.errors import UserError
from genrep.params.base import Params
from genrep.report.measurements import Measurements
from genrep.report.predicates import Agrees, Drift, Order, Rises, Sooner
from genrep.report.verdicts import Judgement, Verdict, every


class Claim(Params):
    """One entry of ``claims.yaml``."""

    id: str
    place: str  # where the report says it
    finding: str  # in our words
    needs: Literal["gpu"] | None = None
    parts: tuple[Annotated[Order | Drift | Sooner | Rises | Agrees, Field(discriminator="kind")], ...]


def read_claims(folder: Path) -> list[Claim]:
    """``claims.yaml`` of a replication, checked.

    Raises:
        UserError: an entry breaks the contract.
    """
    path = folder / "claims.yaml"
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(entries, list):
            raise UserError(f"{path}: must be a list of claims")
        return [Claim.model_validate(entry) for entry in entries]
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except (yaml.YAMLError, ValidationError) as error:
        raise UserError(f"{path}: {' '.join(str(error).split())[:300]}") from None


def judge(claim: Claim, measurements: Measurements, scale: str) -> Judgement:
    """Verdict on one claim; what was observed is shown even where nothing can be judged."""
    found = every([part.judge(measurements) for part in claim.parts])
    if scale == "smoke":
        reason = f"smoke scale: {'; '.join(measurements.params.deviations)}"
        return Judgement(Verdict.NOT_COMPARABLE, reason, found.observed)
    machine = (measurements.times or {}).get("machine", {})
    if claim.needs == "gpu" and machine.get("device") == "cpu" and found.verdict != Verdict.NOT_RUN:
        reason = f"timed on a CPU ({machine['device_name']}); the report's claim is about a GPU"
        return Judgement(Verdict.NOT_COMPARABLE, reason, found.observed)
    if scale == "desk":
        reasons = [found.reason, f"desk scale: {'; '.join(measurements.params.deviations)}"]
        return Judgement(found.verdict, "; ".join(filter(None, reasons)), found.observed)
    return found
