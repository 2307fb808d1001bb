"""Assumptions: the choices that a report leaves open, from ``assumptions.yaml``."""

from pathlib import Path
from typing import Any

from genrep.params.base import Params
from genrep.report.entries import read_entries


class Assumption(Params):
    """One entry of ``assumptions.yaml``."""

    id: str
    value: Any  # what we use, in words or as a number
    evidence: str
    readings: tuple[Any, ...] = ()  # other values that the report allows


def read_assumptions(folder: Path) -> list[Assumption]:
    """``assumptions.yaml`` of a replication; raises ``UserError`` as ``read_entries`` does."""
    return read_entries(folder / "assumptions.yaml", Assumption)
