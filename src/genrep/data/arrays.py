"""The prepared layout: ``images.npy`` (N, H, W, C) uint8, ``labels.npy`` (N,) int64 and ``card.json``.

Where the card names them, ``attributes.npy`` (N, A) bool and ``masks.npy`` (N, M, H, W) bool lie beside. Splits are
stored one after another, so that each is a slice. The images are memory-mapped; a training run moves its split to the
device whole.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genrep.data.card import read_card
from genrep.errors import UserError
from genrep.files import atomic_path, write_json

# Arrays that a set may have beside images and labels; the card lists the names of their columns under the same key.
OPTIONAL = ("attributes", "masks")
LAYOUT = {"images": (np.uint8, 4), "labels": (np.int64, 1), "attributes": (np.bool_, 2), "masks": (np.bool_, 4)}


def identity(
    images: np.ndarray, labels: np.ndarray, attributes: np.ndarray | None = None, masks: np.ndarray | None = None
) -> str:
    """SHA-256 over shapes and bytes of decoded images (uint8) and labels (int64): what a data set *is*.

    Attributes and masks (bool) count where there are any.
    """
    digest = hashlib.sha256()
    for array, (dtype, _) in zip((images, labels, attributes, masks), LAYOUT.values(), strict=True):
        if array is None:
            continue
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
    attributes: np.ndarray | None = None  # (N, A) bool, named by the card
    masks: np.ndarray | None = None  # (N, M, H, W) bool, memory-mapped, named by the card
    limit: int | None = None  # training images that are used, the first ones; None: all

    @classmethod
    def open(cls, folder: Path) -> "ImageSet":
        """Map a prepared folder.

        Raises:
            UserError: something is missing, or the arrays are not what the card says.
        """
        mend = f"run: genrep data prepare {folder.name}"
        try:
            card = read_card(folder)
            named = {name: len(card[name]) for name in OPTIONAL if card.get(name)}
            arrays = {
                name: np.load(folder / f"{name}.npy", mmap_mode=None if name == "labels" else "r", allow_pickle=False)
                for name in ("images", "labels", *named)
            }
            count = sum(card["counts"].values())
        except (OSError, EOFError, ValueError, TypeError, UserError) as error:
            raise UserError(f"{folder} is not a prepared data set ({error}); {mend}") from None
        for name, array in arrays.items():
            dtype, rank = LAYOUT[name]
            if array.dtype != dtype or array.ndim != rank:
                what = f"{array.dtype} of rank {array.ndim}, not {np.dtype(dtype)} of rank {rank}"
                raise UserError(f"{folder}: {name}.npy is {what}; {mend}")
        images, labels = arrays["images"], arrays["labels"]
        if len(images) != len(labels) or len(images) != count:
            raise UserError(f"{folder}: {len(images)} images and {len(labels)} labels do not match its card; {mend}")
        for name, columns in named.items():
            if arrays[name].shape[:2] != (len(images), columns):
                shape = arrays[name].shape
                raise UserError(f"{folder}: {name}.npy has shape {shape}, which its card does not say; {mend}")
        return cls(images, labels, card, arrays.get("attributes"), arrays.get("masks"))

    def identity(self) -> str:
        """See ``identity``: of what is in the arrays, whatever the card says."""
        return identity(self.images, self.labels, self.attributes, self.masks)

    def save(self, folder: Path) -> None:
        """Write the files, each whole or not at all; the card last."""
        self.save_beside(folder, images=self.images)

    def save_beside(self, folder: Path, **arrays: np.ndarray) -> None:
        """Write the given arrays and all but the images; the card last."""
        arrays |= {"labels": self.labels}
        arrays |= {name: array for name in OPTIONAL if (array := getattr(self, name)) is not None}
        for name, array in arrays.items():
            with atomic_path(folder / f"{name}.npy") as temporary:
                np.save(temporary, array)
        write_json(folder / "card.json", self.card)

    def attribute(self, name: str) -> np.ndarray:
        """One attribute (N,) bool by name.

        Raises:
            UserError: the set has no such attribute.
        """
        names = self.card.get("attributes") or []
        if self.attributes is None or name not in names:
            raise UserError(f"{self.card['name']} has no attribute {name!r}; it has {', '.join(names) or 'none'}")
        return np.asarray(self.attributes[:, names.index(name)])

    def selected(self, attributes: tuple[str, ...] = (), limit: int | None = None) -> "ImageSet":
        """The same images with other labels, or with fewer of them to train on.

        Args:
            attributes: where there are any, the class of an image becomes the sum of 2^i over those that it has.
            limit: training images that are used; None: all.

        Raises:
            UserError: the set has no such attribute.
        """
        chosen = replace(self, limit=limit)
        if not attributes:
            return chosen
        columns = np.stack([self.attribute(name) for name in attributes], axis=1)  # (N, k)
        labels = columns.astype(np.int64) @ (1 << np.arange(len(attributes), dtype=np.int64))
        named = [
            " + ".join(name for i, name in enumerate(attributes) if c >> i & 1) or "none"
            for c in range(1 << len(attributes))
        ]
        return replace(chosen, labels=labels, card=self.card | {"classes": len(named), "class_names": named})

    def split(self, name: str) -> slice:
        """The rows of ``train``, ``test`` or ``all``."""
        if name == "all":
            return slice(0, len(self.images))
        start = 0
        for split, count in self.card["counts"].items():
            if split == name:
                used = count if split != "train" or self.limit is None else min(count, self.limit)
                return slice(start, start + used)
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
        flip: mirrors each image left to right with probability 1/2, drawn from this generator of the device.
    """

    def __init__(
        self,
        images: ImageSet,
        split: str,
        value_range: tuple[float, float],
        device: torch.device,
        flip: torch.Generator | None = None,
    ):
        rows = images.split(split)
        # Stored (N, H, W, C): the permuted view is channels_last without a copy.
        self.pixels = torch.from_numpy(np.array(images.images[rows])).to(device).permute(0, 3, 1, 2)
        self.labels = torch.from_numpy(np.array(images.labels[rows])).to(device)
        # (N, A) bool, or None where the set has none
        self.attributes = (
            None if images.attributes is None else torch.from_numpy(np.array(images.attributes[rows])).to(device)
        )
        self.low, self.high = value_range
        self.flip = flip

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, rows: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Images (B, C, H, W) float32 in the range, and labels (B,), of the given rows (int64, none negative)."""
        if isinstance(rows, Tensor):
            # whole images are copied at once, where indexing the permuted view would copy byte by byte
            pixels = self.pixels.permute(0, 2, 3, 1).index_select(0, rows).permute(0, 3, 1, 2)
        else:
            pixels = self.pixels[rows]
        if self.flip is not None:
            mirrored = torch.rand(len(pixels), 1, 1, 1, generator=self.flip, device=pixels.device) < 0.5
            pixels = torch.where(mirrored, pixels.flip(-1), pixels)
        # in place: a fresh tensor per operation costs more than the operation
        images = pixels.float().mul_((self.high - self.low) / 255).add_(self.low)
        return images, self.labels[rows]

    def batches(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Every row once, in order."""
        for start in range(0, len(self), batch_size):
            yield self.batch(slice(start, start + batch_size))

    def shuffled(self, batch_size: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Every row once in an order drawn from a generator of the device: images, labels and rows (B,) of each batch.

        The rows lead to whatever else is kept per image, such as ``attributes[rows]``.
        """
        for rows in torch.randperm(len(self), generator=generator, device=self.pixels.device).split(batch_size):
            yield *self.batch(rows), rows
