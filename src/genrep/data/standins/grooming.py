"""Hair, beards, glasses and hats of a stand-in face."""

import numpy as np
from PIL import Image, ImageChops

from genrep.data.standins.canvas import Canvas
from genrep.data.standins.parameters import around, mix, symmetric
from genrep.data.standins.portrait import BLACK, EYES, HAIR, WHITE, Face


def comb(board: Canvas, face: Face, rng: np.random.Generator, mask: Image.Image) -> None:
    """Hair inside a mask: darker and lighter strands, and a sheen on the side of the light."""
    across, down = (26, 26) if face.style == 4 else (44, 4)
    board.paint(mask, face.tint, segment=HAIR)
    board.mottle(board.noise(rng, across, down, 190), mix(face.tint, BLACK, 150), mask)
    board.mottle(board.noise(rng, across, down, 120), mix(face.tint, WHITE, 70), mask)
    x = 128 + 34 * face.side
    board.soft("glow", (x - 70, 0, x + 70, 84), mix(face.tint, WHITE, 110), 120, mask)


def curls(board: Canvas, radius: int, middle: int, curl: int, steps: range) -> Image.Image:
    """Mask of discs along an arc around the head."""
    mask = board.oval((0, 0, 1, 1))
    for step in steps:
        x, y = around(128, middle, radius, step)
        mask = ImageChops.lighter(mask, board.oval((x - curl, y - curl, x + curl, y + curl)))
    return mask


def hair_behind(board: Canvas, face: Face, rng: np.random.Generator) -> None:
    """The hair that the head hides in part."""
    low, flare = ((128, 0), (140, 4), (222, 12), (290, 26), (200, 0))[face.style]
    half = [(22, 7), (58, 22), (82, 54), (86, 96), (82 + flare, low), (52 + flare, low + 10)]
    mask = board.shape(symmetric(128, half))
    if face.style == 4:
        mask = ImageChops.lighter(mask, curls(board, 84, 104, 28, range(21, 25, 3) if face.hat else range(21, 54, 4)))
        mask = ImageChops.lighter(mask, curls(board, 88, 140, 26, range(2, 5, 2)))
        mask = ImageChops.lighter(mask, curls(board, 88, 140, 26, range(20, 23, 2)))
    comb(board, face, rng, mask)
    board.soft("glow", (50, 60, 206, 300), mix(face.tint, BLACK, 200), 200, mask)


def hair_before(board: Canvas, face: Face, rng: np.random.Generator) -> None:
    """The hair that frames or covers the forehead."""
    part, bare = 26 * face.side, 16 if face.male and not face.young else 0
    if face.style == 0:
        low, high = (128 - 44 * face.side, 66 - bare), (128 + 34 * face.side, 50 - bare)
        line = [(46, 106), (57, 90), (66, 64 - bare), *sorted((low, high)), (190, 64 - bare), (199, 90), (210, 106)]
        crown = [(210, 60), (186, 22), (150, 6), (106, 6), (70, 22), (46, 60)]
        comb(board, face, rng, board.shape(line + crown))
        return
    if face.style == 4:
        comb(board, face, rng, curls(board, 86, 122, 19, range(26, 47, 4)))
        return
    ends = (150, 214, 300)[face.style - 1]
    for out in (-1, 1):
        inner = [(part, 18), (part, 50), (56 * out, 68), (68 * out, 110), (66 * out, ends)]
        outer = [(90 * out, ends), (87 * out, 90), (82 * out, 50), (58 * out, 20)]
        comb(board, face, rng, board.shape([(128 + x, y) for x, y in inner + outer]))
    if face.style == 1:
        line = [(-78, 98), (-50, 88), (-26, 93), (0, 87), (28, 92), (50, 88), (78, 98)]
        crown = [(82, 54), (56, 22), (20, 8), (-20, 8), (-56, 22), (-82, 54)]
        comb(board, face, rng, board.shape([(128 + x, y) for x, y in line + crown]))


def beard(board: Canvas, face: Face, rng: np.random.Generator, mask: Image.Image) -> None:
    """Moustache, cheeks and chin, inside the mask of the face."""
    x, y = face.yaw * 2 // 3, 190 + face.pitch
    left = [(-88, 150), (-66, 172), (x - 40, y - 8), (x - 18, y - 18)]
    right = [(x + 18, y - 18), (x + 40, y - 8), (66, 172), (88, 150), (72, 260), (-72, 260)]
    area = ImageChops.multiply(mask, board.shape([(128 + px, py) for px, py in left + right]))
    dark, full = mix(face.tint, BLACK, 130), face.beard == 2
    board.paint(area, mix(face.skin, dark, 150), 200 if full else 100)
    board.mottle(board.noise(rng, 110, 70, 220 if full else 100), dark, area)


def glasses(board: Canvas, face: Face) -> None:
    """Frames, and light on the lenses."""
    frame, curved = mix(face.cloth, BLACK, 190), face.glasses == 1
    for x, y in EYES:
        half = [(12, y - 24), (30, y - 16), (30, y + 14), (14, y + 26)] if curved else [(30, y - 15), (27, y + 18)]
        rim = symmetric(x, half)
        board.soft("glow", (x - 10, y - 30, x + 34, y + 6), WHITE, 80, board.shape(rim, curved))
        board.stroke([*rim, rim[0]], 3, frame, curved)
    board.stroke([(122, 112), (128, 108), (134, 112)], 4, frame)
    for out in (-1, 1):
        board.stroke([(128 + 62 * out, 108), (128 + 78 * out, 104)], 4, frame)


def hat(board: Canvas, face: Face, rng: np.random.Generator) -> None:
    """A beanie, a cap or a brimmed hat."""
    colour = mix(face.cloth, face.backdrop[0], 70)
    dark, shift = mix(colour, BLACK, 150), 24 * face.side
    dome = board.shape(symmetric(128, [(46, -10), (92, 36), (90, 88), (0, 74)]))
    board.paint(dome, colour, segment=0)
    board.soft("rim", (20 + shift, -30, 236 + shift, 150), dark, 255, dome)
    if face.hat == 1:
        board.mottle(board.noise(rng, 60, 6, 150), dark, dome)
        band = board.shape(symmetric(128, [(40, 48), (92, 54), (96, 94), (0, 82)]))
        board.paint(band, mix(colour, WHITE, 40), segment=0)
        board.mottle(board.noise(rng, 50, 3, 190), dark, band)
        return
    reach = 104 if face.hat == 2 else 142
    brim = board.shape(symmetric(128, [(64, 64), (reach, 86), (66, 98)]))
    board.paint(brim, dark, segment=0)
    board.soft("down", (128 - reach, 56, 128 + reach, 100), mix(dark, BLACK, 150), 255, brim)
