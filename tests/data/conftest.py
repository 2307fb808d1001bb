"""A data set in MNIST's files that is small enough to write down, and a mirror that holds it."""

import gzip
import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import genrep.compat  # noqa: F401 - before torchvision
from genrep.data import arrays
from genrep.data.catalogue import catalogue, data_set
from genrep.data.prepare import MIRROR

COUNTS = {"train": 12, "test": 5}


@dataclass
class FakeMNIST:
    """What the files hold, and where they are."""

    images: np.ndarray  # (17, 28, 28, 1) uint8
    labels: np.ndarray  # (17,) int64
    files: dict[str, bytes]  # decompressed, by name
    mirror: Path

    def pack(self, name: str) -> Path:
        """Where the mirror keeps a file."""
        return self.mirror / "mnist" / f"{name}.gz"


def idx(array: np.ndarray) -> bytes:
    """The IDX format of MNIST's homepage: magic number with rank, sizes, bytes."""
    return struct.pack(f">{array.ndim + 1}I", 0x800 + array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


@pytest.fixture(autouse=True)
def no_mirror_and_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import MNIST

    def download(self: MNIST) -> None:
        raise AssertionError("tests do not download")

    monkeypatch.delenv(MIRROR, raising=False)
    monkeypatch.setattr(MNIST, "download", download)


@pytest.fixture
def fake_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeMNIST:
    """The catalogue's ``mnist`` becomes 17 random images; the environment names a mirror that has them."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (17, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, 17)
    files = {}
    for stem, rows in (("train", slice(0, 12)), ("t10k", slice(12, 17))):
        files[f"{stem}-images-idx3-ubyte"] = idx(images[rows])
        files[f"{stem}-labels-idx1-ubyte"] = idx(labels[rows])
    fake = FakeMNIST(images[..., None], labels, files, tmp_path / "mirror")
    changes = {
        "counts": COUNTS,
        "files": {name: hashlib.md5(content).hexdigest() for name, content in files.items()},
        "identity": arrays.identity(fake.images, fake.labels),
    }
    monkeypatch.setitem(catalogue(), "mnist", data_set("mnist").model_copy(update=changes))
    for name, content in files.items():
        fake.pack(name).parent.mkdir(parents=True, exist_ok=True)
        fake.pack(name).write_bytes(gzip.compress(content))
    monkeypatch.setenv(MIRROR, str(fake.mirror))
    return fake
