"""When something first happened in a training: snapshots tell it as a stretch between two of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from genrep.report.measurements import Measurements


@dataclass(frozen=True)
class Moment:
    """An event that fell after one snapshot and, as far as is known, by the next; in epochs or seconds."""

    after: float
    at: float  # the snapshot that shows it; infinite for never
    or_later: bool = False  # the run ended too soon to tell

    @property
    def latest(self) -> float:
        """The latest that it may have been."""
        return inf if self.or_later else self.at

    @classmethod
    def at_snapshot(cls, epochs: np.ndarray, index: int | None, or_later: bool = False) -> "Moment":
        """Seen at the snapshot ``index`` of (E,) epochs, at none of them if None; training begins at epoch 0."""
        before = [0.0, *epochs.tolist()]
        return cls(before[-1], inf) if index is None else cls(before[index], float(epochs[index]), or_later)

    def __str__(self) -> str:
        return "never" if self.at == inf else f"{self.at:.3g}" + (" or later" if self.or_later else "")


Reached = dict[str, list[Moment]]  # by clock, a moment per seed


def by_clock(measurements: Measurements, model: str, found: list[Moment], clocks: Sequence[str]) -> Reached:
    """Moments in epochs, and in seconds of training where those are asked for."""
    reached = {"epoch": found}
    if "seconds" in clocks:
        until = measurements.seconds_until
        reached["seconds"] = [Moment(until(model, m.after), until(model, m.at), m.or_later) for m in found]
    return reached


def span(moments: list[Moment]) -> str:
    """``3 to 5`` of moments."""
    words = [str(moment) for moment in sorted(moments, key=lambda one: one.at)]
    return words[0] if words[0] == words[-1] else f"{words[0]} to {words[-1]}"
