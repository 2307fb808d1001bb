"""Sources of images: arrays in memory or on disk, folders of files, streams. Metrics read them batch by batch."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from genrep.errors import UserError
from genrep.files import sha256_file, sha256_json

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}


class Source(Protocol):
    """A set of images of one size."""

    name: str  # for messages

    def __len__(self) -> int: ...

    @property
    def identity(self) -> str:
        """Hash by which features are filed."""
        ...

    def batches(self, size: int) -> Iterator[Tensor]:
        """Every image once, in order, (B, C, H, W) uint8."""
        ...


class ArrayImages:
    """Images of an array, which may be memory-mapped.

    Args:
        images: (N, H, W, C) uint8 array as data sets store it, or (N, C, H, W) uint8 tensor as samplers return it.
        name: for messages.
        identity: of the images where it is known, such as a data set's with its split; else their hash.
        rows: (N,) of an array, which images and in which order; None: all as they are.

    Raises:
        UserError: no images, or not of this form.
    """

    def __init__(
        self,
        images: np.ndarray | Tensor,
        name: str = "the image set",
        identity: str | None = None,
        rows: np.ndarray | None = None,
    ):
        if len(images if rows is None else rows) == 0:
            raise UserError(f"{name} holds no images")
        channels = images.shape[-1 if isinstance(images, np.ndarray) else 1] if images.ndim == 4 else 0
        if str(images.dtype).removeprefix("torch.") != "uint8" or channels not in (1, 3):
            raise UserError(
                f"{name} must hold uint8 images of 1 or 3 channels, got {images.dtype} of shape {tuple(images.shape)}"
            )
        self.name, self._images, self._identity, self._rows = name, images, identity, rows

    def __len__(self) -> int:
        return len(self._images if self._rows is None else self._rows)

    @property
    def identity(self) -> str:
        """As given, or SHA-256 over shape and pixels."""
        if self._identity is None:
            digest = hashlib.sha256()
            for part in self.batches(1000):
                digest.update(repr(tuple(part.shape[1:])).encode())
                digest.update(part.contiguous().numpy().data)
            self._identity = digest.hexdigest()
        return self._identity

    def batches(self, size: int) -> Iterator[Tensor]:
        """See ``Source``."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            part = self._images[rows if self._rows is None else self._rows[rows]]
            yield torch.from_numpy(np.array(part)).permute(0, 3, 1, 2) if isinstance(part, np.ndarray) else part.cpu()


class FolderImages:
    """The image files of a folder, not of its subfolders.

    Args:
        folder: whose.
        seed: of a random order; None: by name.
        count: only the first so many in that order.

    Raises:
        UserError: the folder is missing or holds no images.
    """

    def __init__(self, folder: Path, seed: int | None = None, count: int | None = None):
        self.name = str(folder)
        if not folder.is_dir():
            raise UserError(f"{folder} is no folder of images")
        self._files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
        if not self._files:
            raise UserError(f"{folder} itself holds no images ({', '.join(sorted(SUFFIXES))})")
        if seed is not None:
            order = np.random.default_rng(seed).permutation(len(self._files))
            self._files = [self._files[i] for i in order]
        self._files = self._files[:count]

    def __len__(self) -> int:
        return len(self._files)

    @property
    def identity(self) -> str:
        """SHA-256 over the files' hashes, in order."""
        return sha256_json([sha256_file(path) for path in self._files])

    def batches(self, size: int) -> Iterator[Tensor]:
        """See ``Source``; a file of another size or number of channels raises UserError."""
        first = self._read(self._files[0])
        for start in range(0, len(self), size):
            part = [self._read(path) for path in self._files[start : start + size]]
            for path, image in zip(self._files[start:], part, strict=False):
                if image.shape != first.shape:
                    raise UserError(
                        f"{self.name} mixes sizes: {self._files[0].name} is {_size(first)}, {path.name} {_size(image)}"
                    )
            yield torch.from_numpy(np.stack(part)).permute(0, 3, 1, 2)

    def _read(self, path: Path) -> np.ndarray:
        try:
            with Image.open(path) as image:
                pixels = np.array(_opaque(image, path))
        except OSError as error:
            raise UserError(f"{path} cannot be read as an image ({error})") from None
        return pixels.reshape(*pixels.shape[:2], -1)  # (H, W, C)


def _opaque(image: Image.Image, path: Path) -> Image.Image:
    """As grey or RGB, where that changes nothing that is seen."""
    mode = image.mode
    if mode.startswith(("I", "F")):  # Pillow would clip them to 8 bits
        raise UserError(f"{path} has more than 8 bits a channel ({mode}); convert it first")
    if image.has_transparency_data and image.convert("RGBA").getchannel("A").getextrema() != (255, 255):
        raise UserError(f"{path} is transparent in places; put it on a background first")
    if mode not in ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX"):
        raise UserError(f"{path} has colours of another kind ({mode}); convert it to RGB first")
    return image.convert("L" if mode in ("1", "L", "LA", "La") else "RGB")


class StreamImages:
    """Images that are made as they are measured.

    Args:
        images: (B, C, H, W) uint8 tensors; read once.
        count: of images in all.
        identity: hash of whatever decides the images, such as weights, sampler and seed.
        name: for messages.
    """

    def __init__(self, images: Iterable[Tensor], count: int, identity: str, name: str = "the stream of images"):
        if count < 1:
            raise UserError(f"{name} holds no images")
        self.name, self.identity, self._images, self._count = name, identity, images, count

    def __len__(self) -> int:
        return self._count

    def batches(self, size: int) -> Iterator[Tensor]:
        """See ``Source``; a part of another size raises UserError."""
        shape = None
        for part in self._images:
            shape = shape or part.shape[1:]
            if part.shape[1:] != shape:
                raise UserError(f"{self.name} mixes sizes: {tuple(shape)} and {tuple(part.shape[1:])}")
            yield from part.split(size)


def _size(image: np.ndarray) -> str:
    return "x".join(str(side) for side in image.shape)
