"""Trees, for landscapes and scenes."""

import numpy as np

from genrep.data.standins.canvas import Canvas
from genrep.data.standins.parameters import TURN, Colour, around, mix, pick, vary

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
            tip = (x + wide * (k - 3) // 3, crown - wide + abs(k - 3) * wide // 4 + pick(rng, -tall // 16, tall // 16))
            elbow = ((x + tip[0]) // 2 + (k - 3), crown)
            board.stroke([(x, y - tall // 3), elbow, tip], max(1, tall // 40), BARK)
            for part in (1, 2):
                fork = (elbow[0] * (3 - part) + tip[0] * part) // 3, (elbow[1] * (3 - part) + tip[1] * part) // 3
                twig = (fork[0] + pick(rng, -tall // 9, tall // 9), fork[1] - tall // 8)
                board.stroke([fork, twig], max(1, tall // 90), BARK)
        return
    board.disc((x - wide * 3 // 4, crown - wide, x + wide * 3 // 4, crown + wide // 2), mix(leaf, BLACK, 110))
    # Large dark clumps first, then ever smaller and lighter ones towards the light.
    for count, part, shift, colour in (
        (12, 42, 0, mix(leaf, BLACK, 110)),
        (12, 30, tall // 22, mix(leaf, BLACK, 40)),
        (18, 18, tall // 12, leaf),
        (14, 11, tall // 9, mix(leaf, WHITE, 50)),
    ):
        r = max(1, wide * part // 100)
        for _ in range(count):
            reach = pick(rng, 0, max(0, wide - r - shift // 2))
            cx, cy = around(x + light * shift // 2, crown - wide // 4 - shift // 2, reach, pick(rng, 0, TURN - 1))
            board.disc((cx - r, cy - r, cx + r, cy + r), vary(rng, colour, 8))
