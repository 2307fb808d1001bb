"""In words: which reading of a choice explains a published number. Made from the rows of a sweep alone."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from genrep.assumptions import AS_USED
from genrep.report.sweep_rows import Row


def explanation(rows: Sequence[Row], command: str) -> str:
    """A few sentences on the readings of one cell, by its own metric or all by another one.

    Point values decide what is said here; whether an interval lies in the tolerance stands in the table.

    Args:
        rows: the readings.
        command: that runs those which have not been run.
    """
    cell, measured = rows[0].cell, [row for row in rows if row.value]
    if pd.isna(cell.value):
        said = [f"{cell.cell}: the published value is lost."]
    else:
        said = [f"{cell.cell}: {cell.value:g} is published, with a tolerance of {cell.tolerance}."]
    if not measured:
        said.append(f"Nothing has been measured by {rows[0].metric}.")
    elif not rows[0].own:
        said += _by_change(measured)
    elif measured[0].band is not None:
        said += _against_the_band(measured)
    elif measured[0].tolerated is not None:
        said += _for_orientation(measured)
    if measured and (absent := [row.variant.reading.id for row in rows if row.value is None]):
        said.append(f"Not run: {', '.join(absent)} ({command}).")
    return " ".join(said)


def _against_the_band(rows: list[Row]) -> list[str]:
    fitting = [row for row in rows if _fits(row)]
    later = [row for row in rows if row not in fitting and row.epochs_within]
    never = sorted((row for row in rows if row not in fitting and not row.epochs_within), key=_distance)
    said = []
    if fitting:
        found = ", ".join(f"{_name(row)} ({_value(row)})" for row in fitting)
        said.append(f"By point values, within it at the epoch that a reading takes: {found}.")
    else:
        said.append("By point values, no reading lies within it at the epoch that it takes.")
    if later:
        found = ", ".join(f"{_name(row)} (epoch {spans(row.epochs_within)})" for row in later)
        said.append(f"Within it after other epochs only: {found}.")
    if never:
        found = ", ".join(f"{_name(row)} (closest {_closest(row)})" for row in never)
        said.append(f"Never within it: {found}.")
    return said


def _for_orientation(rows: list[Row]) -> list[str]:
    """Where the scale or the images forbid a comparison, there is no inside and outside: only values and distances."""
    found = ", ".join(f"{_name(row)} {_value(row)} ({_apart(row):+.4g})" for row in sorted(rows, key=_at_its_epoch))
    return [f"Not comparable, orientation only; at the epoch of the cell, from the closest on: {found}."]


def _apart(row: Row) -> float:
    assert row.value is not None
    return row.value.value - float(row.cell.value)


def _at_its_epoch(row: Row) -> float:
    return abs(_apart(row))


def _by_change(rows: list[Row]) -> list[str]:
    used = next((row for row in rows if row.variant.reading.id == AS_USED), None)
    others = [row for row in rows if row is not used]
    if used is None or not others:
        return []
    found = ", ".join(f"{_name(row)} {row.value.value - used.value.value:+.3g}" for row in others)  # type: ignore[union-attr]
    return [f"On {rows[0].metric}, where the reading in use gives {used.value}, the others change it by: {found}."]


def _fits(row: Row) -> bool:
    assert row.band is not None
    assert row.value is not None
    low, high = row.band
    return low <= row.value.value <= high


def _distance(row: Row) -> float:
    """How close a reading comes to the published value, at the epoch where it is closest."""
    assert row.value is not None
    values = np.array([row.value.value]) if row.curve is None else row.curve[1]
    return float(np.abs(values - row.cell.value).min())


def _closest(row: Row) -> str:
    if row.curve is None:
        return _value(row)
    epochs, values = row.curve
    best = int(np.abs(values - row.cell.value).argmin())
    return f"{values[best]:.5g} after epoch {epochs[best]}"


def _value(row: Row) -> str:
    assert row.value is not None
    return f"{row.value.value:.5g}"


def _name(row: Row) -> str:
    return row.variant.reading.id if row.variant.reading.id != AS_USED else "the reading in use"


def spans(epochs: list[int]) -> str:
    """``8-10, 12`` of neighbours in a list."""
    spans: list[list[int]] = []
    for epoch in epochs:
        if spans and epoch == spans[-1][-1] + 1:
            spans[-1].append(epoch)
        else:
            spans.append([epoch])
    return ", ".join(f"{s[0]}-{s[-1]}" if len(s) > 1 else str(s[0]) for s in spans)
