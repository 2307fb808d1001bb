"""Assumptions: the choices that a report leaves open, from ``assumptions.yaml``.

Where other values can move a published number, an assumption says which (``moves``) and gives each of them as a reading
that can be run (``Reading``); ``genrep sweep`` runs them. Readings in words alone stay allowed.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PositiveInt, field_validator, model_validator

from genrep.entries import read_entries
from genrep.params.base import Params

AS_USED = "as-used"  # the reading that params.yaml has
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]  # goes into names of runs and files


class Move(Params):
    """A published number that a choice can move."""

    cell: str  # of published.csv
    run: str  # of params.yaml, which the readings are laid over
    metric: str | None = None  # measured in place of the cell's own, which nothing here can measure; None: the cell's


class Reading(Params):
    """Another value that the report allows, as a patch on parameters or on how the number is read."""

    id: Id
    says: str  # in words
    run: dict[str, Any] = Field(default={})  # laid over the run's parameters
    evaluation: dict[str, Any] = Field(default={})  # laid over how it is measured
    metric: str | None = None  # other than that of the move
    protocol: str = ""  # what the id of the metric has to contain
    epoch: PositiveInt | None = None  # after which it is looked at; None: as the cell's
    n: PositiveInt | None = None  # samples that it is measured on; None: as many as the cell's
    factor: float = 1.0  # on the number: -1 turns its sign
    needs: str = ""  # what has to be there first, in words
    scales: tuple[str, ...] = ()  # that it can be run at; empty: all

    @field_validator("factor")
    @classmethod
    def _not_zero(cls, factor: float) -> float:
        if factor == 0:
            raise ValueError("factor: 0 would make every number the same")
        return factor


class Assumption(Params):
    """One entry of ``assumptions.yaml``."""

    id: str
    value: Any  # what we use, in words or as a number
    evidence: str
    moves: tuple[Move, ...] = ()
    readings: tuple[Any, ...] = ()  # other values that the report allows: ``Reading`` each, or words

    @field_validator("readings")
    @classmethod
    def _mappings_can_be_run(cls, readings: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(Reading.model_validate(one) if isinstance(one, dict) else one for one in readings)

    @model_validator(mode="after")
    def _sweep_is_whole(self) -> "Assumption":
        ids = [AS_USED, *(reading.id for reading in self.runnable)]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"{self.id}: reading {twice[0]!r} stands there twice")
        if self.runnable and not self.moves:
            raise ValueError(f"{self.id}: it has readings to run and moves no cell; say which under moves")
        return self

    @property
    def runnable(self) -> tuple[Reading, ...]:
        """The readings that are not words alone."""
        return tuple(reading for reading in self.readings if isinstance(reading, Reading))


def read_assumptions(folder: Path) -> list[Assumption]:
    """``assumptions.yaml`` of a replication; raises ``UserError`` as ``read_entries`` does."""
    return read_entries(folder / "assumptions.yaml", Assumption)
