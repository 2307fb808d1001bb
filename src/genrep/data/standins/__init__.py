"""Generated stand-ins for sets whose images may not be redistributed: what the smoke scale runs on.

They are drawn from parameters alone, so every image may be shown and shipped.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from genrep.data.standins import faces, glyphs, landscapes, scenes
from genrep.data.standins.canvas import Drawing
from genrep.errors import UserError

Draw = Callable[[np.random.Generator, int, int | None], Drawing]

STANDINS: dict[str, Draw] = {
    "faces": faces.draw,
    "landscapes": landscapes.draw,
    "glyphs": glyphs.draw,
    "scenes": scenes.draw,
}
CLASSES: dict[str, tuple[str, ...]] = {
    "faces": faces.CLASSES,
    "landscapes": landscapes.CLASSES,
    "glyphs": glyphs.CLASSES,
    "scenes": scenes.CLASSES,
}


@dataclass(frozen=True)
class Generated:
    """A generated set; C is 1 for ``glyphs`` and 3 for the others."""

    images: np.ndarray  # (N, H, W, C) uint8
    labels: np.ndarray  # (N,) int64, numbers into CLASSES
    attributes: dict[str, np.ndarray]  # (N,) bool each; only faces have any
    masks: dict[str, np.ndarray]  # (N, H, W) bool each; only faces have any


def generate(name: str, count: int, size: int, seed: int) -> Generated:
    """Draw a set; image i depends on the name, the size, the seed and i alone, so a smaller set is a prefix.

    Args:
        name: in ``STANDINS``.
        count: how many images, at least one; their classes take turns.
        size: height and width in pixels, at least 8.
        seed: 0 or more.

    Raises:
        UserError: no such stand-in, a number out of range, or matplotlib's fonts are missing.
    """
    if name not in STANDINS:
        near = get_close_matches(name, STANDINS, n=1)
        hint = f" - did you mean {near[0]!r}?" if near else ""
        raise UserError(f"no stand-in {name!r}; there are {', '.join(STANDINS)}{hint}")
    for what, value, least in (("count", count, 1), ("size", size, 8), ("seed", seed, 0)):
        if value < least:
            raise UserError(f"stand-in {name}: {what} is {value}; it must be at least {least}")
    key, classes = zlib.crc32(name.encode()), len(CLASSES[name])
    drawings = [STANDINS[name](np.random.default_rng([key, seed, i]), size, i % classes) for i in range(count)]
    first = drawings[0]
    return Generated(
        images=np.stack([drawing.image for drawing in drawings]),
        labels=np.array([drawing.label for drawing in drawings], np.int64),
        attributes={key: np.array([drawing.attributes[key] for drawing in drawings]) for key in first.attributes},
        masks={key: np.stack([drawing.masks[key] for drawing in drawings]) for key in first.masks},
    )
