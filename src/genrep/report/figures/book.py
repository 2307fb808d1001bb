"""All figures of a replication: drawn by name, written, and never missing."""

from collections.abc import Callable, Iterator
from pathlib import Path

from matplotlib.figure import Figure

from genrep.report.estimates import NotMeasured
from genrep.report.figures.style import blank, save, theme

Makers = dict[str, Callable[[], Figure]]  # by the name of the file, in the order of the report
SMOKE_NOTE = "smoke scale: proves the machinery, no published number is judged"


def notes(scale: str) -> list[str]:
    """What every figure at a scale says under it."""
    return [SMOKE_NOTE] if scale == "smoke" else []


def figures(makers: Makers) -> Iterator[tuple[str, Figure]]:
    """Each figure with its name; one that nothing was measured for says so."""
    for name, make in makers.items():
        try:
            yield name, make()
        except NotMeasured as missing:
            yield name, blank(name.replace("_", " ").capitalize(), f"nothing to draw: {missing}")


def draw(folder: Path, makers: Makers) -> list[Path]:
    """Write every figure into a results folder; returns the files in the order of the report."""
    paths = []
    with theme():
        for name, figure in figures(makers):
            paths.append(folder / f"{name}.png")
            save(figure, paths[-1])
    return paths
