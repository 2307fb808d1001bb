"""Inception features of sets of images: computed once per set and protocol, and shared by every metric.

``<folder>/<network>/<preprocessing>/<image set>/`` holds ``features.npy``, ``logits.npy`` and a card with their
hashes, and ``moments.npz`` once a Frechet distance has asked for them. The arrays are memory-mapped, both while they
are computed and afterwards.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.lib.format import open_memmap
from scipy.special import softmax
from tqdm import tqdm

from genrep.errors import UserError
from genrep.files import atomic_path, read_json, sha256_file, sha256_json, write_json
from genrep.metrics.fid import BLOCK, moments
from genrep.metrics.frechet import Gaussian
from genrep.metrics.images import Source
from genrep.metrics.inception import Inception


class ConstantImages(UserError):
    """Several images, but all alike."""


@dataclass(frozen=True)
class ImageFeatures:
    """One row per image."""

    protocol: str  # InceptionProtocol.features
    images: str  # identity of the image set
    features: np.ndarray  # (N, 2048) float32
    logits: np.ndarray  # (N, 1008) float32, without the bias
    hash: str = ""  # of both arrays as stored

    def __len__(self) -> int:
        return len(self.features)

    def probabilities(self, n: int | None = None) -> np.ndarray:
        """(n, 1008) float64 class probabilities of the first n images."""
        logits = self.logits[:n]
        probabilities = np.empty(logits.shape)
        for start in range(0, len(logits), BLOCK):
            rows = slice(start, start + BLOCK)
            probabilities[rows] = softmax(logits[rows].astype(np.float64), axis=1)
        return probabilities

    def compared_with(self, other: "ImageFeatures") -> None:
        """Refuse features of another network or another preprocessing.

        Raises:
            UserError: they do not compare.
        """
        if self.protocol != other.protocol:
            raise UserError(f"features of {self.protocol} do not compare with those of {other.protocol}")


class FeatureStore:
    """Features under a folder.

    Args:
        folder: of all.
        code: hash of the code that computes features; those of other code are computed again.
    """

    def __init__(self, folder: Path, code: str = ""):
        self.folder, self.code = folder, code

    def features(self, inception: Inception, images: Source, batch_size: int = 32) -> ImageFeatures:
        """Read the features of a set, or compute and keep them.

        Raises:
            ConstantImages: several images, but all alike.
            UserError: what ``Inception`` and the source raise; fewer or more images than the source says; stored
                features that have changed.
        """
        protocol, identity = inception.protocol.features, images.identity
        folder = self._of(protocol, identity)
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):  # whoever asks meanwhile waits, and finds them
            if not self._current(folder / "card.json"):
                self._compute(folder, inception, images, batch_size)
        card = read_json(folder / "card.json")
        arrays = {}
        for name in ("features", "logits"):
            path = folder / f"{name}.npy"
            if not path.exists() or sha256_file(path) != card[name]:
                raise UserError(f"{path} is not what was stored; delete {folder} to compute it again")
            # copy on write: torch takes writable arrays only, and would have to copy others
            arrays[name] = np.load(path, mmap_mode="c", allow_pickle=False)
        return ImageFeatures(protocol, identity, **arrays, hash=sha256_json([card["features"], card["logits"]]))

    def moments(self, found: ImageFeatures, n: int | None = None) -> Gaussian:
        """Mean and covariance of the first n features, kept on disk where they are of the whole set."""
        if n is not None and n != len(found):
            return moments(found.features[:n])
        path = self._of(found.protocol, found.images) / "moments.npz"
        if not path.exists():
            fitted = moments(found.features)
            with atomic_path(path) as temporary:
                np.savez(temporary, mean=fitted.mean, covariance=fitted.covariance)
        with np.load(path, allow_pickle=False) as stored:
            return Gaussian(stored["mean"], stored["covariance"])

    def _current(self, card: Path) -> bool:
        found = read_json(card) if card.exists() else None
        return isinstance(found, dict) and {"features", "logits"} <= found.keys() and found.get("code", "") == self.code

    def _of(self, protocol: str, identity: str) -> Path:
        return self.folder / protocol / identity

    def _compute(self, folder: Path, inception: Inception, images: Source, batch_size: int) -> None:
        count, done = len(images), 0
        for stale in ("card.json", "moments.npz"):
            (folder / stale).unlink(missing_ok=True)
        with atomic_path(folder / "features.npy") as first, atomic_path(folder / "logits.npy") as second:
            features = open_memmap(first, "w+", np.float32, (count, 2048))
            logits = open_memmap(second, "w+", np.float32, (count, 1008))
            with tqdm(total=count, desc=inception.protocol.network, unit="image", disable=None) as bar:
                for batch in images.batches(batch_size):
                    if done + len(batch) > count:
                        raise UserError(f"{images.name} holds more than the {count} images that it should")
                    rows = slice(done, done + len(batch))
                    features[rows], logits[rows] = inception(batch)
                    done += len(batch)
                    bar.update(len(batch))
            if done < count:
                raise UserError(f"{images.name} ended after {done} of {count} images")
            if count > 1 and all((part == features[0]).all() for part in np.array_split(features, -(-count // 1000))):
                raise ConstantImages(f"all {count} images of {images.name} have the same features: are they constant?")
            for array in (features, logits):
                array.flush()
            hashes = {"features": sha256_file(first), "logits": sha256_file(second)}
        card = {"protocol": inception.protocol.model_dump(), "images": images.identity, "count": count}
        write_json(folder / "card.json", card | {"code": self.code} | hashes)
