"""Houses, cups and balls, each about 200 units wide around the origin of the board."""

import numpy as np
from PIL import ImageChops

from genrep.data.standins.canvas import Canvas
from genrep.data.standins.living import vivid
from genrep.data.standins.parameters import TURN, around, chance, mix, pick, symmetric, vary
from genrep.data.standins.trees import BLACK, WHITE

GLASS = (150, 190, 214)


def house(board: Canvas, rng: np.random.Generator) -> None:
    """A gable front, one or two storeys, with door, windows and a chimney."""
    walls = ((226, 206, 170), (190, 96, 74), (236, 234, 226), (160, 182, 196), (224, 190, 110))
    wall, roof = (
        vary(rng, walls[pick(rng, 0, 4)], 14),
        vary(rng, ((150, 62, 46), (84, 78, 84), (110, 76, 52))[pick(rng, 0, 2)], 12),
    )
    wide, eaves, ridge = pick(rng, 70, 96), pick(rng, -46, -6), pick(rng, 56, 84)
    trim, dark = mix(wall, WHITE, 170), mix(wall, BLACK, 110)
    board.soft("glow", (-wide - 30, 86, wide + 30, 116), BLACK, 160)
    x = wide // 2
    board.fill(
        [(x - 12, eaves - ridge), (x + 12, eaves - ridge), (x + 12, eaves), (x - 12, eaves)],
        mix(roof, BLACK, 60),
        False,
    )
    front = board.shape([(-wide, eaves), (0, eaves - ridge), (wide, eaves), (wide, 100), (-wide, 100)], smooth=False)
    board.paint(front, wall)
    for y in range(eaves, 100, 9):
        board.stroke([(-wide, y), (wide, y)], 1, mix(wall, dark, 90))
    board.mottle(board.noise(rng, 60, 60, 70), dark, front)
    board.soft("right", (-wide, eaves - ridge, wide + 20, 104), mix(wall, BLACK, 150), 200, front)
    for out in (-1, 1):
        slope = [
            (0, eaves - ridge - 16),
            (0, eaves - ridge + 8),
            (out * (wide + 16), eaves + 18),
            (out * (wide + 16), eaves - 2),
        ]
        board.fill(slope, mix(roof, BLACK, 60 if out > 0 else 0), smooth=False)
    door, shift = vivid(rng), pick(rng, -1, 1) * wide // 3
    board.fill([(shift - 17, 38), (shift + 17, 38), (shift + 17, 100), (shift - 17, 100)], trim, False)
    board.fill([(shift - 13, 42), (shift + 13, 42), (shift + 13, 100), (shift - 13, 100)], mix(door, BLACK, 90), False)
    board.disc((shift + 5, 70, shift + 10, 75), (230, 200, 110))
    lit = (250, 216, 120) if chance(rng, 30) else GLASS
    places = [(shift + k * wide * 2 // 3, 56) for k in (-1, 1) if abs(shift + k * wide * 2 // 3) < wide - 14]
    places += [(k * wide // 2, eaves + 22) for k in ((-1, 1) if eaves < -20 else (0,))]
    for x, y in places:
        board.fill([(x - 17, y - 16), (x + 17, y - 16), (x + 17, y + 18), (x - 17, y + 18)], trim, False)
        board.fill([(x - 13, y - 12), (x + 13, y - 12), (x + 13, y + 14), (x - 13, y + 14)], mix(lit, BLACK, 50), False)
        board.fill([(x - 13, y - 12), (x + 9, y - 12), (x - 13, y + 10)], mix(lit, WHITE, 60), False)
        board.stroke([(x, y - 14), (x, y + 16)], 3, trim)
        board.stroke([(x - 14, y + 1), (x + 14, y + 1)], 3, trim)


def cup(board: Canvas, rng: np.random.Generator) -> None:
    """A cup or mug with a handle, sometimes on a saucer, sometimes steaming."""
    clay, band = vivid(rng), vivid(rng)
    wide, narrow, top, low = pick(rng, 54, 70), pick(rng, 36, 58), pick(rng, -66, -44), 78
    board.soft("glow", (-110, 52, 120, 112), BLACK, 190)
    if chance(rng, 50):
        board.disc((-104, 58, 104, 104), mix(clay, BLACK, 90))
        board.disc((-104, 54, 104, 98), mix(clay, WHITE, 60))
        board.disc((-64, 64, 64, 92), mix(clay, BLACK, 40))
    for colour, pen in ((mix(clay, BLACK, 120), 19), (mix(clay, BLACK, 30), 13)):
        board.stroke([(wide - 8, -30), (wide + 36, -40), (wide + 40, 26), (narrow, 40)], pen, colour)
    side = [(wide, top), (wide, top // 3), (narrow + 6, 40), (narrow, low), (narrow - 20, low + 14)]
    mask = board.paint(board.shape([*symmetric(0, side), (-wide, top)]), clay)
    style = pick(rng, 0, 2)
    for k in range(3 if style else 0):
        if style == 1:
            board.paint(
                ImageChops.multiply(mask, board.oval((-90, -30 + 30 * k, 90, 8 + 30 * k))), band if k % 2 == 0 else clay
            )
        for x in (-40, -8, 24) if style == 2 else ():
            x, y = x + 10 * (k % 2), -22 + 32 * k
            board.paint(ImageChops.multiply(mask, board.oval((x - 9, y - 9, x + 9, y + 9))), band)
    board.soft("right", (-wide, top - 20, wide + 8, low + 20), mix(clay, BLACK, 190), 220, mask)
    board.soft("glow", (-wide, top, 0, low), WHITE, 130, mask)
    board.disc((-wide, top - 18, wide, top + 18), mix(clay, WHITE, 90))
    board.disc((-wide + 6, top - 14, wide - 6, top + 15), mix(clay, BLACK, 110))
    drink = ((70, 42, 24), (150, 90, 40), (214, 184, 150))[pick(rng, 0, 2)]
    board.disc((-wide + 10, top - 6, wide - 10, top + 14), drink)
    for x in (-22, 4, 28) if chance(rng, 60) else ():
        for k in range(7):
            cx, cy = x + (6, 0, -6, 0)[k % 4], top - 8 - 9 * k
            board.soft("glow", (cx - 12, cy - 14, cx + 12, cy + 10), WHITE, 96 - 11 * k)


def ball(board: Canvas, rng: np.random.Generator) -> None:
    """A football, a basketball, a tennis ball or a beach ball."""
    kind, turn = pick(rng, 0, 3), pick(rng, 0, TURN - 1)
    base = ((240, 240, 240), (222, 118, 44), (206, 226, 66), vivid(rng))[kind]
    board.soft("glow", (-100, 70, 110, 116), BLACK, 220)
    mask = board.paint(board.oval((-90, -90, 90, 90)), base)
    if kind == 0:
        for x, y, r in ((0, 0, 32), *((*around(0, 0, 88, turn + k * TURN // 5), 32) for k in range(5))):
            patch = [
                around(x, y, r, turn + TURN // 10 + k * TURN // 5 + (0 if x == y == 0 else TURN // 10))
                for k in range(5)
            ]
            board.paint(ImageChops.multiply(mask, board.shape(patch, smooth=False)), (36, 36, 42))
        for k in range(5):
            step = turn + TURN // 10 + k * TURN // 5
            board.stroke([around(0, 0, 28, step), around(0, 0, 62, step)], 3, (90, 90, 96))
            for side in (-5, 5):
                board.stroke([around(0, 0, 62, step), around(0, 0, 84, step + side // 2)], 3, (90, 90, 96))
    elif kind in (1, 2):
        seam, pen = ((50, 34, 30), 4) if kind == 1 else ((246, 246, 236), 7)
        for step in (0, TURN // 4) if kind == 1 else ():
            board.stroke([around(0, 0, 88, turn + step), around(0, 0, 88, turn + step + TURN // 2)], pen, seam)
        for step in (0, TURN // 2):
            ends = [around(0, 0, 87, turn + step + side) for side in (-7, 7)]
            board.stroke(
                [ends[0], around(0, 0, 34, turn + step - 5), around(0, 0, 34, turn + step + 5), ends[1]], pen, seam
            )
    else:
        others = (WHITE, vivid(rng), WHITE)
        pole = around(0, 0, 30, turn)
        for k in range(6):
            wedge = [pole, *(around(0, 0, 100, turn + 8 * k + j) for j in range(0, 9, 2))]
            if k % 2:
                board.paint(ImageChops.multiply(mask, board.shape(wedge, smooth=False)), others[k // 2])
        board.disc((pole[0] - 10, pole[1] - 10, pole[0] + 10, pole[1] + 10), WHITE)
    board.mottle(board.noise(rng, 80, 80, 40), BLACK, mask)
    board.soft("rim", (-140, -140, 104, 104), mix(base, BLACK, 210), 240, mask)
    board.soft("glow", (-70, -76, 10, 4), WHITE, 200, mask)
