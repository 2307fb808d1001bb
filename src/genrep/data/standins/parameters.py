"""What drawings are made from: random numbers, colours and outlines, all in integers."""

from collections.abc import Sequence
from math import cos, pi, sin

import numpy as np

Colour = tuple[int, int, int]
Points = Sequence[tuple[int, int]]

TURN = 48
# Directions around the circle in 1/256; rounded once, so that no platform's sine moves a pixel.
COMPASS = tuple((round(256 * cos(2 * pi * k / TURN)), round(256 * sin(2 * pi * k / TURN))) for k in range(TURN))


def pick(rng: np.random.Generator, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``, both included."""
    return int(rng.integers(low, high + 1))


def chance(rng: np.random.Generator, percent: int) -> bool:
    """True in ``percent`` of a hundred draws."""
    return pick(rng, 0, 99) < percent


def choose(rng: np.random.Generator, label: int | None, classes: int) -> int:
    """The label, or one of so many classes at random.

    Raises:
        ValueError: no such label.
    """
    if label is None:
        return pick(rng, 0, classes - 1)
    if not 0 <= label < classes:
        raise ValueError(f"label {label} is not in 0 to {classes - 1}")
    return label


def mix(first: Colour, second: Colour, share: int) -> Colour:
    """``share``/256 of the second colour, the rest of the first."""
    r, g, b = ((a * (256 - share) + z * share) // 256 for a, z in zip(first, second, strict=True))
    return r, g, b


def vary(rng: np.random.Generator, colour: Colour, amount: int) -> Colour:
    """The colour with each channel up to ``amount`` levels away."""
    r, g, b = (min(255, max(0, level + pick(rng, -amount, amount))) for level in colour)
    return r, g, b


def around(x: int, y: int, radius: int, step: int) -> tuple[int, int]:
    """The point at ``radius`` from (x, y) after ``step`` forty-eighths of a turn, clockwise from the right."""
    dx, dy = COMPASS[step % TURN]
    return x + radius * dx // 256, y + radius * dy // 256


def symmetric(axis: int, half: Points) -> list[tuple[int, int]]:
    """Closed outline from its right half, top to bottom, with x counted from the axis."""
    return [(axis + x, y) for x, y in half] + [(axis - x, y) for x, y in half[::-1]]


def smoothed(points: Points, closed: bool) -> list[tuple[int, int]]:
    """Chaikin's corner cutting, three rounds, in integers."""
    fine = [(x << 4, y << 4) for x, y in points]
    for _ in range(3):
        cut = []
        for (ax, ay), (bx, by) in zip(fine, fine[1:] + fine[:1], strict=True):
            cut += [((3 * ax + bx) >> 2, (3 * ay + by) >> 2), ((ax + 3 * bx) >> 2, (ay + 3 * by) >> 2)]
        fine = cut if closed else [fine[0], *cut[:-2], fine[-1]]
    return [(x >> 4, y >> 4) for x, y in fine]
