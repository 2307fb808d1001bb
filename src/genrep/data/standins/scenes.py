"""One thing in front of a fitting background, in ten classes: a stand-in for ImageNet."""

from collections.abc import Callable

import numpy as np

from genrep.data.standins import living, made, vehicles
from genrep.data.standins.backdrops import depths, field, sea, street, table, thicket
from genrep.data.standins.canvas import Canvas, Drawing
from genrep.data.standins.parameters import chance, choose, pick

Backdrop = Callable[[Canvas, np.random.Generator], None]


Thing = tuple[Callable[[Canvas, np.random.Generator], None], tuple[Backdrop, ...], int]  # and its place's height
THINGS: dict[str, Thing] = {
    "ball": (made.ball, (field, street, table), 150),
    "boat": (vehicles.boat, (sea,), 140),
    "butterfly": (living.butterfly, (thicket, thicket, field), 128),
    "car": (vehicles.car, (street, street, field), 164),
    "cup": (made.cup, (table,), 138),
    "fish": (living.fish, (depths,), 120),
    "flower": (living.flower, (thicket, field, table), 136),
    "house": (made.house, (field,), 136),
    "mushroom": (living.mushroom, (thicket, field), 146),
    "tree": (living.tree, (field,), 136),
}
CLASSES = tuple(THINGS)


def draw(rng: np.random.Generator, size: int, label: int | None = None) -> Drawing:
    """Draw one scene.

    Args:
        size: height and width in pixels.
        label: in ``CLASSES``; drawn from ``rng`` if None.

    Returns:
        An image (size, size, 3) in 0 to 255.

    Raises:
        ValueError: no such label.
    """
    label = choose(rng, label, len(CLASSES))
    thing, backdrops, y = THINGS[CLASSES[label]]
    board = Canvas(size)
    backdrops[pick(rng, 0, len(backdrops) - 1)](board, rng)
    board.place(128 + pick(rng, -22, 22), y + pick(rng, -10, 10), pick(rng, 196, 268), chance(rng, 50))
    thing(board, rng)
    light = pick(rng, 84, 108)
    board.image = board.image.point([min(255, level * light // 100) for level in range(256)] * 3)
    return Drawing(board.finish(), label)
