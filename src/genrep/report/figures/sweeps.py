"""Figures of a sweep: every reading beside the published value with its tolerance, and readings over the epochs."""

from collections.abc import Iterator, Sequence
from functools import partial
from textwrap import wrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from genrep.assumptions import AS_USED
from genrep.report.estimates import NotMeasured
from genrep.report.figures.book import Makers
from genrep.report.figures.charts import Line, Panel, Style, draw_panel, new_figure
from genrep.report.figures.style import COLOURS, GREY, MARKERS, NOTE_SIZE
from genrep.report.sweep_rows import Row

BAND = "#F0E442"  # the one colour of Okabe and Ito's palette that no line takes
ROW_HEIGHT, TEXT_HEIGHT, WIDTH = 0.26, 0.14, 8.0  # inches: of a reading, of a line of its words, of the figure
WORDS = 46  # letters of a line of them
ZOOM = 6  # half the width of the close-up, in widths of the band
STYLES: tuple[Style, ...] = ("-", "--", ":", "-.")  # where colours begin again
CLOSE = "close to the published value"


def makers(sweep: str, groups: Sequence[Sequence[Row]], notes: Sequence[str]) -> Makers:
    """Both figures by name; ``groups`` has rows that may share an axis."""
    return {
        "figure_readings": partial(readings, sweep, groups, notes),
        "figure_over_epochs": partial(over_epochs, sweep, groups, notes),
    }


def readings(sweep: str, groups: Sequence[Sequence[Row]], notes: Sequence[str]) -> Figure:
    """One row of panels per group: a dot with its interval per reading, the published value and its tolerance behind.

    Where other readings lie far off, a second panel shows what is close to the published value.
    """
    if not any(row.value for rows in groups for row in rows):
        raise NotMeasured("no reading has been measured")
    heights = [sum(_row_height(row) for row in rows) + 0.75 for rows in groups]
    close = [close_up(rows) for rows in groups]
    said = "dots: our value and its 95% interval, where it has one; line and band: the published value, its tolerance"
    foreign = any(row.value and not row.own for rows in groups for row in rows)
    apart = "no line: measured by another metric than the published one, and compared with the reading in use alone"
    edges = "triangles: beyond the edge"
    more = [*([apart] if foreign else []), *([edges] if any(close) else []), *_without_band(groups)]
    width = WIDTH + (2.4 if any(close) else 0.0)
    figure = new_figure(width, sum(heights), f"Readings of {sweep}", [said, *more, *notes])
    axes = figure.subplots(len(groups), 2 if any(close) else 1, squeeze=False, height_ratios=heights)
    for row, rows, limits in zip(axes, groups, close, strict=True):
        _dots(row[0], rows)
        if limits is not None:
            _dots(row[1], rows, limits)
        elif len(row) > 1:
            row[1].set_axis_off()
    return figure


def over_epochs(sweep: str, groups: Sequence[Sequence[Row]], notes: Sequence[str]) -> Figure:
    """One row per group: each reading over its epochs, and a close-up of the published value if any come near."""
    groups = [rows for rows in groups if any(row.curve is not None for row in rows)]
    if not groups:
        raise NotMeasured("no reading has been measured after several epochs")
    heights = [max(3.0, 0.4 + TEXT_HEIGHT * sum(len(words(row)) + 0.4 for row in rows)) for rows in groups]
    title, more = f"Readings of {sweep} over the epochs", _without_band(groups)
    figure = new_figure(WIDTH + 2.6, sum(heights), title, [*more, *notes])
    axes = figure.subplots(len(groups), 2, squeeze=False, height_ratios=heights)
    for (left, right), rows in zip(axes, groups, strict=True):
        lines = [line for k, row in enumerate(rows) for line in _line(k, row)]
        draw_panel(left, Panel(_title(rows), _unit(rows), lines, level=_level(rows)))
        limits, band = close_up(rows), next((row.band for row in rows if row.band), None)
        if limits is None:
            right.set_axis_off()
        else:
            draw_panel(right, Panel(CLOSE, _unit(rows), lines, level=_level(rows)))
            right.set_ylim(*limits)
        if band is not None:
            for ax in (left, right):
                ax.axhspan(*band, color=BAND, alpha=0.5, linewidth=0)
        place = left if limits is None else right
        place.legend(handles=list(_handles(lines, rows)), loc="upper left", bbox_to_anchor=(1.02, 1))
    return figure


