"""Trees, for landscapes and scenes."""

import numpy as np

from genrep.data.standins.canvas import Canvas
from genrep.data.standins.parameters import Colour, mix, pick, vary

BLACK, WHITE, BARK = (16, 18, 26), (252, 252, 250), (82, 60, 44)


def conifer(board: Canvas, x: int, y: int, tall: int, colour: Colour, light: int, snow: bool) -> None:
    """A spruce with its foot at (x, y)."""
    wide = tall // 4
    board.fill([(x - 1 - tall // 40, y), (x + 1 + tall // 40, y), (x, y - tall // 2)], BARK, smooth=False)
    for k in range(5):
        low, half = y - tall * (2 + 4 * k) // 24, wide * (6 - k) // 6
        tier = [(x - half, low), (x, low - tall // 3), (x + half, low), (x, low + tall // 30)]
        board.fill(tier, mix(colour, BLACK, 60), smooth=False)
        board.fill([(x, low - tall // 3), (x + half * light, low), (x, low)], colour, smooth=False)
        if snow:
            board.fill(
                [(x, low - tall // 3), (x + half * light * 2 // 3, low - tall // 9), (x, low - tall // 6)],
                WHITE,
                smooth=False,
            )


def broadleaf(
    board: Canvas, rng: np.random.Generator, x: int, y: int, tall: int, leaf: Colour, light: int, bare: bool
) -> None:
    """A round tree with its foot at (x, y); bare in winter."""
    crown, wide = y - tall * 5 // 8, tall * 3 // 8
    board.fill(
        [(x - tall // 18, y), (x + tall // 18, y), (x + tall // 40, crown), (x - tall // 40, crown)], BARK, smooth=False
    )
    if bare:
        for k in range(7):
            tip = (x + wide * (k - 3) // 3, crown - wide + abs(k - 3) * wide // 4)
            board.stroke([(x, y - tall // 3), ((x + tip[0]) // 2 + (k - 3), crown), tip], max(1, tall // 40), BARK)
        return
    for shift, colour in ((0, mix(leaf, BLACK, 110)), (tall // 14, leaf), (tall // 8, mix(leaf, WHITE, 60))):
        for _ in range(9 if shift == 0 else 6):
            r = max(1, wide * 5 // 12 - shift // 3)
            cx = x + pick(rng, -wide + r, wide - r) * (3 if shift else 4) // 4 + light * shift
            cy = crown - pick(rng, 0, wide) + r - shift
            board.disc((cx - r, cy - r, cx + r, cy + r), vary(rng, colour, 6))
