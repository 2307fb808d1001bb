"""Figures of a sweep: every reading beside the published value with its tolerance, and readings over the epochs."""

from collections.abc import Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genrep.report.estimates import NotMeasured
from genrep.report.figures.book import Makers
from genrep.report.figures.charts import Line, Panel, draw_panel, new_figure
from genrep.report.figures.style import COLOURS, GREY, MARKERS, NOTE_SIZE
from genrep.report.sweep_rows import Row

BAND, ROW_HEIGHT, WIDTH = "#009E73", 0.26, 8.0
ZOOM = 6  # half the height of the close-up, in widths of the band


def makers(sweep: str, groups: Sequence[Sequence[Row]], notes: Sequence[str]) -> Makers:
    """Both figures by name; ``groups`` has rows that may share an axis."""
    return {
        "figure_readings": partial(readings, sweep, groups, notes),
        "figure_over_epochs": partial(over_epochs, sweep, groups, notes),
    }


def readings(sweep: str, groups: Sequence[Sequence[Row]], notes: Sequence[str]) -> Figure:
    """One panel per group: a dot with its interval per reading, the published value and its tolerance behind."""
    if not any(row.value for rows in groups for row in rows):
        raise NotMeasured("no reading has been measured")
    heights = [ROW_HEIGHT * len(rows) + 0.75 for rows in groups]
    said = "dots: our value and its 95% interval, where it has one; line and band: the published value, its tolerance"
    apart = "no line: measured by another metric than the published one, and compared with the reading in use alone"
    foreign = any(row.value and not row.own for rows in groups for row in rows)
    figure = new_figure(WIDTH, sum(heights), f"Readings of {sweep}", [said, *([apart] if foreign else []), *notes])
    axes = figure.subplots(len(groups), 1, squeeze=False, height_ratios=heights)[:, 0]
    for ax, rows in zip(axes, groups, strict=True):
        _dots(ax, rows)
    return figure


def over_epochs(sweep: str, groups: Sequence[Sequence[Row]], notes: Sequence[str]) -> Figure:
    """One row per group: each reading over its epochs, and where there is a published value a close-up around it."""
    groups = [rows for rows in groups if any(row.curve is not None for row in rows)]
    if not groups:
        raise NotMeasured("no reading has been measured after several epochs")
    figure = new_figure(WIDTH + 1.6, 3.0 * len(groups), f"Readings of {sweep} over the epochs", notes)
    axes = figure.subplots(len(groups), 2, squeeze=False)
    for (left, right), rows in zip(axes, groups, strict=True):
        lines = [line for k, row in enumerate(rows) for line in _line(k, row)]
        unit = next(row.metric for row in rows if row.curve is not None)
        band = next((row.band for row in rows if row.band), None)
        draw_panel(left, Panel(_title(rows), unit, lines, level=_level(rows)))
        if band is None:
            right.set_axis_off()
            place = left
        else:
            middle, reach = rows[0].cell.value, ZOOM * (band[1] - band[0])
            close_up = Panel("close to the published value", unit, lines, level=_level(rows))
            draw_panel(right, close_up)
            right.set_ylim(middle - reach, middle + reach)
            for ax in (left, right):
                ax.axhspan(*band, color=BAND, alpha=0.18, linewidth=0)
            place = right
        handles, labels = left.get_legend_handles_labels()
        place.legend(handles, labels, loc="upper left", bbox_to_anchor=(1.02, 1))
    return figure


def _dots(ax: Axes, rows: Sequence[Row]) -> None:
    for k, row in enumerate(rows):
        if row.value is None:
            place = ("axes fraction", "data")
            ax.annotate("not run", (0.01, k), xycoords=place, va="center", color=GREY, size=NOTE_SIZE)
            continue
        spread = [[row.value.value - row.value.low], [row.value.high - row.value.value]]
        colour = COLOURS[0] if row.own else COLOURS[1]
        ax.errorbar(row.value.value, k, xerr=spread, fmt="o", color=colour, markersize=4, capsize=2, elinewidth=1)
    band = next((row.band for row in rows if row.band), None)
    if band is not None:
        ax.axvspan(*band, color=BAND, alpha=0.18, linewidth=0)
        ax.axvline(rows[0].cell.value, color=GREY, linestyle="--", linewidth=1.2)
    ax.set_yticks(range(len(rows)), [row.variant.reading.id for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(" or ".join(dict.fromkeys(row.metric for row in rows if row.value)) or rows[0].metric)
    ax.set_title(_title(rows))


def _title(rows: Sequence[Row]) -> str:
    return rows[0].cell.cell + ("" if rows[0].own else f", by {rows[0].metric} in place of its own metric")


def _line(k: int, row: Row) -> list[Line]:
    """The curve of the k-th reading; where colours begin again, they meet other markers."""
    if row.curve is None:
        return []
    colour, marker = COLOURS[k % len(COLOURS)], MARKERS[(k + k // len(COLOURS)) % len(MARKERS)]
    return [Line(*row.curve, row.variant.reading.id, colour, marker)]


def _level(rows: Sequence[Row]) -> tuple[str, float] | None:
    if any(row.band for row in rows):
        return f"published: {rows[0].cell.value:g}", float(rows[0].cell.value)
    return None