def words(row: Row) -> list[str]:
    """What a reading is called in a figure, in lines; with its id, which the sentences call it by."""
    reading = row.variant.reading
    return ["the reading in use"] if reading.id == AS_USED else wrap(f"{reading.says} ({reading.id})", WORDS)


def close_up(rows: Sequence[Row]) -> tuple[float, float] | None:
    """The range of a panel around the published value; None where nothing comes near it, or all does."""
    found = next((row.tolerated for row in rows if row.tolerated), None)
    if found is None or found[0] == found[1]:
        return None
    middle, reach = float(rows[0].cell.value), ZOOM * (found[1] - found[0])
    near = [abs(row.value.value - middle) <= reach for row in rows if row.value]
    return (middle - reach, middle + reach) if any(near) and not all(near) else None


def _dots(ax: Axes, rows: Sequence[Row], limits: tuple[float, float] | None = None) -> None:
    """A dot per reading; within limits, what lies outside is a triangle at the edge."""
    for k, row in enumerate(rows):
        if row.value is None:
            place = ("axes fraction", "data")
            ax.annotate("not run", (0.01, k), xycoords=place, va="center", color=GREY, size=NOTE_SIZE)
            continue
        colour = COLOURS[0] if row.own else COLOURS[1]
        if limits is not None and not limits[0] <= row.value.value <= limits[1]:
            below = row.value.value < limits[0]
            ax.plot(limits[0] if below else limits[1], k, marker="<" if below else ">", color=colour, clip_on=False)
            continue
        spread = [[row.value.value - row.value.low], [row.value.high - row.value.value]]
        ax.errorbar(row.value.value, k, xerr=spread, fmt="o", color=colour, markersize=4, capsize=2, elinewidth=1)
    band = next((row.band for row in rows if row.band), None)
    if band is not None:
        ax.axvspan(*band, color=BAND, alpha=0.5, linewidth=0)
    if (level := _level(rows)) is not None:
        ax.axvline(level[1], color=GREY, linestyle="--", linewidth=1.2)
    ax.set_yticks(range(len(rows)), ["\n".join(words(row)) for row in rows] if limits is None else [])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.ticklabel_format(axis="x", useOffset=False)
    ax.set_xlim(limits)
    ax.set_xlabel(_unit(rows))
    ax.set_title(_title(rows) if limits is None else CLOSE)


def _row_height(row: Row) -> float:
    return max(ROW_HEIGHT, TEXT_HEIGHT * (len(words(row)) + 0.6))


def _title(rows: Sequence[Row]) -> str:
    return rows[0].cell.cell + ("" if rows[0].own else f", by {rows[0].metric} in place of its own metric")


def _unit(rows: Sequence[Row]) -> str:
    """What the axis shows: the metric, or where readings differ in that, the value as the cell prints it."""
    metrics = dict.fromkeys(row.metric for row in rows if row.value) or {rows[0].metric: None}
    if len(metrics) == 1:
        return next(iter(metrics))
    unit = rows[0].cell.unit
    return "the value of the cell" + ("" if pd.isna(unit) else f", {unit}")


def _without_band(groups: Sequence[Sequence[Row]]) -> list[str]:
    hidden = any(row.tolerated and not row.band for rows in groups for row in rows)
    return ["no band: not comparable with the published value here, orientation only"] if hidden else []


def _line(k: int, row: Row) -> list[Line]:
    """The curve of the k-th reading; where colours begin again, they meet other styles and markers."""
    if row.curve is None:
        return []
    again = k // len(COLOURS)
    marker = MARKERS[(k + again) % len(MARKERS)]
    label = "\n".join(words(row))
    return [Line(*row.curve, label, COLOURS[k % len(COLOURS)], marker, STYLES[again % len(STYLES)])]


def _handles(lines: Sequence[Line], rows: Sequence[Row]) -> Iterator[Line2D]:
    for line in lines:
        look = {"color": line.colour, "marker": line.marker, "linestyle": line.style}
        yield Line2D([], [], label=line.label, markersize=4, **look)  # type: ignore[arg-type]
    if (level := _level(rows)) is not None:
        yield Line2D([], [], label=level[0], color=GREY, linestyle="--", linewidth=1.2)


def _level(rows: Sequence[Row]) -> tuple[str, float] | None:
    if any(row.tolerated for row in rows):
        return f"published: {rows[0].cell.value:g}", float(rows[0].cell.value)
    return None
