"""Figures with images that may not be redistributed: committed with blanks, kept in full where git does not look."""

from collections.abc import Sequence
from pathlib import Path

from genrep.report.figures.sheets import Sheet, draw_sheets
from genrep.report.figures.style import save

FULL = Path("figures-full")  # ignored by git


def save_sheets(sheets: Sequence[Sheet], title: str, notes: Sequence[str], path: Path, full: Path = FULL) -> list[Path]:
    """Write a figure that may be published to ``path`` and, where that leaves blanks, the whole one under ``full``.

    Args:
        sheets: with ``sets`` where they show real images; see ``Sheet``.
        title: above.
        notes: below.
        path: of the figure that is committed; below the working directory its place is kept under ``full``.
        full: the folder of the figures that are not.

    Returns:
        What was written.
    """
    save(draw_sheets(sheets, title, notes), path)
    private = full / (path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
    if path.is_absolute() and not path.is_relative_to(Path.cwd()):
        private = full / path.name
    if not any(sheet.withheld().any() for sheet in sheets):
        private.unlink(missing_ok=True)  # of an earlier draw
        return [path]
    save(draw_sheets(sheets, title, notes, full=True), private)
    return [path, private]
