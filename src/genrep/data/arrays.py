"""The prepared layout: ``images.npy`` (N, H, W, C) uint8, ``labels.npy`` (N,) int64 and ``card.json``.

Splits are stored one after another, so that each is a slice. The images are memory-mapped; a training run moves
its split to the device whole.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genrep.errors import UserError
from genrep.files import atomic_path, read_json, write_json


def identity(images: np.ndarray, labels: np.ndarray) -> str:
    """SHA-256 over shapes and bytes of decoded images (uint8) and labels (int64): what a data set *is*."""
    digest = hashlib.sha256()
    for array, dtype in ((images, np.uint8), (labels, np.int64)):
        if array.dtype != dtype:
            raise TypeError(f"expected {np.dtype(dtype)}, got {array.dtype}")
        digest.update(repr(array.shape).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


@dataclass(frozen=True)
class ImageSet:
    """A prepared data set."""

    images: np.ndarray  # (N, H, W, C) uint8, memory-mapped
    labels: np.ndarray  # (N,) int64
    card: dict[str, Any]

    @classmethod
    def open(cls, folder: Path) -> "ImageSet":
        """Map a prepared folder.

        Raises:
            UserError: something is missing, or the arrays are not what the card says.
        """
        mend = f"run: genrep data prepare {folder.name}"
        try:
            card = read_json(folder / "card.json")
            images = np.load(folder / "images.npy", mmap_mode="r", allow_pickle=False)
            labels = np.load(folder / "labels.npy", allow_pickle=False)
        except (OSError, EOFError, ValueError, UserError) as error:
            raise UserError(f"{folder} is not a prepared data set ({error}); {mend}") from None
        if len(images) != len(labels) or len(images) != sum(card["counts"].values()):
            raise UserError(f"{folder}: {len(images)} images and {len(labels)} labels do not match its card; {mend}")
        return cls(images, labels, card)

    def save(self, folder: Path) -> None:
        """Write the three files, each whole or not at all; the card last."""
        for name, array in (("images.npy", self.images), ("labels.npy", self.labels)):
            with atomic_path(folder / name) as temporary:
                np.save(temporary, array)
        write_json(folder / "card.json", self.card)

    def split(self, name: str) -> slice:
        """The rows of ``train``, ``test`` or ``all``."""
        if name == "all":
            return slice(0, len(self.images))
        start = 0
        for split, count in self.card["counts"].items():
            if split == name:
                return slice(start, start + count)
            start += count
        raise UserError(f"{self.card['name']} has no split {name!r}; it has {', '.join(self.card['counts'])} and all")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one image."""
        H, W, C = self.images.shape[1:]
        return C, H, W


class DeviceImages:
    """One split on the device: uint8, normalised batch by batch.

    Args:
        images: see ``ImageSet``.
        split: ``train``, ``test`` or ``all``.
        value_range: what pixel values 0 and 255 become.
    """

    def __init__(self, images: ImageSet, split: str, value_range: tuple[float, float], device: torch.device):
        rows = images.split(split)
        # Stored (N, H, W, C): the permuted view is channels_last without a copy.
        self.pixels = torch.from_numpy(np.array(images.images[rows])).to(device).permute(0, 3, 1, 2)
        self.labels = torch.from_numpy(np.array(images.labels[rows])).to(device)
        self.low, self.high = value_range

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, rows: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Images (B, C, H, W) float32 in the range, and labels (B,), of the given rows."""
        images = self.pixels[rows].float() * ((self.high - self.low) / 255) + self.low
        return images, self.labels[rows]

    def batches(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Every row once, in order."""
        for start in range(0, len(self), batch_size):
            yield self.batch(slice(start, start + batch_size))
