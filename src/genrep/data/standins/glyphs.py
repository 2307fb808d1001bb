"""Digits and letters in the free fonts that matplotlib ships, dark on light like Char74K's EnglishFnt."""

import string
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from genrep.data.standins.canvas import SUPERSAMPLING, Drawing
from genrep.data.standins.parameters import choose, pick
from genrep.errors import UserError

CLASSES = tuple(string.digits + string.ascii_uppercase + string.ascii_lowercase)
FONTS = (
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    *("cmr10", "cmb10", "cmss10", "cmtt10", "cmti10"),  # Computer Modern
)


@cache
def fonts_folder() -> Path:
    """Where matplotlib keeps its fonts.

    Raises:
        UserError: matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError:
        mend = "pip install -c constraints.txt -e '.[workflow]'"
        raise UserError(f"glyphs are drawn with matplotlib's fonts, and it is not installed; run: {mend}") from None
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@cache
def font(name: str, pixels: int) -> ImageFont.FreeTypeFont:
    """A font at so many pixels per em; the basic layout is the one that every build of Pillow has.

    Raises:
        UserError: matplotlib is not installed, or ships no such font.
    """
    path = fonts_folder() / f"{name}.ttf"
    try:
        content = BytesIO(path.read_bytes())  # given a path, Pillow would look elsewhere for a missing file
        return ImageFont.truetype(content, pixels, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error}); reinstall matplotlib") from None


def draw(rng: np.random.Generator, size: int, label: int | None = None) -> Drawing:
    """Draw one character.

    Args:
        size: height and width in pixels.
        label: in ``CLASSES``: 0 to 9, A to Z, a to z; drawn from ``rng`` if None.

    Returns:
        A grey-level image (size, size, 1) in 0 to 255.

    Raises:
        ValueError: no such label.
        UserError: matplotlib, and so its fonts, is missing.
    """
    label = choose(rng, label, len(CLASSES))
    side = size * SUPERSAMPLING
    name = FONTS[pick(rng, 0, len(FONTS) - 1)]
    face = font(name, side * pick(rng, 23, 28) // 32)
    weight = pick(rng, 0, 2) * side // 256
    ink, paper = pick(rng, 0, 48), pick(rng, 224, 255)
    board = Image.new("L", (side, side), paper)
    character = CLASSES[label]
    left, top, right, bottom = face.getbbox(character, stroke_width=weight)
    x, y = int(side - left - right) // 2, int(side - top - bottom) // 2
    ImageDraw.Draw(board).text((x, y), character, fill=ink, font=face, stroke_width=weight)
    # Turn, shear and shift in 1/256: exact, so that no platform's sine moves a pixel.
    turn, lean, shift = pick(rng, -22, 22), pick(rng, -12, 12), side // 20
    dx, dy = pick(rng, -shift, shift), pick(rng, -shift, shift)
    across, down, half = (turn + lean) / 256, -turn / 256, side / 2
    matrix = (1, across, -across * half + dx, down, 1, -down * half + dy)
    turned = board.transform((side, side), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor=paper)
    return Drawing(np.asarray(turned.reduce(SUPERSAMPLING))[..., None], label)
