"""A part of a prepared set: the images that have some attributes, or have them not."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from genrep.data.arrays import OPTIONAL, ImageSet
from genrep.errors import UserError


def filtered(images: ImageSet, where: Mapping[str, bool]) -> ImageSet:
    """The images of each split whose attributes are as asked for; the set itself where nothing is.

    What is left keeps the identity of the whole set: the filter is a parameter of the run.

    Raises:
        UserError: the set has no such attribute, or no image of some split is left.
    """
    if not where:
        return images
    chosen = np.logical_and.reduce([images.attribute(name) == wanted for name, wanted in where.items()])
    counts = {split: int(chosen[images.split(split)].sum()) for split in images.card["counts"]}
    if empty := [split for split, count in counts.items() if count == 0]:
        asked = " and ".join(name if wanted else f"not {name}" for name, wanted in where.items())
        raise UserError(f"data.where: no {empty[0]} image of {images.card['name']} is {asked}; ask for less")
    more = {name: array[chosen] for name in OPTIONAL if (array := getattr(images, name)) is not None}
    card = images.card | {"counts": counts}
    return replace(images, images=images.images[chosen], labels=images.labels[chosen], card=card, **more)
