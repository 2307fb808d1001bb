"""Diversity: the variance of the pixels over images, by which mode collapse shows without any network.

Meant for up to some 10,000 images: their products with each other are all in memory.
"""

import numpy as np

from genrep.metrics.extra import Statistic, Subject


def measures(subject: Subject) -> dict[str, Statistic]:
    """``diversity``, over that of the real training images: 1 for as much, 0 for images that are all alike."""
    real = subject.reference.variance
    flat = subject.images.flatten(1).float().numpy() / 255
    flat -= flat.mean(axis=0)  # leaves the variance as it is, and its digits
    products = flat @ flat.T  # (N, N): with them every resampling costs N squared, whatever the size of the images

    def statistic(rows: np.ndarray) -> float:
        drawn = np.bincount(rows, minlength=len(products)).astype(products.dtype)
        count = len(rows)
        spread = float(drawn @ products.diagonal()) - float(drawn @ products @ drawn) / count
        return spread / (count - 1) / real

    return {"diversity/pixels/n={n}/train": statistic}
