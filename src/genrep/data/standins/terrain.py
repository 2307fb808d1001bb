"""The ground of a landscape: mountains, hills, meadows and lakes."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from genrep.data.standins.canvas import Canvas
from genrep.data.standins.parameters import Colour, chance, mix, pick, vary
from genrep.data.standins.trees import BLACK, WHITE


@dataclass(frozen=True)
class Hour:
    """Sky and light of a time of day."""

    zenith: Colour
    horizon: Colour
    sun: Colour
    light: Colour  # what white becomes
    stars: bool = False


def ridge(rng: np.random.Generator, base: int, height: int, rounds: int) -> list[tuple[int, int]]:
    """A skyline by midpoint displacement, at most ``height`` above ``base``."""
    levels = [pick(rng, height // 4, height) for _ in range(4)]
    for k in range(rounds):
        rough = max(1, height >> (k + 2))
        middles = [min(height, max(0, (a + b) // 2 + pick(rng, -rough, rough))) for a, b in pairwise(levels)]
        levels = [level for pair in zip(levels, middles, strict=False) for level in pair] + levels[-1:]
    return [(-8 + 272 * k // (len(levels) - 1), base - level) for k, level in enumerate(levels)]


def mountains(board: Canvas, rng: np.random.Generator, hour: Hour, light: int, ground: int, winter: bool) -> None:
    """Two or three ranges, bluer with distance; their slopes away from the light are darker."""
    rock = vary(rng, (104, 98, 98), 14)
    count = pick(rng, 1, 3)
    for k in range(count):
        haze = 190 - 150 * (k + 1) // (count + 1)
        height = pick(rng, 56, 96) - 22 * k
        line = ridge(rng, ground, height, 3)
        mask = board.shape([*line, (264, ground + 9), (-8, ground + 9)], smooth=False)
        board.paint(mask, mix(rock, hour.horizon, haze))
        board.mottle(board.noise(rng, 40, 50, 110), mix(BLACK, hour.horizon, haze), mask)
        snow = ground - (height // 4 if winter else height * 5 // 8)
        cap = [(x, max(y, snow + pick(rng, -9, 9))) for x, y in line[::-1]]
        board.paint(ImageChops.multiply(mask, board.shape([*line, *cap], smooth=False)), mix(WHITE, hour.horizon, haze))
        shade = Image.new("L", mask.size, 0)
        for (ax, ay), (bx, by) in pairwise(line):
            if (by - ay) * light < 0:
                down = pick(rng, 12, 44)
                slope = [(ax, ay), (bx, by), (bx - light * down // 3, by + down), (ax - light * down // 3, ay + down)]
                ImageDraw.Draw(shade).polygon(board.pixels(slope), fill=255)
        board.paint(ImageChops.multiply(mask, shade), mix((40, 48, 72), hour.horizon, haze), 130)
        board.soft("down", (0, ground - 60, 256, ground + 8), hour.horizon, 120, mask)


def hills(board: Canvas, rng: np.random.Generator, hour: Hour, grass: Colour, leaf: Colour, ground: int) -> None:
    """Rolling country in front of the mountains, wooded in places."""
    for k in range(pick(rng, 1, 2)):
        line = ridge(rng, ground, pick(rng, 16, 34) - 8 * k, 1)
        colour = mix(mix(grass, leaf, 150 - 90 * k), hour.horizon, 80 - 40 * k)
        mask = board.paint(board.shape([*line, (270, ground + 12), (-14, ground + 12)]), colour)
        board.soft("down", (0, ground - 30, 256, ground + 14), mix(colour, BLACK, 120), 130, mask)
        board.mottle(board.noise(rng, 50, 70, 110), mix(colour, BLACK, 110), mask)
        for _ in range(pick(rng, 0, 40)):
            x = pick(rng, 0, 255)
            y = ground - pick(rng, -4, 10)
            board.disc((x - 4, y - 5, x + 4, y + 4), mix(vary(rng, leaf, 10), BLACK, 80 - 30 * k))


def meadow(board: Canvas, rng: np.random.Generator, grass: Colour, season: int, ground: int) -> None:
    """Grass to the foot of the board, with flowers in spring and summer and perhaps a path."""
    mask = board.paint(board.shape([(0, ground), (256, ground), (256, 256), (0, 256)], smooth=False), grass)
    board.soft("down", (0, ground - 20, 256, 270), mix(grass, BLACK, 110), 200, mask)
    board.mottle(board.noise(rng, 5, 16, 120), mix(grass, WHITE, 70), mask)
    board.mottle(board.noise(rng, 90, 90, 120), mix(grass, BLACK, 130), mask)
    if chance(rng, 40):
        foot, bend, far = pick(rng, 40, 216), pick(rng, 40, 216), pick(rng, 60, 196)
        middle = (ground + 256) // 2
        left = [(foot - 34, 262), (bend - 12, middle), (far - 2, ground + 1)]
        right = [(far + 2, ground + 1), (bend + 12, middle), (foot + 34, 262)]
        path = board.paint(board.shape(left + right), mix((196, 174, 136), grass, 60))
        board.mottle(board.noise(rng, 60, 60, 110), (110, 92, 70), path)
    petals = ((250, 220, 80), (240, 240, 246), (226, 74, 84), (170, 110, 210))[pick(rng, 0, 3)]
    for _ in range(70 if season < 2 and chance(rng, 60) else 0):
        x, y = pick(rng, 0, 255), pick(rng, ground + 8, 255)
        r = 1 + (y - ground) // 50
        board.disc((x - r, y - r, x + r, y + r), vary(rng, petals, 14))


def lake(board: Canvas, rng: np.random.Generator, hour: Hour, grass: Colour, sun: int, ground: int) -> None:
    """Water that mirrors what stands above it, ripples, the sun's path, and the near bank."""
    line = board.box((0, 0, 256, ground))[3]
    mirrored = board.image.crop((0, 0, board.side, line)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    board.image.paste(mirrored, (0, line))
    water = board.shape([(0, ground), (256, ground), (256, 257), (0, 257)], smooth=False)
    board.paint(water, mix(hour.zenith, (30, 70, 90), 128), 90)
    board.soft("down", (0, ground - 40, 256, 290), mix(hour.zenith, BLACK, 130), 170, water)
    board.mottle(board.noise(rng, 5, 70, 120), mix(hour.horizon, WHITE, 60), water)
    board.mottle(board.noise(rng, 6, 90, 130), mix(hour.zenith, BLACK, 150), water)
    for y in range(ground + 3, 250, 5):
        half = pick(rng, 2, 6 + (y - ground) // 6)
        x = sun + pick(rng, -4, 4)
        board.soft("glow", (x - half - 3, y - 2, x + half + 3, y + 2), hour.sun, 220)
    board.soft("glow", (-60, ground - 4, 316, ground + 5), mix(grass, BLACK, 140), 200)
    side = 1 if chance(rng, 50) else -1
    bank = [(-170, 270), (-170, 214), (-90, 222 + pick(rng, -8, 8)), (-20, 240), (60, 252), (150, 262), (150, 280)]
    mask = board.paint(board.shape([(128 + side * x, y) for x, y in bank]), mix(grass, BLACK, 50))
    board.mottle(board.noise(rng, 90, 90, 150), mix(grass, BLACK, 150), mask)
