"""The drawing board of the stand-ins: shapes, soft light and segment masks, four times finer than the image.

Coordinates are integers from 0 to 255 across the board whatever the size of the image. Shapes start from
integers, and gradients and noise are eight-bit, so that the same parameters give the same pixels on any machine.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from genrep.data.standins.parameters import Colour, Points, smoothed

Box = tuple[int, int, int, int]  # left, top, right, bottom

UNITS = 256
SUPERSAMPLING = 4


@dataclass(frozen=True)
class Drawing:
    """One image and what is known about it."""

    image: np.ndarray  # (H, W, C) uint8
    label: int
    attributes: dict[str, bool] = field(default_factory=dict)
    masks: dict[str, np.ndarray] = field(default_factory=dict)  # (H, W) bool each


@lru_cache(256)
def gradient(kind: str, opacity: int) -> Image.Image:
    """256 x 256 levels (L) up to ``opacity``.

    ``glow`` falls from the middle to 0 on the inscribed circle, ``rim`` rises from the middle to the corners, ``down``
    rises from top to bottom and ``right`` from left to right.
    """
    image = Image.radial_gradient("L") if kind in ("rim", "glow") else Image.linear_gradient("L")
    if kind == "right":
        image = image.transpose(Image.Transpose.TRANSPOSE)
    # Pillow's radial gradient is 255 in the corners, so 180 on the inscribed circle.
    levels = [max(0, 180 - v) * 255 // 180 if kind == "glow" else v for v in range(256)]
    return image.point([level * opacity // 255 for level in levels])


class Canvas:
    """A board of ``size`` * 4 pixels a side; ``place`` moves, scales and mirrors what is drawn next."""

    def __init__(self, size: int, paper: Colour = (0, 0, 0)):
        self.side = size * SUPERSAMPLING
        self.image = Image.new("RGB", (self.side, self.side), paper)
        self.segments = Image.new("L", (self.side, self.side), 0)
        self.place()

    def place(self, x: int = 0, y: int = 0, scale: int = 256, mirrored: bool = False) -> None:
        """From here on the origin is at (x, y), and a unit is ``scale``/256 of the board's."""
        self.x, self.y, self.scale, self.sign = x, y, scale, -1 if mirrored else 1

    def length(self, units: int) -> int:
        """Pixels of a length, at least one."""
        return max(1, units * self.scale * self.side // (UNITS * 256))

    def pixels(self, points: Points) -> list[tuple[int, int]]:
        across, fine = self.side, 256 * UNITS
        return [
            (
                (self.x * 256 + self.sign * x * self.scale) * across // fine,
                (self.y * 256 + y * self.scale) * across // fine,
            )
            for x, y in points
        ]

    def box(self, box: Box) -> Box:
        (ax, top), (bx, bottom) = self.pixels([box[:2], box[2:]])
        left, right = min(ax, bx), max(ax, bx)
        return left, top, max(right, left + 1), max(bottom, top + 1)

    def shape(self, points: Points, smooth: bool = True) -> Image.Image:
        """Mask (L, 0 or 255) of a closed outline."""
        mask = Image.new("L", self.image.size, 0)
        outline = self.pixels(points)
        ImageDraw.Draw(mask).polygon(smoothed(outline, True) if smooth else outline, fill=255)
        return mask

    def oval(self, box: Box) -> Image.Image:
        """Mask of the ellipse in a box."""
        mask = Image.new("L", self.image.size, 0)
        ImageDraw.Draw(mask).ellipse(self.box(box), fill=255)
        return mask

    def paint(self, mask: Image.Image, colour: Colour, opacity: int = 255, segment: int | None = None) -> Image.Image:
        """Colour what the mask covers and return the mask; ``segment`` numbers the pixels for ``mask``."""
        box = mask.getbbox()
        if box is not None:
            part = mask.crop(box)
            if segment is not None:
                self.segments.paste(segment, box, part)
            if opacity != 255:
                part = part.point([v * opacity // 255 for v in range(256)])
            self.image.paste(colour, box, part)
        return mask

    def fill(self, points: Points, colour: Colour, smooth: bool = True) -> None:
        """A closed outline in one colour, without a mask."""
        outline = self.pixels(points)
        ImageDraw.Draw(self.image).polygon(smoothed(outline, True) if smooth else outline, fill=colour)

    def disc(self, box: Box, colour: Colour) -> None:
        """The ellipse in a box, without a mask."""
        ImageDraw.Draw(self.image).ellipse(self.box(box), fill=colour)

    def stroke(self, points: Points, width: int, colour: Colour, smooth: bool = True) -> None:
        """A line through the points, ``width`` units wide."""
        path = self.pixels(points)
        path = smoothed(path, False) if smooth and len(path) > 2 else path
        pen, brush = self.length(width), ImageDraw.Draw(self.image)
        brush.line(path, fill=colour, width=pen)
        if pen > 3:  # round joints and ends
            half = pen // 2
            for x, y in path:
                brush.ellipse((x - half, y - half, x + half, y + half), fill=colour)

    def soft(self, kind: str, box: Box, colour: Colour, opacity: int = 255, clip: Image.Image | None = None) -> None:
        """Colour a box through a ``gradient``, inside the mask ``clip`` only."""
        left, top, right, bottom = self.box(box)
        levels = gradient(kind, opacity).resize((right - left, bottom - top), Image.Resampling.NEAREST)
        if clip is not None:
            levels = ImageChops.multiply(levels, clip.crop((left, top, right, bottom)))
        self.image.paste(colour, (left, top, right, bottom), levels)

    def noise(self, rng: np.random.Generator, across: int, down: int, opacity: int = 255) -> Image.Image:
        """Smooth random levels (L) up to ``opacity`` over the board, with so many cells across and down."""
        cells = rng.integers(0, opacity + 1, (down, across), dtype=np.int64)
        half = (self.side // 2, self.side // 2)  # finer would not survive the mean over 4 x 4
        smooth = Image.fromarray(cells.astype(np.uint8)).resize(half, Image.Resampling.BICUBIC)
        return smooth.resize(self.image.size, Image.Resampling.NEAREST)

    def mottle(self, noise: Image.Image, colour: Colour, clip: Image.Image | None = None) -> None:
        """Colour through noise, inside the mask ``clip`` only."""
        box = noise.getbbox() if clip is None else clip.getbbox()
        if box is not None:
            levels = noise.crop(box)
            self.image.paste(colour, box, levels if clip is None else ImageChops.multiply(levels, clip.crop(box)))

    def finish(self) -> np.ndarray:
        """(size, size, 3) uint8: the mean of every 4 x 4 pixels."""
        return np.asarray(self.image.reduce(SUPERSAMPLING))

    def mask(self, *numbers: int) -> np.ndarray:
        """(size, size) bool: where segments of these numbers cover more than half of a pixel."""
        chosen = self.segments.point([255 if v in numbers else 0 for v in range(256)])
        return np.asarray(chosen.reduce(SUPERSAMPLING)) > 128  # 128 is half, which two segments could claim
