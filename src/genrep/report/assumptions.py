"""Assumptions: the choices that a report leaves open, from ``assumptions.yaml``."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from genrep.errors import UserError
from genrep.params.base import Params


class Assumption(Params):
    """One entry of ``assumptions.yaml``."""

    id: str
    value: Any  # what we use, in words or as a number
    evidence: str
    readings: tuple[Any, ...] = ()  # other values that the report allows


def read_assumptions(folder: Path) -> list[Assumption]:
    """``assumptions.yaml`` of a replication, checked.

    Raises:
        UserError: an entry breaks the contract.
    """
    path = folder / "assumptions.yaml"
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(entries, list):
            raise UserError(f"{path}: must be a list of assumptions")
        return [Assumption.model_validate(entry) for entry in entries]
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        raise UserError(f"{path}: {' '.join(str(error).split())[:300]}") from None
