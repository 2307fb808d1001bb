"""What stands behind the thing that a scene shows."""

import numpy as np

from genrep.data.standins.canvas import Canvas
from genrep.data.standins.parameters import chance, mix, pick, vary
from genrep.data.standins.trees import BLACK, WHITE


def sky(board: Canvas, rng: np.random.Generator, ground: int) -> None:
    """Blue, grey or evening sky with clouds."""
    top, low = (
        ((84, 146, 214), (204, 228, 242)),
        ((150, 160, 172), (220, 222, 222)),
        ((96, 84, 146), (250, 178, 120)),
    )[pick(rng, 0, 2)]
    board.paint(board.shape([(0, 0), (256, 0), (256, 256), (0, 256)], smooth=False), vary(rng, top, 14))
    board.soft("down", (0, -20, 256, ground + 10), low)
    clouds = board.noise(rng, 6, 10).point([max(0, v - 130) * 2 for v in range(256)])
    board.mottle(clouds, mix(low, WHITE, 150))


def field(board: Canvas, rng: np.random.Generator) -> None:
    """Grass, straw, sand or snow under the sky, with bushes at the horizon."""
    ground = pick(rng, 120, 176)
    sky(board, rng, ground)
    soil = vary(
        rng, ((96, 146, 64), (96, 146, 64), (186, 166, 92), (222, 200, 150), (232, 236, 242))[pick(rng, 0, 4)], 14
    )
    bush = mix((64, 108, 62), soil, pick(rng, 0, 160))
    for _ in range(pick(rng, 0, 26)):
        x, r = pick(rng, 0, 255), pick(rng, 5, 16)
        board.disc((x - r, ground - r, x + r, ground + r), vary(rng, bush, 8))
    land = board.paint(board.shape([(0, ground), (256, ground), (256, 257), (0, 257)], smooth=False), soil)
    board.soft("down", (0, ground - 30, 256, 280), mix(soil, BLACK, 130), 200, land)
    board.mottle(board.noise(rng, 80, 80, 120), mix(soil, BLACK, 110), land)


def street(board: Canvas, rng: np.random.Generator) -> None:
    """Buildings and a road."""
    ground = pick(rng, 140, 164)
    sky(board, rng, ground)
    x = -10
    while x < 256:
        wide, roof = pick(rng, 30, 60), ground - pick(rng, 40, 120)
        wall = vary(rng, (150, 140, 134), 40)
        board.fill([(x, roof), (x + wide, roof), (x + wide, ground), (x, ground)], wall, smooth=False)
        lit = mix(wall, BLACK if chance(rng, 70) else (255, 226, 150), 110)
        for wx in range(x + 6, x + wide - 8, 12):
            for wy in range(roof + 8, ground - 8, 16):
                board.fill([(wx, wy), (wx + 6, wy), (wx + 6, wy + 9), (wx, wy + 9)], lit, smooth=False)
        x += wide + pick(rng, 0, 4)
    road = board.paint(board.shape([(0, ground), (256, ground), (256, 257), (0, 257)], smooth=False), (96, 96, 102))
    board.mottle(board.noise(rng, 90, 90, 90), BLACK, road)
    board.fill([(0, ground), (256, ground), (256, ground + 10), (0, ground + 10)], (178, 174, 168), smooth=False)
    for x in range(pick(rng, -40, 0), 256, 70):
        board.fill([(x, 232), (x + 40, 232), (x + 36, 240), (x - 4, 240)], (226, 224, 214), smooth=False)


def sea(board: Canvas, rng: np.random.Generator) -> None:
    """Waves under the sky."""
    ground = pick(rng, 110, 140)
    sky(board, rng, ground)
    deep = vary(rng, (40, 104, 142), 22)
    water = board.paint(
        board.shape([(0, ground), (256, ground), (256, 257), (0, 257)], smooth=False), mix(deep, WHITE, 60)
    )
    board.soft("down", (0, ground - 10, 256, 266), mix(deep, BLACK, 70), 255, water)
    board.mottle(board.noise(rng, 10, 60, 120), WHITE, water)
    board.mottle(board.noise(rng, 12, 70, 120), mix(deep, BLACK, 120), water)


