"""Images in rows and columns, pixel by pixel: nothing is resampled but by whole factors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from genrep.report.figures.style import DPI, GREY, NOTE_SIZE, TEXT_SIZE, TITLE_SIZE, note_lines

GAP = 2  # image pixels between tiles
TILE = 84  # pixels of the figure that a tile should be wide, about
PAD = 16  # pixels of the figure around everything


@dataclass(frozen=True)
class Sheet:
    """Images (R, K, C, H, W) uint8 with C of 1 or 3; labels of rows and columns; a heading."""

    images: np.ndarray
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    heading: str = ""


def image_grid(images: np.ndarray, columns: int) -> Sheet:
    """(N, C, H, W) uint8 in reading order, ``columns`` to a row; what is left of the last row stays white."""
    rows = -(-len(images) // columns)
    white = np.full((rows * columns - len(images), *images.shape[1:]), 255, np.uint8)
    return Sheet(np.concatenate([images, white]).reshape(rows, columns, *images.shape[1:]))


def draw_sheets(sheets: Sequence[Sheet], title: str, notes: Sequence[str]) -> Figure:
    """Stack sheets of equal width under a title, notes at the bottom."""
    mosaics = [_mosaic(sheet.images) for sheet in sheets]
    left = PAD + max(_width(label) for sheet in sheets for label in ("", *sheet.rows))
    width = left + max(mosaic.shape[1] for mosaic in mosaics) + PAD
    titles = [line for part in title.split("\n") for line in note_lines([part], (width - 2 * PAD) / DPI * 0.7)]
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
    for sheet, mosaic, (heading_height, label_height) in zip(sheets, mosaics, labelled, strict=True):
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
        y -= PAD // 2
    y -= PAD // 2
    for line in lines:
        text(PAD, y, line, NOTE_SIZE, va="top", color=GREY)
        y -= note_height
    return figure


def _mosaic(images: np.ndarray) -> np.ndarray:
    """(R, K, C, H, W) -> (height, width, 3), tiles enlarged by a whole factor with white gaps between them."""
    R, K, _, H, W = images.shape
    zoom = max(1, round(TILE / W))
    tiles = np.full((R, H + GAP, K, W + GAP, 3), 255, np.uint8)
    tiles[:, :H, :, :W] = np.broadcast_to(images.transpose(0, 3, 1, 4, 2), (R, H, K, W, 3))
    sheet = tiles.reshape(R * (H + GAP), K * (W + GAP), 3)[:-GAP, :-GAP]
    return sheet.repeat(zoom, axis=0).repeat(zoom, axis=1)


def _height(size: float) -> int:
    """Pixels of a line of text of a size in points."""
    return round(size * 1.5 * DPI / 72)


def _width(label: str) -> int:
    """Pixels to leave for a row's label, with its distance from the images; at most a little too many."""
    return round(len(label) * 0.65 * NOTE_SIZE * DPI / 72) + 8 if label else 0
