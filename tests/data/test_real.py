"""Real images, where a mirror of them is at hand: every recorded hash and identity, and what they rest on."""

import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from genrep.data.catalogue import catalogue, data_set, source, sources
from genrep.data.layouts import idx
from genrep.data.prepare import prepare
from genrep.data.raw import MIRROR, at_hand
from genrep.data.verify import verify
from tests.conftest import ROOT

HERE = os.environ.get(MIRROR)
pytestmark = pytest.mark.skipif(HERE is None, reason=f"{MIRROR} names no mirror of real images")

# The md5 sums of the decompressed files as their authors and torchvision publish them, and of Fashion-MNIST's gz files.
DECOMPRESSED = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
PREPARED = [entry.name for entry in catalogue().values() if entry.recorded_identity and not entry.reduced_from]


@pytest.fixture(autouse=True)
def mirror(monkeypatch) -> Path:
    monkeypatch.setenv(MIRROR, str(HERE))
    return Path(str(HERE))


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.mark.parametrize("name", [one.name for one in sources().values() if one.files])
def test_every_hash(name, data):
    if not at_hand(source(name), data):
        pytest.skip("not in this mirror")
    findings = list(verify(name, data))
    assert len(findings) == len(source(name).files)
    assert not [str(finding) for finding in findings if not finding.ok]
    assert "nothing published" not in "".join(map(str, findings))


@pytest.mark.slow
@pytest.mark.parametrize("name", PREPARED)
def test_prepared_set_is_the_recorded_one(name, data):
    if not any(at_hand(source(one), data) for one in data_set(name).sources):
        pytest.skip("not in this mirror")
    found = prepare(name, data)
    assert found.card["verified"]
    assert found.card["counts"] == data_set(name).counts
    assert found.card["share_of_official"] == pytest.approx(data_set(name).share_of_official)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_decoded_images_are_the_official_files(name, data, mirror):
    """Images and labels, written back as idx files, have the published md5; Fashion-MNIST's was published packed."""
    found = prepare(name, data)
    for split, stem in (("train", "train"), ("test", "t10k")):
        rows = found.split(split)
        for array, kind in ((found.images[rows][..., 0], "images-idx3"), (found.labels[rows], "labels-idx1")):
            head = struct.pack(f">{array.ndim + 1}I", 0x800 + array.ndim, *array.shape)
            md5 = hashlib.md5(head + array.astype(np.uint8).tobytes()).hexdigest()
            file = f"{stem}-{kind}-ubyte"
            assert md5 == data_set(name).source.files[f"{file}.gz"].unpacked_md5
            if name == "mnist":
                assert md5 == DECOMPRESSED[file]
            else:
                packed = (mirror / name / f"{file}.gz").read_bytes()
                assert hashlib.md5(packed).hexdigest() == data_set(name).source.files[f"{file}.gz"].md5
                assert hashlib.md5(gzip.decompress(packed)).hexdigest() == md5
    assert idx(mirror / name / "t10k-labels-idx1-ubyte.gz").shape == (10_000,)


def official_batch(images: np.ndarray, labels: np.ndarray, names: list[str], number: int) -> bytes:
    """A training batch of CIFAR-10 as its authors pickled it, with Python 2 and protocol 2, from its images."""
    memo = iter(range(1, 1 << 20))

    def put() -> bytes:
        n = next(memo)
        return b"q" + bytes([n]) if n < 256 else b"r" + struct.pack("<I", n)

    def text(value: str) -> bytes:
        return b"U" + bytes([len(value)]) + value.encode()

    def items(parts: list[bytes]) -> bytes:
        return b"".join(b"(" + b"".join(parts[k : k + 1000]) + b"e" for k in range(0, len(parts), 1000))

    pixels = np.ascontiguousarray(images.transpose(0, 3, 1, 2)).tobytes()
    out = b"\x80\x02}" + put() + b"(" + text("batch_label") + put()
    out += text(f"training batch {number} of 5") + put() + text("labels") + put() + b"]" + put()
    out += items([b"K" + bytes([label]) for label in labels.tolist()]) + text("data") + put()
    out += b"cnumpy.core.multiarray\n_reconstruct\n" + put() + b"cnumpy\nndarray\n" + put()
    out += b"K\x00\x85U\x01b\x87R" + put() + b"(K\x01M\x10'M\x00\x0c\x86cnumpy\ndtype\n" + put()
    out += b"U\x02u1K\x00K\x01\x87R" + put() + b"(K\x03U\x01|NNN" + b"J\xff\xff\xff\xff" * 2 + b"K\x00tb\x89T"
    out += struct.pack("<I", len(pixels)) + pixels + b"tb" + text("filenames") + put() + b"]" + put()
    return out + items([text(name) + put() for name in names]) + b"u."


@pytest.mark.slow
def test_cifar_training_images_pack_into_the_official_batches(data, mirror):
    """Pixels, labels and order are the official ones: the batches, pickled again, have the published md5."""
    file = mirror / "cifar10" / "filenames_train.txt.gz"
    if not file.exists():
        pytest.skip("not in this mirror")
    found, names = prepare("cifar10", data), gzip.decompress(file.read_bytes()).decode().split()
    for batch in range(5):
        rows = slice(10_000 * batch, 10_000 * (batch + 1))
        content = official_batch(found.images[rows], found.labels[rows], names[rows], batch + 1)
        assert hashlib.md5(content).hexdigest() == source("cifar10").files[f"data_batch_{batch + 1}"].md5


@pytest.mark.slow
@pytest.mark.parametrize("entry", [e for e in catalogue().values() if e.reduced_from], ids=lambda entry: entry.name)
def test_shipped_images_are_the_first_of_each_class(entry, data, tmp_path):
    (tmp_path / "reduced").symlink_to(ROOT / "data" / "reduced")
    shipped, full = prepare(entry.name, tmp_path), prepare(entry.reduced_from, data)
    assert full.card["verified"] and shipped.card["verified"]
    for split, per_class in entry.per_class.items():
        labels = full.labels[full.split(split)]
        rows = np.sort(np.concatenate([np.flatnonzero(labels == c)[:per_class] for c in range(entry.classes)]))
        rows += full.split(split).start
        np.testing.assert_array_equal(shipped.images[shipped.split(split)], full.images[rows])
        np.testing.assert_array_equal(shipped.labels[shipped.split(split)], full.labels[rows])
