"""How far images are from real ones in shape and in colour: Frechet distances of layouts of brightness and colour."""

from functools import partial

import numpy as np

from genrep.metrics.extra import Statistic, Subject
from genrep.metrics.extra.layouts import SIDE, chroma, luminance
from genrep.metrics.frechet import Gaussian, frechet_distance


def measures(subject: Subject) -> dict[str, Statistic]:
    """``shape_distance``, and for images in colour ``colour_distance``"""
    found: dict[str, Statistic] = {}
    for name, layout in (("shape_distance", luminance), ("colour_distance", chroma)):
        cells, real = layout(subject.images), layout(subject.reference.pixels)
        if cells is not None and real is not None:
            found[f"{name}/cells={SIDE}x{SIDE}/n={{n}}/train"] = partial(_distance, cells, Gaussian.fit(real))
    return found


def _distance(cells: np.ndarray, real: Gaussian, rows: np.ndarray) -> float:
    return frechet_distance(Gaussian.fit(cells[rows]), real)
