"""What a study finds: numbers with intervals, tiles of a figure, and whatever else that figure needs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import binomtest
from scipy.stats import t as student
from torch import Tensor

DIGITS = 6  # significant, of every value that is kept


def over(
    name: str, values: Tensor | np.ndarray, *protocol: str, n: int | None = None, paired: bool = True
) -> dict[str, Any]:
    """A mean over images (or pairs, draws, samples) with Student's 95% interval.

    Args:
        name: of the metric.
        values: (N,) one per image.
        protocol: what else decides the number, for the id.
        n: what stands in the id, where it is not N: samples that neighbours were looked for among.
        paired: whether the k-th value of another model, or of another variant, is of the same image. The values are
            kept then, so that differences are taken image by image.

    Returns:
        ``{"id", "name", "n", "value", "ci_low", "ci_high", "values"}``; no interval from one value.
    """
    array = np.asarray(values.detach().cpu() if isinstance(values, Tensor) else values, np.float64)
    count, mean = len(array), float(array.mean())
    bounds = None
    if count > 1:
        margin = float(student.ppf(0.975, count - 1) * array.std(ddof=1) / count**0.5)
        bounds = (mean - margin, mean + margin)
    entry = single(name, mean, *protocol, n=count if n is None else n, bounds=bounds)
    return entry | {"values": [_short(value) for value in array.tolist()] if paired else None}


def share(name: str, hits: np.ndarray, *protocol: str) -> dict[str, Any]:
    """A share of independent samples with the exact 95% interval (Clopper and Pearson, 1934).

    Student's would be empty where all are alike: none of 64 leaves up to 5.6% possible.

    Args:
        name: of the metric.
        hits: (N,) bool.
        protocol: see ``over``.
    """
    count, found = len(hits), int(np.count_nonzero(hits))
    interval = binomtest(found, count).proportion_ci(0.95, method="exact")
    return single(name, found / count, *protocol, n=count, bounds=(float(interval.low), float(interval.high)))


def single(
    name: str, value: float, *protocol: str, n: int = 1, bounds: tuple[float, float] | None = None
) -> dict[str, Any]:
    """A number that is no mean over images: a count, a time, an extreme; with an interval where one is given."""
    low, high = (None, None) if bounds is None else map(_short, bounds)
    identity = {"id": "/".join(filter(None, [name, f"n={n}", *protocol])), "name": name, "n": n}
    return identity | {"value": _short(value), "ci_low": low, "ci_high": high, "values": None}


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


@dataclass(frozen=True)
class Tiles:
    """Images in rows and columns.

    ``real`` (R, K) is True where a tile shows an image of the data set, or a retouch of one (noised, recovered,
    encoded and decoded, edited), and not what a model has drawn by itself: such tiles may have to be withheld.
    """

    images: np.ndarray  # (R, K, C, H, W) uint8
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    real: np.ndarray | None = None

    @property
    def withholdable(self) -> np.ndarray:
        """``real``, all False where nothing was said."""
        return np.zeros(self.images.shape[:2], bool) if self.real is None else self.real


@dataclass(frozen=True)
class Found:
    """Of one study on one model."""

    metrics: list[dict[str, Any]]
    tiles: dict[str, Tiles] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what a reader of the figure must know: parts left out, and why


def to_uint8(images: Tensor) -> np.ndarray:
    """Images in [0, 1] (..., C, H, W) -> uint8."""
    return (images.detach().float().clamp(0, 1) * 255).round().byte().cpu().numpy()
