"""Images in rows and columns, pixel by pixel: nothing is resampled but by whole factors.

Real images that may not be redistributed (the catalogue says which) stay blank unless a figure is asked for in full.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from genrep.data.catalogue import data_set
from genrep.report.figures.style import DPI, GREY, NOTE_SIZE, TEXT_SIZE, TITLE_SIZE, note_lines

GAP = 2  # image pixels between tiles
TILE = 84  # pixels of the figure that a tile should be wide, about
PAD = 16  # pixels of the figure around everything
BLANK = 225  # grey of a tile that is withheld
BLANK_LABEL = "real image,\nnot shown"
BLANK_NOTE = "blank tiles: real images that may not be redistributed; drawing the figure again on the data shows them"


@dataclass(frozen=True)
class Sheet:
    """Images (R, K, C, H, W) uint8 with C of 1 or 3; labels of rows and columns; a heading.

    ``sets`` (R, K) names the data set of each tile that shows one of its images, or a mere retouch of one (noised,
    encoded and decoded, edited); it is empty for what a model has drawn by itself. None: nothing is real.
    """

    images: np.ndarray
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    heading: str = ""
    sets: np.ndarray | None = None

    def withheld(self) -> np.ndarray:
        """(R, K) bool: the tiles that may not be published."""
        if self.sets is None:
            return np.zeros(self.images.shape[:2], bool)
        private = [name for name in np.unique(self.sets) if name and not data_set(str(name)).redistribution]
        return np.isin(self.sets, private)


def image_grid(images: np.ndarray, columns: int) -> Sheet:
    """(N, C, H, W) uint8 in reading order, ``columns`` to a row; what is left of the last row stays white."""
    rows = -(-len(images) // columns)
    white = np.full((rows * columns - len(images), *images.shape[1:]), 255, np.uint8)
    return Sheet(np.concatenate([images, white]).reshape(rows, columns, *images.shape[1:]))


def draw_sheets(sheets: Sequence[Sheet], title: str, notes: Sequence[str], full: bool = False) -> Figure:
    """Stack sheets of equal width under a title, notes at the bottom; only ``full`` shows what may not be published."""
    hidden = [np.zeros(sheet.images.shape[:2], bool) if full else sheet.withheld() for sheet in sheets]
    mosaics = [_mosaic(_blanked(sheet.images, blank)) for sheet, blank in zip(sheets, hidden, strict=True)]
    if any(blank.any() for blank in hidden):
        notes = [*notes, BLANK_NOTE]
    left = PAD + max(_width(label) for sheet in sheets for label in ("", *sheet.rows))
    width = left + max(mosaic.shape[1] for mosaic in mosaics) + PAD
    titles = [line for part in title.split("\n") for line in _title_lines(part, (width - 2 * PAD) / DPI)]
    lines = note_lines(notes, (width - 2 * PAD) / DPI)
    title_height, note_height = _height(TITLE_SIZE), _height(NOTE_SIZE)
    labelled = [(bool(s.heading) * _height(TEXT_SIZE + 1), bool(s.columns) * _height(NOTE_SIZE)) for s in sheets]
    height = (
        PAD * (2 + len(sheets))
        + title_height * len(titles)
        + sum(sum(above) for above in labelled)
        + sum(len(mosaic) for mosaic in mosaics)
        + note_height * len(lines)
    )
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")

    def text(x: float, y: float, words: str, size: float, **options: Any) -> None:
        figure.text(x / width, y / height, words, fontsize=size, **options)

    y = height - PAD  # of the upper edge of what comes next, from the bottom
    for line in titles:
        text(PAD, y, line, TITLE_SIZE, va="top", weight="bold")
        y -= title_height
    for sheet, mosaic, blank, (heading_height, label_height) in zip(sheets, mosaics, hidden, labelled, strict=True):
        rows, columns = sheet.images.shape[:2]
        y -= PAD // 2
        if sheet.heading:
            text(left, y, sheet.heading, TEXT_SIZE + 1, va="top")
            y -= heading_height
        for k, label in enumerate(sheet.columns):
            text(left + (k + 0.5) * mosaic.shape[1] / columns, y, label, NOTE_SIZE, va="top", ha="center")
        y -= label_height
        for r, label in enumerate(sheet.rows):
            text(left - 8, y - (r + 0.5) * len(mosaic) / rows, label, NOTE_SIZE, va="center", ha="right")
        y -= len(mosaic)
        figure.figimage(mosaic, left, y, origin="upper")
        for r, k in np.argwhere(blank):
            place = left + (k + 0.5) * mosaic.shape[1] / columns, y + (rows - r - 0.5) * len(mosaic) / rows
            text(*place, BLANK_LABEL, NOTE_SIZE - 2, va="center", ha="center", color=GREY)
        y -= PAD // 2
    y -= PAD // 2
    for line in lines:
        text(PAD, y, line, NOTE_SIZE, va="top", color=GREY)
        y -= note_height
    return figure


def _blanked(images: np.ndarray, blank: np.ndarray) -> np.ndarray:
    """The images with nothing of the withheld ones left."""
    return np.where(blank[..., None, None, None], np.uint8(BLANK), images)


def _mosaic(images: np.ndarray) -> np.ndarray:
    """(R, K, C, H, W) -> (height, width, 3), tiles enlarged by a whole factor with white gaps between them."""
    R, K, _, H, W = images.shape
    zoom = max(1, round(TILE / W))
    tiles = np.full((R, H + GAP, K, W + GAP, 3), 255, np.uint8)
    tiles[:, :H, :, :W] = np.broadcast_to(images.transpose(0, 3, 1, 4, 2), (R, H, K, W, 3))
    sheet = tiles.reshape(R * (H + GAP), K * (W + GAP), 3)[:-GAP, :-GAP]
    return sheet.repeat(zoom, axis=0).repeat(zoom, axis=1)


def _title_lines(title: str, inches: float) -> list[str]:
    """A title in lines that fit: measured, as bold letters differ in width more than a mean says."""
    font = FontProperties(family="DejaVu Sans", weight="bold", size=TITLE_SIZE)
    for share in (0.7, 0.6, 0.5, 0.4, 0.3):
        lines = note_lines([title], inches * share)
        if all(TextPath((0, 0), line, prop=font).get_extents().x1 <= inches * 72 for line in lines):
            break
    return lines


def _height(size: float) -> int:
    """Pixels of a line of text of a size in points."""
    return round(size * 1.5 * DPI / 72)


def _width(label: str) -> int:
    """Pixels to leave for a row's label, with its distance from the images; at most a little too many."""
    return round(len(label) * 0.65 * NOTE_SIZE * DPI / 72) + 8 if label else 0
