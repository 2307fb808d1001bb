"""Contact sheets: what a prepared set looks like."""

import numpy as np
from matplotlib.figure import Figure

from genrep.data.arrays import ImageSet
from genrep.report.figures.sheets import Sheet, draw_sheets

COLUMNS, ROWS, MOST_ROWS = 12, 6, 10


def contact_sheet(images: ImageSet) -> Figure:
    """The first images of each class, at least ``ROWS`` rows in all; of a set with one class or very many, images
    evenly spread over it.

    Args:
        images: prepared.
    """
    card = images.card
    if 1 < card["classes"] <= MOST_ROWS:
        names = card.get("class_names") or [str(c) for c in range(card["classes"])]
        each = -(-ROWS // card["classes"])
        # a class with too few images to fill its rows begins again
        chosen = np.concatenate(
            [np.resize(np.flatnonzero(images.labels == c), (each, COLUMNS)) for c in range(card["classes"])]
        )
        labels = [name for name in names for _ in range(each)]
    else:
        chosen = np.linspace(0, len(images.labels) - 1, COLUMNS * ROWS).astype(int).reshape(ROWS, COLUMNS)
        labels = []
    tiles = np.asarray(images.images[chosen.ravel()]).transpose(0, 3, 1, 2)
    sheet = Sheet(tiles.reshape(*chosen.shape, *tiles.shape[1:]), rows=labels)
    notes = [f"{sum(card['counts'].values()):,} images; {card['licence']}", card["citation"]]
    return draw_sheets([sheet], f"{card['name']}: {card['title']}", notes)
