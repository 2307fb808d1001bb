"""From the bytes of an image to prepared pixels: what worker processes run. Imports neither torch nor torchvision.

Draft mode and ``reduce`` of Pillow, which decode a JPEG at a fraction of its size, are not used: their pixels differ
from those of decoding and resizing.
"""

import io
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from genrep.data.archives import Blob, DamagedError, Reader

# Four times the largest image of any source (CelebA-HQ, 1024x1024) on each side; a bomb of a few kB claims gigapixels.
MOST_PIXELS = 4096 * 4096
FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
}


@dataclass(frozen=True)
class Recipe:
    """What is done to every image of a set."""

    size: int
    mode: str  # RGB or L
    centre_square: float | None
    filter: str


@dataclass
class Tally:
    """What was seen on the way."""

    converted: Counter[str] = field(default_factory=Counter)  # images by a mode other than the set's
    unreadable: list[str] = field(default_factory=list)  # entry: why

    def add(self, other: "Tally") -> None:
        """Take another worker's into account."""
        self.converted += other.converted
        self.unreadable += other.unreadable


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows of the prepared array, and where their images come from."""

    number: int
    start: int
    blobs: tuple[Blob, ...]


def decode(content: bytes, recipe: Recipe) -> tuple[np.ndarray, str]:
    """One image as (H, W, C) uint8, and the mode in which it was stored."""
    with Image.open(io.BytesIO(content)) as image:
        if image.width * image.height > MOST_PIXELS:
            raise DamagedError(f"{image.width}x{image.height} pixels, like a decompression bomb")
        mode = image.mode
        picture: Image.Image = image if mode == recipe.mode else image.convert(recipe.mode)
        if recipe.centre_square is not None:
            picture = picture.crop(_square(picture.size, recipe.centre_square))
        if picture.size != (recipe.size, recipe.size):
            picture = picture.resize((recipe.size, recipe.size), FILTERS[recipe.filter])
        pixels = np.asarray(picture)
    return pixels.reshape(recipe.size, recipe.size, -1), mode


def _square(size: tuple[int, int], share: float) -> tuple[int, int, int, int]:
    width, height = size
    side = round(min(size) * share)
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side


def decode_chunk(chunk: Chunk, recipe: Recipe, array: Path) -> Tally:
    """Decode a chunk into its rows of the ``.npy`` file; an image that cannot be read is named in the tally."""
    tally = Tally()
    rows = np.empty((len(chunk.blobs), recipe.size, recipe.size, len(recipe.mode)), np.uint8)
    with warnings.catch_warnings(), Reader() as reader:
        warnings.simplefilter("ignore")  # Pillow's, about images that are refused below or read well enough
        for row, blob in zip(rows, chunk.blobs, strict=True):
            try:
                row[:], mode = decode(reader.read(blob), recipe)
            except UnidentifiedImageError:  # its own words are about our buffer
                tally.unreadable.append(f"{blob.name} (not an image that Pillow knows)")
                continue
            except (DamagedError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
                tally.unreadable.append(f"{blob.name} ({error})")
                continue
            if mode != recipe.mode:
                tally.converted[mode] += 1
    if not tally.unreadable:
        np.load(array, mmap_mode="r+", allow_pickle=False)[chunk.start : chunk.start + len(rows)] = rows
    return tally
