"""All figures of a replication: drawn by name, written, and never missing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from genrep.report.estimates import NotMeasured
from genrep.report.figures.sheets import Sheet, draw_sheets
from genrep.report.figures.style import blank, save, theme
from genrep.report.figures.withheld import save_sheets


@dataclass(frozen=True)
class Picture:
    """A figure of images, some of which may not be redistributed.

    ``whole`` says that nothing in the sheets is blank yet: then a full version is drawn where git does not look.
    """

    sheets: Sequence[Sheet]
    title: str
    notes: Sequence[str]
    whole: bool = True

    def figure(self) -> Figure:
        """What may be published."""
        return draw_sheets(self.sheets, self.title, self.notes)

    def write(self, path: Path) -> None:
        """Write it and, where that is possible and leaves blanks, the whole one."""
        if self.whole:
            save_sheets(self.sheets, self.title, self.notes, path)
        else:
            save(self.figure(), path)


Makers = dict[str, Callable[[], Figure | Picture]]  # by the name of the file, in the order of the report
SMOKE_NOTE = "smoke scale: proves the machinery, no published number is judged"


def notes(scale: str) -> list[str]:
    """What every figure at a scale says under it."""
    return [SMOKE_NOTE] if scale == "smoke" else []


def figures(makers: Makers) -> Iterator[tuple[str, Figure | Picture]]:
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
            if isinstance(figure, Picture):
                figure.write(paths[-1])
            else:
                save(figure, paths[-1])
    return paths