def depths(board: Canvas, rng: np.random.Generator) -> None:
    """Under water: rays from above, weeds, sand and bubbles."""
    deep = vary(rng, ((20, 74, 120), (18, 100, 116), (30, 60, 104))[pick(rng, 0, 2)], 12)
    board.paint(board.shape([(0, 0), (256, 0), (256, 256), (0, 256)], smooth=False), mix(deep, WHITE, 120))
    board.soft("down", (0, -30, 256, 256), mix(deep, BLACK, 60))
    board.mottle(board.noise(rng, 7, 2, 90), mix(deep, WHITE, 150))
    floor = pick(rng, 206, 236)
    line = [(x, floor + pick(rng, -8, 8)) for x in range(-20, 300, 40)]
    sand = board.paint(board.shape([*line, (280, 280), (-20, 280)]), mix((206, 186, 136), deep, 80))
    board.mottle(board.noise(rng, 70, 70, 110), mix(deep, BLACK, 60), sand)
    for _ in range(pick(rng, 2, 8)):
        x, y = pick(rng, 0, 255), floor + 14
        weed = mix(vary(rng, (50, 130, 70), 24), deep, 80)
        board.stroke([(x, y), (x + 10, y - 24), (x - 10, y - 50), (x + 6, y - pick(rng, 60, 120))], 6, weed)
    for _ in range(pick(rng, 0, 14)):
        x, y, r = pick(rng, 0, 255), pick(rng, 0, 200), pick(rng, 2, 6)
        board.soft("rim", (x - r, y - r, x + r, y + r), WHITE, 200, board.oval((x - r, y - r, x + r, y + r)))


def table(board: Canvas, rng: np.random.Generator) -> None:
    """A table of wood or cloth before a plain, striped or tiled wall."""
    wall, edge = vary(rng, ((206, 196, 180), (150, 176, 186), (188, 150, 140), (92, 96, 112))[pick(rng, 0, 3)], 18), 164
    board.paint(board.shape([(0, 0), (256, 0), (256, 256), (0, 256)], smooth=False), wall)
    pattern, line = pick(rng, 0, 2), mix(wall, BLACK, 50)
    for k in range(0, 257, 32) if pattern else ():
        board.stroke([(k, 0), (k, edge)], 12 if pattern == 1 else 2, line)
        if pattern == 2:
            board.stroke([(0, k), (256, k)], 2, line)
    board.soft("glow", (pick(rng, -120, 120), -100, 300, 220), WHITE, 110)
    wood = vary(rng, ((150, 100, 60), (196, 152, 104), (96, 64, 46), (222, 218, 210))[pick(rng, 0, 3)], 12)
    top = board.paint(board.shape([(0, edge), (256, edge), (256, 257), (0, 257)], smooth=False), wood)
    board.mottle(board.noise(rng, 4, 60, 150), mix(wood, BLACK, 130), top)
    board.soft("down", (0, edge - 40, 256, 280), mix(wood, BLACK, 130), 150, top)


def thicket(board: Canvas, rng: np.random.Generator) -> None:
    """Leaves and lights out of focus."""
    shade = vary(rng, ((44, 84, 48), (70, 96, 40), (36, 66, 62), (104, 84, 50))[pick(rng, 0, 3)], 12)
    board.paint(board.shape([(0, 0), (256, 0), (256, 256), (0, 256)], smooth=False), shade)
    board.mottle(board.noise(rng, 5, 5, 200), mix(shade, (220, 230, 130), 130))
    board.mottle(board.noise(rng, 8, 8, 160), mix(shade, BLACK, 150))
    for _ in range(pick(rng, 4, 16)):
        x, y, r = pick(rng, 0, 255), pick(rng, 0, 255), pick(rng, 8, 30)
        board.paint(board.oval((x - r, y - r, x + r, y + r)), mix(shade, (250, 250, 200), 130), pick(rng, 40, 110))
    board.soft("down", (0, 120, 256, 300), mix(shade, BLACK, 150), 200)
