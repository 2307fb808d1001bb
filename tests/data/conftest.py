"""Data sets in MNIST's and CelebA's files that are small enough to write down, and a mirror that holds them."""

import gzip
import hashlib
import io
import struct
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

import genrep.compat  # noqa: F401 - before torchvision
from genrep.data import arrays
from genrep.data.catalogue import (
    DataSet,
    Layout,
    Preprocessing,
    Source,
    SourceFile,
    catalogue,
    data_set,
    source,
    sources,
)
from genrep.data.raw import MIRROR

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

    def download(self, data: Path, name: str) -> Path:
        """Put a file where torchvision puts it, unpacked; it has no network here."""
        path = data / "raw" / "MNIST" / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.files[name])
        return path


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
    changes = {"counts": COUNTS, "recorded_identity": arrays.identity(fake.images, fake.labels)}
    monkeypatch.setitem(catalogue(), "mnist", data_set("mnist").model_copy(update=changes))
    known = {f"{name}.gz": SourceFile(unpacked_md5=hashlib.md5(content).hexdigest()) for name, content in files.items()}
    monkeypatch.setitem(sources(), "mnist", source("mnist").model_copy(update={"files": known}))
    for name, content in files.items():
        fake.pack(name).parent.mkdir(parents=True, exist_ok=True)
        fake.pack(name).write_bytes(gzip.compress(content))
    monkeypatch.setenv(MIRROR, str(fake.mirror))
    return fake


@dataclass
class FakeFaces:
    """An archive of images with attributes that is written when ``pack`` is called; change it before."""

    mirror: Path
    images: dict[str, bytes] = field(default_factory=dict)  # by name in the archive
    attributes: dict[str, tuple[bool, bool]] = field(default_factory=dict)  # smile and hat by file name

    @property
    def archive(self) -> Path:
        return self.mirror / "faces" / "faces.zip"

    @property
    def list(self) -> Path:
        return self.mirror / "faces" / "list.txt"

    def pack(self) -> None:
        """Write archive and list of attributes into the mirror."""
        self.archive.parent.mkdir(parents=True, exist_ok=True)
        with ZipFile(self.archive, "w") as archive:
            for name, content in self.images.items():
                archive.writestr(name, content)
        lines = [" ".join([name, *("1" if one else "-1" for one in both)]) for name, both in self.attributes.items()]
        self.list.write_text("\n".join([str(len(lines)), "Smile Hat", *lines]) + "\n")

    @property
    def folder(self) -> Path:
        """Where the images lie unpacked, if ``unpack`` put them there."""
        return self.mirror / "faces" / "faces"

    def unpack(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have the images in a folder instead of an archive."""
        for name, content in self.images.items():
            path = self.folder / Path(name).name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        self.declare(monkeypatch, {"faces": SourceFile(), "list.txt": SourceFile()})
        layout = source("faces").layout.model_copy(
            update={"archive": "faces", "pattern": r"(?P<key>\d+)\.(?:jpg|png)", "first": 1}
        )
        monkeypatch.setitem(sources(), "faces", source("faces").model_copy(update={"layout": layout}))

    def declare(self, monkeypatch: pytest.MonkeyPatch, files: dict[str, SourceFile] | None = None) -> None:
        """Make ``faces`` a source and ``tiny-faces`` a set of the catalogue, of as many images as there are now."""
        files = files or {"faces.zip": SourceFile(), "list.txt": SourceFile()}
        layout = Layout(
            kind="images", archive="faces.zip", pattern=r"faces/(?P<key>\d+)\.(?:jpg|png)", attributes="list.txt"
        )
        origin = Source(
            name="faces",
            title="Faces",
            citation="nobody",
            licence="none",
            redistribution=False,
            used_by=("thesis",),
            access="manual",
            mirror="faces",
            layout=layout,
            files=files,
            instructions="Ask, and put faces.zip and list.txt into {folder}",
        )
        entry = DataSet(
            name="tiny-faces",
            sources=("faces",),
            shape=(3, 8, 8),
            classes=2,
            attributes=2,
            label="Smile",
            hold_out=10,
            preprocessing=Preprocessing(centre_square=1.0),
            counts={"train": len(self.images) - len(self.images) // 10, "test": len(self.images) // 10},
            recorded_identity=None,
        )
        monkeypatch.setitem(sources(), "faces", origin)  # in place of the drawn ones
        for name in ("faces-32", "faces-64"):
            monkeypatch.delitem(catalogue(), name, raising=False)
        monkeypatch.setitem(catalogue(), "tiny-faces", entry)


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    """The file of an image."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


@pytest.fixture
def fake_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeFaces:
    """Forty random images of 12x16 pixels, which a mirror has and the catalogue knows."""
    rng = np.random.default_rng(0)
    faces = FakeFaces(tmp_path / "mirror")
    for number in range(1, 41):
        pixels = rng.integers(0, 256, (16, 12, 3), dtype=np.uint8)
        faces.images[f"faces/{number:06d}.png"] = encoded(pixels)
        faces.attributes[f"{number:06d}.jpg"] = (bool(rng.integers(2)), bool(rng.integers(2)))
    faces.declare(monkeypatch)
    faces.pack()
    monkeypatch.setenv(MIRROR, str(faces.mirror))
    return faces
