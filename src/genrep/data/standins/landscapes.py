"""Landscapes: sky, mountains, hills, a lake or a meadow, and trees, over the seasons and the hours of a day."""

import numpy as np
from PIL import ImageChops

from genrep.data.standins.canvas import Canvas, Drawing
from genrep.data.standins.parameters import chance, choose, mix, pick, vary
from genrep.data.standins.terrain import Hour, hills, lake, meadow, mountains
from genrep.data.standins.trees import BLACK, WHITE, broadleaf, conifer

CLASSES = ("landscape",)


HOURS = (
    Hour((58, 120, 200), (198, 226, 242), (255, 252, 226), (255, 255, 250)),  # noon
    Hour((92, 142, 204), (250, 222, 186), (255, 240, 200), (255, 240, 220)),  # morning
    Hour((70, 62, 124), (255, 152, 76), (255, 228, 150), (255, 208, 176)),  # sunset
    Hour((58, 60, 120), (240, 158, 168), (255, 214, 200), (214, 190, 214)),  # dusk
    Hour((140, 152, 166), (212, 216, 218), (240, 240, 240), (222, 226, 232)),  # overcast
    Hour((14, 20, 58), (64, 84, 136), (244, 244, 226), (132, 144, 200), stars=True),  # night
)
# Grass and foliage from spring to winter.
SEASONS = (
    ((124, 168, 70), ((112, 164, 70), (160, 188, 92), (230, 180, 196))),
    ((92, 138, 56), ((48, 104, 46), (66, 118, 50), (40, 88, 52))),
    ((166, 142, 74), ((200, 98, 36), (214, 150, 44), (164, 62, 40))),
    ((234, 238, 244), ((226, 232, 240), (200, 210, 222), (240, 244, 248))),
)
CONIFER = (36, 74, 54)


def sky(board: Canvas, rng: np.random.Generator, hour: Hour, sun: tuple[int, int], ground: int) -> None:
    """Gradient, stars, sun or moon, clouds."""
    board.soft("down", (0, -20, 256, ground + 6), hour.horizon)
    if hour.stars:
        for _ in range(40):
            x, y = pick(rng, 0, 255), pick(rng, 0, ground - 20)
            board.disc((x, y, x + 2, y + 2), mix(hour.zenith, WHITE, pick(rng, 90, 255)))
    x, y = sun
    board.soft("glow", (x - 100, y - 100, x + 100, y + 100), hour.sun, 110 if hour.stars else 170)
    board.soft("glow", (x - 40, y - 40, x + 40, y + 40), hour.sun, 150)
    board.disc((x - 10, y - 10, x + 10, y + 10), hour.sun)
    cover = pick(rng, 110, 210)
    bulk, puffs = board.noise(rng, pick(rng, 3, 6), pick(rng, 7, 12)), board.noise(rng, 16, 30, 120)
    clouds = ImageChops.add(bulk, puffs, 1, -60).point([min(220, max(0, (v - cover) * 3)) for v in range(256)])
    board.mottle(clouds, mix(hour.horizon, hour.zenith if hour.stars else WHITE, 120))
    base = clouds.point([max(0, v - 110) for v in range(256)])  # the thick of a cloud is darker
    board.mottle(base, mix(hour.horizon, hour.zenith, 150))


def wood(board: Canvas, rng: np.random.Generator, season: int, light: int, spots: list[tuple[int, int, int]]) -> None:
    """Trees, given as (x, foot, height); the far ones first. One kind prevails."""
    needles = chance(rng, 45)
    for x, y, tall in sorted(spots, key=lambda spot: spot[1]):
        board.soft("glow", (x - tall // 3, y - tall // 16, x + tall // 3, y + tall // 14), BLACK, 130)
        if needles != chance(rng, 15):
            conifer(board, x, y, tall, vary(rng, CONIFER, 8), light, season == 3)
        else:
            leaf = SEASONS[season][1][pick(rng, 0, 2)]
            broadleaf(board, rng, x, y, tall, vary(rng, leaf, 10), light, season == 3)


def draw(rng: np.random.Generator, size: int, label: int | None = None) -> Drawing:
    """Draw one landscape.

    Args:
        size: height and width in pixels.
        label: 0 or None; there is one class.

    Returns:
        An image (size, size, 3) in 0 to 255.

    Raises:
        ValueError: no such label.
    """
    choose(rng, label, 1)
    hour = HOURS[(0, 0, 0, 1, 1, 2, 2, 3, 4, 5)[pick(rng, 0, 9)]]
    season, ground = pick(rng, 0, 3), pick(rng, 126, 164)
    grass, leaves = SEASONS[season]
    sun = pick(rng, 20, 236), ground - pick(rng, 6, 28) if hour in HOURS[2:4] else pick(rng, 14, 54)
    light = 1 if sun[0] > 128 else -1
    board = Canvas(size, hour.zenith)
    sky(board, rng, hour, sun, ground)
    if chance(rng, 75):
        mountains(board, rng, hour, light, ground, season == 3)
    hills(board, rng, hour, grass, CONIFER if chance(rng, 40) else leaves[0], ground)
    spots = []
    if chance(rng, 50):
        far = [(pick(rng, 0, 255), ground + 2, pick(rng, 14, 30)) for _ in range(pick(rng, 0, 14))]
        wood(board, rng, season, light, far)
        lake(board, rng, hour, grass, sun[0], ground)
        if chance(rng, 55):
            spots = [(pick(rng, 10, 246), 262, pick(rng, 120, 210))]
    else:
        meadow(board, rng, grass, season, ground)
        feet = [ground + 4 + pick(rng, 0, 9) ** 2 for _ in range(pick(rng, 0, 12))]
        spots = [(pick(rng, 0, 255), foot, 26 + (foot - ground) * pick(rng, 80, 130) // 100) for foot in feet]
    wood(board, rng, season, light, spots)
    levels = [level * share // 255 for share in hour.light for level in range(256)]
    board.image = board.image.point(levels)
    return Drawing(board.finish(), 0)
