"""Variance of a set of images, in bounded memory."""

from collections.abc import Iterable

import numpy as np

CHUNK = 1000  # images in memory as floats


def total_variance(images: np.ndarray) -> float:
    """Variance over (N, ...) uint8 images of each pixel value, summed over pixels; values count from 0 to 1.

    It is half the mean squared distance between two of the images.
    """
    count = len(images)
    squares, total = 0.0, np.zeros(images.shape[1:])
    for part in _chunks(images):
        squares += float(np.square(part).sum())
        total += part.sum(axis=0)
    return (squares - float(np.square(total).sum()) / count) / (count - 1)


def _chunks(images: np.ndarray) -> Iterable[np.ndarray]:
    return (np.asarray(images[start : start + CHUNK]) / 255 for start in range(0, len(images), CHUNK))
