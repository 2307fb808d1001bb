"""What all figures share: theme, colours, notes under the picture, and how they are saved."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import wrap

import seaborn
from matplotlib import style
from matplotlib.figure import Figure

from genrep.files import atomic_path

DPI = 128  # a power of two: pixels over DPI, and back, are exact
GREY = "0.35"
NOTE_SIZE, TEXT_SIZE, TITLE_SIZE = 8, 9, 11  # points
# Okabe and Ito's palette, which colour-blind people can tell apart; its yellow is too pale on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#000000", "#E69F00", "#56B4E9", "#CC79A7")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


@contextmanager
def theme() -> Iterator[None]:
    """Draw and save inside this: matplotlib's defaults plus the house style, whatever the user's own settings say."""
    own = {
        "font.family": "DejaVu Sans",
        "font.size": TEXT_SIZE,
        "axes.labelsize": TEXT_SIZE,
        "axes.titlesize": TEXT_SIZE + 1,
        "xtick.labelsize": NOTE_SIZE,
        "ytick.labelsize": NOTE_SIZE,
        "legend.fontsize": NOTE_SIZE,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": "0.5",
        "grid.color": "0.9",
    }
    with style.context(["default", dict(seaborn.axes_style("whitegrid")), own]):
        yield


def colour_of(names: Sequence[str], name: str, start: int = 0) -> str:
    """The colour of ``name``, fixed by its place in ``names``; ``start`` keeps two families of names apart."""
    return COLOURS[(start + names.index(name)) % len(COLOURS)]


def marker_of(names: Sequence[str], name: str) -> str:
    """The marker of ``name``, for those who see no colours at all."""
    return MARKERS[names.index(name) % len(MARKERS)]


def note_lines(notes: Sequence[str], inches: float) -> list[str]:
    """Wrap each note to the lines that fit into a width at ``NOTE_SIZE``; empty notes vanish."""
    characters = int(inches * 72 / (NOTE_SIZE * 0.54))  # a mean character of this font is half its size wide
    return [line for note in notes for line in wrap(note, characters, break_on_hyphens=False)]


def blank(title: str, reason: str) -> Figure:
    """In place of a figure that cannot be drawn: its title, and why."""
    lines = note_lines([reason], 5.5)
    height = 0.6 + 0.16 * len(lines)
    figure = Figure(figsize=(6, height), dpi=DPI, facecolor="white")
    figure.text(0.25 / 6, 1 - 0.2 / height, title, fontsize=TITLE_SIZE, weight="bold", va="top")
    figure.text(0.25 / 6, 1 - 0.47 / height, "\n".join(lines), fontsize=NOTE_SIZE, color=GREY, va="top")
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a PNG; the bytes depend on the figure alone."""
    with atomic_path(path) as temporary:
        # the default metadata carries matplotlib's version
        figure.savefig(temporary, dpi=DPI, metadata={"Software": None})
