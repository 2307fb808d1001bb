"""Curves and bars."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from genrep.report.figures.style import GREY, NOTE_SIZE, TITLE_SIZE, note_lines

HEAD, FOOT_LINE = 0.3, 0.155  # inches of the title, of the legend, and of a line of notes
Style = Literal["-", ":", "-.", "--"] | tuple[int, tuple[int, ...]]


@dataclass(frozen=True)
class Line:
    """One curve: x and y (E,); a band between low and high (E,) where given."""

    x: np.ndarray
    y: np.ndarray
    label: str
    colour: str
    marker: str = ""
    style: Style = "-"
    thin: bool = False
    low: np.ndarray | None = None
    high: np.ndarray | None = None


@dataclass(frozen=True)
class Panel:
    """One pair of axes; ``level`` is a horizontal line that everything is compared with, labelled in the legend."""

    title: str
    y_label: str
    lines: Sequence[Line]
    x_label: str = "epoch"
    log: bool = False
    log_x: bool = False
    bottom: float | None = None
    top: float | None = None
    level: tuple[str, float] | None = None
    note: str = ""  # in place of axes, where there are no lines
    styles: dict[str, Style] = field(default_factory=dict)  # what line styles stand for, as a legend of the panel's own


def curves(panels: Sequence[Panel], title: str, notes: Sequence[str], columns: int, panel_width: float = 3.6) -> Figure:
    """Panels of so many inches in reading order, one legend for all under the title, notes at the bottom."""
    rows = -(-len(panels) // columns)
    figure = new_figure(panel_width * columns + 0.4, 2.9 * rows, title, notes, legend=True)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for ax, panel in zip(axes, panels, strict=False):
        draw_panel(ax, panel)
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    found = {label: handle for ax in axes for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    # the level that all is compared with comes last, whichever panel named it first
    levels = [panel.level[0] for panel in panels if panel.level is not None]
    labels = sorted(found, key=levels.__contains__)
    below_title = (0.06 / figure.get_figwidth(), 1 - HEAD / figure.get_figheight())
    figure.legend(
        [found[label] for label in labels],
        labels,
        loc="upper left",
        bbox_to_anchor=below_title,
        ncols=max(1, len(labels)),
        borderaxespad=0,
    ).set_in_layout(False)
    return figure


def new_figure(width: float, height: float, title: str, notes: Sequence[str], legend: bool = False) -> Figure:
    """A figure of ``height`` inches for axes and more for the title above, notes below and, on wish, a legend."""
    lines = note_lines(notes, width - 0.3)
    above, below = HEAD + (HEAD if legend else 0), FOOT_LINE * len(lines) + 0.08
    total = above + height + below
    figure = Figure(figsize=(width, total), facecolor="white")
    figure.set_layout_engine("constrained", rect=(0.01, below / total, 0.98, height / total))
    figure.text(0.1 / width, 1 - 0.08 / total, title, va="top", fontsize=TITLE_SIZE, fontweight="bold")
    figure.text(0.1 / width, 0.08 / total, "\n".join(lines), va="bottom", fontsize=NOTE_SIZE, color=GREY)
    return figure


def draw_panel(ax: Axes, panel: Panel) -> None:
    """Fill one pair of axes; without lines there is only the title and the note."""
    ax.set_title(panel.title)
    if not panel.lines:
        ax.set_axis_off()
        ax.text(0.5, 0.5, panel.note, transform=ax.transAxes, ha="center", va="center", color=GREY)
        return
    for line in panel.lines:
        if line.low is not None and line.high is not None:
            ax.fill_between(line.x, line.low, line.high, color=line.colour, alpha=0.2, linewidth=0)
        ax.plot(
            line.x,
            line.y,
            color=line.colour,
            linestyle=line.style,
            linewidth=0.9 if line.thin else 1.7,
            alpha=0.75 if line.thin else 1,
            marker="" if line.thin else line.marker,
            markersize=3.5,
            markevery=max(1, len(line.x) // 12),
            label=line.label if line.style == "-" else "_",  # an underscore keeps a line out of the legend
        )
    if panel.level is not None:
        label, value = panel.level
        ax.axhline(value, color=GREY, linestyle="--", linewidth=1.2, label=label)
    ax.set(xlabel=panel.x_label, ylabel=panel.y_label)
    if panel.log_x:
        ax.set_xscale("log")
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, steps=[1, 2, 5, 10]))
    if panel.log:
        ax.set_yscale("log")
    else:
        ax.ticklabel_format(axis="y", useOffset=False)
    ax.set_ylim(*_limits(panel))
    if panel.styles:
        handles = [Line2D([], [], color=GREY, linestyle=style, label=name) for name, style in panel.styles.items()]
        ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2)


def _limits(panel: Panel) -> tuple[float | None, float | None]:
    """Of the y axis: as asked for, else from the data; where those are all equal, from 0 to 1 or beyond.

    Around a single value matplotlib would show a range of its own, such as negative shares.
    """
    values = {*np.concatenate([line.y for line in panel.lines]).tolist(), *(panel.level or ())[1:]}
    asked = panel.bottom is not None or panel.top is not None
    if asked or panel.log or len(values) > 1 or min(values) < 0:
        return panel.bottom, panel.top
    top = max(1.0, 2 * min(values))
    return -0.03 * top, top


def bars(
    ax: Axes,
    groups: Sequence[str],
    series: dict[str, list[tuple[float, float, float]]],
    colours: Sequence[str],
    unit: str,
) -> None:
    """Horizontal bars: per group one of each series, (value, low, high) with the number written at its end."""
    thickness = 0.8 / len(series)
    y = np.arange(len(groups))
    for k, (label, numbers) in enumerate(series.items()):
        value, low, high = np.array(numbers).T
        places = y + (k - (len(series) - 1) / 2) * thickness
        ax.barh(places, value, thickness * 0.9, color=colours[k], label=label)
        spread = np.where(high > low, np.stack([value - low, high - value]), np.nan)
        ax.errorbar(value, places, xerr=spread, fmt="none", ecolor="black", elinewidth=1, capsize=2)
        for place, number, end in zip(places, value, high, strict=True):
            ax.annotate(
                f"{number:,.0f} {unit}" if number >= 1000 else f"{number:.3g} {unit}",
                (max(number, end), place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=NOTE_SIZE,
            )
    ax.set_yticks(y, groups)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.margins(x=0.22)
