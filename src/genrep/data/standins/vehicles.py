"""Cars and boats, each about 200 units wide around the origin of the board."""

import numpy as np
from PIL import ImageChops

from genrep.data.standins.canvas import Canvas
from genrep.data.standins.living import vivid
from genrep.data.standins.parameters import TURN, around, chance, mix, pick
from genrep.data.standins.trees import BLACK, WHITE

GLASS = (150, 190, 214)


def car(board: Canvas, rng: np.random.Generator) -> None:
    """A car from the side: saloon, hatchback or van."""
    paint, kind = vivid(rng), pick(rng, 0, 2)
    board.soft("glow", (-130, 42, 130, 78), BLACK, 220)
    roof = pick(rng, -48, -38) - (16 if kind == 2 else 0)
    back = (74, 100, 108)[kind]
    cabin = [(-64, -2), (-34, roof), (back - 26, roof), (back, -2)]
    board.fill([(-66, 2), (-38, roof - 6), (back - 22, roof - 6), (back + 4, 2)], mix(paint, BLACK, 40), smooth=False)
    board.fill(cabin, mix(GLASS, BLACK, 70), smooth=False)
    board.fill([(-54, -6), (-30, roof + 3), (-8, roof + 3), (-26, -6)], mix(GLASS, WHITE, 90), smooth=False)
    for x in (6, (back + 6) // 2 + 6):
        board.stroke([(x, roof), (x + 4, 0)], 5, mix(paint, BLACK, 40))
    low = [(-112, 14), (-106, 0), (-62, -10), (106, -10), (114, 12), (114, 46), (108, 52), (-112, 52), (-118, 44)]
    body = board.paint(board.shape([(x if x < 106 else max(x, back + 6), y) for x, y in low]), paint)
    board.soft("down", (-130, -14, 130, 66), mix(paint, BLACK, 180), 230, body)
    board.soft("glow", (-120, -12, 120, 18), WHITE, 130, body)
    board.stroke([(-100, 30), (106, 30)], 1, mix(paint, BLACK, 140))
    board.stroke([(6, -4), (8, 46)], 1, mix(paint, BLACK, 140))
    board.disc((16, 4, 30, 9), mix(paint, BLACK, 120))
    board.disc((-116, 10, -98, 26), (255, 246, 200))
    board.disc((102, 8, 114, 24), (200, 30, 30))
    for x in (-68, 68):
        board.disc((x - 30, 22, x + 30, 82), mix(paint, BLACK, 210))
        board.disc((x - 26, 26, x + 26, 78), (30, 30, 34))
        board.disc((x - 14, 38, x + 14, 66), (190, 194, 200))
        for k in range(0, TURN, 8):
            board.stroke([(x, 52), around(x, 52, 13, k)], 2, (120, 124, 130))


def boat(board: Canvas, rng: np.random.Generator) -> None:
    """A sailing boat or a small ship; the water line is at 60."""
    hull, kind = vivid(rng), chance(rng, 65)
    if kind:
        sail, mast = mix(vivid(rng), WHITE, pick(rng, 60, 220)), pick(rng, -118, -96)
        board.stroke([(-4, 34), (-4, mast)], 5, (112, 78, 50))
        for outline, dark in (([(2, mast + 8), (78, 14), (2, 20)], 0), ([(-10, mast + 22), (-66, 18), (-10, 20)], 50)):
            cloth = board.paint(board.shape(outline, smooth=False), mix(sail, BLACK, dark))
            board.soft("right", (-70, mast, 90, 30), mix(sail, BLACK, 130), 150, cloth)
            if chance(rng, 50):
                board.mottle(board.noise(rng, 1, 7, 130), hull, cloth)
        board.fill([(-4, mast), (26, mast + 7), (-4, mast + 14)], hull, False)
    else:
        board.fill([(-44, 30), (-40, -26), (44, -26), (44, 30)], WHITE, False)
        board.fill([(-52, -22), (-46, -34), (52, -34), (52, -22)], mix(hull, BLACK, 60), False)
        for x in (-26, 0, 26):
            board.fill([(x - 9, -14), (x + 9, -14), (x + 9, 6), (x - 9, 6)], mix(GLASS, BLACK, 90), False)
        board.fill([(8, -34), (10, -78), (34, -78), (34, -34)], hull, False)
        board.fill([(9, -70), (10, -80), (34, -80), (34, -70)], BLACK, False)
        for k in range(4):
            board.soft("glow", (14 + 18 * k, -118 - 8 * k, 64 + 24 * k, -76 - 8 * k), (210, 210, 214), 150)
    outline = [(-112, 26), (-60, 34), (60, 34), (106, 24), (92, 54), (74, 72), (-70, 72), (-96, 56)]
    mask = board.paint(board.shape(outline), hull)
    board.soft("down", (-120, 20, 120, 84), mix(hull, BLACK, 180), 240, mask)
    board.paint(ImageChops.multiply(mask, board.shape([(-120, 34), (120, 34), (120, 42), (-120, 42)], False)), WHITE)
    for k in range(16):
        x, y, half = pick(rng, -100, 100), 66 + 2 * k, pick(rng, 12, 40)
        board.soft(
            "glow",
            (x - half, y - 3, x + half, y + 3),
            mix(hull, WHITE, 190) if k < 5 else mix(hull, BLACK, 90),
            190 - 9 * k,
        )
