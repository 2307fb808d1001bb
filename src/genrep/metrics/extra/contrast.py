"""Contrast: standard deviation of the pixels of an image, averaged over images; a purely grey image has none."""

from torch import Tensor

from genrep.metrics.extra import Statistic, Subject
from genrep.metrics.parts import by_parts


def measures(subject: Subject) -> dict[str, Statistic]:
    """``contrast``, of grey values in [0, 1]"""
    spread = by_parts(_of_images, subject.images).double().numpy()
    return {"contrast/n={n}": lambda rows: float(spread[rows].mean())}


def _of_images(images: Tensor) -> Tensor:
    grey = images.float().mean(dim=1).flatten(1) / 255  # (N, H W)
    return grey.std(dim=1, unbiased=False)
