"""Flowers, fish, trees, mushrooms and butterflies, each about 200 units high around the origin of the board."""

import numpy as np
from PIL import ImageChops

from genrep.data.standins.canvas import Canvas
from genrep.data.standins.parameters import TURN, Colour, around, chance, mix, pick, symmetric, vary
from genrep.data.standins.trees import BLACK, WHITE, broadleaf, conifer

VIVID: tuple[Colour, ...] = (
    (222, 52, 60), (240, 132, 40), (250, 206, 60), (228, 88, 150), (150, 80, 190), (70, 120, 214), (246, 240, 236),
)  # fmt: skip


def vivid(rng: np.random.Generator) -> Colour:
    """A strong colour, or nearly white."""
    return vary(rng, VIVID[pick(rng, 0, len(VIVID) - 1)], 14)


def flower(board: Canvas, rng: np.random.Generator) -> None:
    """A blossom on a stem with two leaves."""
    stem, petal = vary(rng, (66, 132, 56), 16), vivid(rng)
    bend, top = pick(rng, -24, 24), -30
    board.stroke([(bend, 130), (bend // 2, 50), (0, top)], 7, mix(stem, BLACK, 40))
    for out in (-1, 1):
        x, y = bend // 2, pick(rng, 58, 84)
        board.fill([(x, y), (x + 30 * out, y - 34), (x + 66 * out, y - 30), (x + 40 * out, y + 2)], stem)
        board.stroke([(x, y), (x + 52 * out, y - 25)], 1, mix(stem, BLACK, 100))
    count = (5, 6, 8, 12, 16)[pick(rng, 0, 4)]
    turn, wide, reach = pick(rng, 0, TURN - 1), max(2, TURN // count // 2 + 1), pick(rng, 62, 74)
    for layer, colour in ((0, mix(petal, BLACK, 50)), (1, petal)):
        for k in range(count):
            step = turn + (2 * k + layer) * TURN // (2 * count)
            r = reach - 8 * layer
            sides = [around(0, top, r * 3 // 4, step + side * wide) for side in (-1, 1)]
            tips = [around(0, top, r + 8, step + side) for side in (-1, 1)]
            shade = vary(rng, colour, 8)
            board.fill([(0, top), sides[0], tips[0], tips[1], sides[1]], shade)
            board.stroke([around(0, top, 16, step), around(0, top, r * 3 // 4, step)], 1, mix(shade, BLACK, 60))
    board.soft("glow", (-50, top - 50, 50, top + 50), mix(petal, BLACK, 120), 200)
    heart = ((236, 180, 40), (110, 70, 34), (250, 226, 110))[pick(rng, 0, 2)]
    board.disc((-20, top - 20, 20, top + 20), mix(heart, BLACK, 70))
    board.soft("glow", (-24, top - 26, 18, top + 14), mix(heart, WHITE, 90))
    for _ in range(30):
        x, y = around(0, top, pick(rng, 0, 17), pick(rng, 0, TURN - 1))
        board.disc((x - 2, y - 2, x + 2, y + 2), mix(heart, BLACK, pick(rng, 0, 140)))


def fish(board: Canvas, rng: np.random.Generator) -> None:
    """A fish from the side, its head to the left; plain, striped or spotted."""
    skin, mark = vivid(rng), vivid(rng)
    fin, tall = mix(mark, BLACK, 40), pick(rng, 40, 66)
    board.fill([(52, 0), (112, -52), (98, 0), (112, 52)], fin)
    board.fill([(-30, -tall + 12), (-6, -tall - 30), (58, -tall - 12), (46, -tall // 3)], fin)
    board.fill([(-6, tall - 12), (20, tall + 26), (46, tall + 10), (36, tall // 3)], fin)
    body = [(-104, 4), (-84, -tall // 2), (-30, -tall - 6), (30, -tall), (76, -8)]
    mask = board.paint(board.shape([*body, (76, 8), (30, tall), (-30, tall + 6), (-84, tall // 2 + 4)]), skin)
    pattern = pick(rng, 0, 2)
    for k in range(3 if pattern else 0):
        x = -34 + 36 * k
        if pattern == 1:
            band = board.shape([(x - 9, -90), (x + 9, -90), (x + 15, 0), (x + 9, 90), (x - 9, 90), (x - 2, 0)])
            board.paint(ImageChops.multiply(band, mask), mark)
        for _ in range(5 if pattern == 2 else 0):
            cx, cy, r = x + pick(rng, -14, 14), pick(rng, -tall, tall), pick(rng, 4, 9)
            board.paint(ImageChops.multiply(board.oval((cx - r, cy - r, cx + r, cy + r)), mask), mark)
    board.mottle(board.noise(rng, 46, 46, 90), mix(skin, BLACK, 120), mask)
    board.soft("down", (-110, -tall - 10, 80, tall + 30), mix(skin, BLACK, 150), 190, mask)
    board.soft("glow", (-90, -tall - 8, 40, 4), WHITE, 130, mask)
    board.stroke([(-56, -tall // 2), (-46, 0), (-56, tall // 2)], 3, mix(skin, BLACK, 130))
    board.fill([(-22, 6), (14, 2), (22, 26), (-8, 26)], fin)
    board.disc((-84, -20, -64, 0), WHITE)
    board.disc((-80, -15, -69, -4), BLACK)
    board.stroke([(-101, 8), (-90, 14), (-82, 13)], 3, mix(skin, BLACK, 170))


def tree(board: Canvas, rng: np.random.Generator) -> None:
    """A spruce or a round tree in green, blossom or autumn colours."""
    board.soft("glow", (-80, 84, 80, 112), BLACK, 150)
    light = 1 if chance(rng, 50) else -1
    if chance(rng, 40):
        conifer(board, 0, 100, pick(rng, 180, 210), vary(rng, (40, 88, 56), 14), light, chance(rng, 25))
        return
    leaves = ((58, 118, 46), (92, 144, 56), (58, 118, 46), (206, 110, 40), (224, 168, 50), (232, 168, 190))
    broadleaf(board, rng, 0, 100, pick(rng, 170, 190), vary(rng, leaves[pick(rng, 0, 5)], 12), light, False)


def mushroom(board: Canvas, rng: np.random.Generator) -> None:
    """A stem and a cap, often with spots."""
    cap = vary(rng, ((204, 40, 36), (204, 40, 36), (150, 92, 50), (216, 150, 70), (236, 220, 196))[pick(rng, 0, 4)], 14)
    flesh, wide, low = vary(rng, (240, 228, 204), 8), pick(rng, 74, 100), pick(rng, -6, 14)
    board.soft("glow", (-70, 76, 70, 112), BLACK, 170)
    foot = pick(rng, 22, 38)
    stem = board.paint(board.shape(symmetric(0, [(18, low - 10), (20, 40), (foot, 84), (foot - 8, 104)])), flesh)
    board.soft("right", (-foot, low, foot + 10, 108), mix(flesh, BLACK, 130), 230, stem)
    board.soft("glow", (-60, low - 20, 60, low + 34), mix(flesh, BLACK, 150), 200, stem)
    under = board.paint(board.oval((-wide + 6, low - 18, wide - 6, low + 18)), mix(flesh, (150, 110, 80), 110))
    for k in range(-6, 7):
        board.stroke([(0, low - 10), (k * wide // 7, low + 17)], 1, mix(flesh, BLACK, 120))
    board.paint(ImageChops.multiply(under, board.oval((-16, low - 14, 16, low + 8))), flesh)
    crown = pick(rng, 84, 112)
    dome = [
        (26, low - crown),
        (wide * 3 // 4, low - crown * 3 // 4),
        (wide + 6, low - 12),
        (wide - 12, low + 12),
        (0, low),
    ]
    mask = board.paint(board.shape(symmetric(0, dome)), cap)
    for _ in range(9 if chance(rng, 75) else 0):
        x, y, r = pick(rng, -wide, wide), low - pick(rng, 0, crown - 10), pick(rng, 5, 11)
        spot = board.oval((x - r, y - r * 3 // 4, x + r, y + r * 3 // 4))
        board.paint(ImageChops.multiply(spot, mask), mix(WHITE, cap, 30))
    board.soft("rim", (-wide - 40, low - crown - 40, wide + 16, low + 50), mix(cap, BLACK, 170), 230, mask)
    board.soft("glow", (-wide * 3 // 4, low - crown - 8, wide // 4, low - crown // 4), WHITE, 150, mask)


def butterfly(board: Canvas, rng: np.random.Generator) -> None:
    """Four open wings, mirrored, with a dark border and spots."""
    wing, spot = vivid(rng), vivid(rng)
    border, hind = mix(wing, BLACK, 216), mix(wing, spot, 110)
    up, reach = pick(rng, 74, 96), pick(rng, 88, 106)
    spots = [(pick(rng, 34, 80), pick(rng, -62, -16), pick(rng, 5, 11)) for _ in range(4)]
    spots += [(pick(rng, 26, 60), pick(rng, 26, 60), pick(rng, 5, 10)) for _ in range(2)]
    for out in (-1, 1):
        lower = [(4, 4), (60, 6), (78, 40), (54, 88), (24, 78), (4, 30)]
        upper = [(4, -16), (40, -up + 10), (reach, -up - 8), (reach + 4, -40), (70, 14), (4, 14)]
        for outline, colour in ((lower, hind), (upper, wing)):
            rim = board.paint(board.shape([(out * x, y) for x, y in outline]), border)
            inner = board.shape([(out * (4 + x * 7 // 8), y * 7 // 8) for x, y in outline])
            inner = board.paint(ImageChops.multiply(inner, rim), colour)
            board.soft("glow", (-70, -70, 70, 70), mix(colour, BLACK, 130), 190, inner)
            for k in (1, 2, 3):
                x, y = outline[k]
                board.stroke([(out * 5, 0), (out * x * 7 // 8, y * 7 // 8)], 1, border)
        for x, y, r in spots:
            board.disc((out * x - r, y - r, out * x + r, y + r), border)
            board.disc((out * x - r + 2, y - r + 2, out * x + r - 2, y + r - 2), spot)
        board.stroke([(0, -34), (out * 8, -60), (out * 26, -84)], 2, BLACK)
        board.disc((out * 26 - 4, -88, out * 26 + 4, -80), BLACK)
    board.fill(symmetric(0, [(5, -42), (9, -20), (7, 30), (3, 66)]), (44, 34, 30))
    board.soft("glow", (-8, -40, 6, 40), (150, 130, 110), 160)
