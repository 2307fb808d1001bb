"""Contrast: standard deviation of the pixels of an image, averaged over images; a purely grey image has none."""

from genrep.metrics.extra import Statistic, Subject


def measures(subject: Subject) -> dict[str, Statistic]:
    """``contrast``, of grey values in [0, 1]"""
    grey = subject.images.float().mean(dim=1).flatten(1) / 255  # (N, H W)
    spread = grey.std(dim=1, unbiased=False).double().numpy()
    return {"contrast/n={n}": lambda rows: float(spread[rows].mean())}
