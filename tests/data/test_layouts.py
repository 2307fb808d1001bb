"""Each kind of source, as tiny files in its official layout, gives the images that went in."""

import io
import pickle
import tarfile
import zipfile

import numpy as np
import pytest
from torchvision.datasets import CIFAR10

from genrep.data import standins
from genrep.data.catalogue import SourceFile, catalogue, data_set, source, sources
from genrep.data.prepare import prepare
from genrep.data.raw import MIRROR
from genrep.errors import UserError
from tests.data.conftest import encoded

RNG = np.random.default_rng(0)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """``place(set, counts, files, **changes)``: files of the set's source in a mirror, and the counts to expect."""

    def put(name, counts, files, origin=None, **changes):
        where = source(origin or data_set(name).sources[0])
        monkeypatch.setenv(MIRROR, str(tmp_path / "mirror"))
        for file, content in files.items():
            path = tmp_path / "mirror" / where.mirror / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        known = {file: SourceFile() for file in where.files}
        monkeypatch.setitem(sources(), where.name, where.model_copy(update={"files": known}))
        entry = data_set(name).model_copy(update={"counts": counts, "recorded_identity": None} | changes)
        monkeypatch.setitem(catalogue(), name, entry)
        return tmp_path / "data"

    return put


def tar_of(content: dict[str, bytes], mode: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["fnt", "hnd"])
def test_char74k_grey_characters_with_classes_in_official_order(place, kind):
    pixels = RNG.integers(0, 256, (62, 64, 64), dtype=np.uint8)
    folder = {"fnt": "English/Fnt", "hnd": "English/Hnd/Img"}[kind]
    content = {f"{folder}/Sample{k + 1:03d}/img{k + 1:03d}-00001.png": encoded(pixels[k]) for k in RNG.permutation(62)}
    content["English/readme.txt"] = b"not an image"
    files = {f"English{kind.capitalize()}.tgz": tar_of(content, "w:gz")}
    data = place(f"char74k-{kind}-64", {"train": 62}, files, hold_out=None)
    found = prepare(f"char74k-{kind}-64", data)
    np.testing.assert_array_equal(found.images[..., 0], pixels)
    assert found.labels.tolist() == list(range(62))
    assert not (data / "prepared" / f"char74k-{kind}-64" / ".work").exists()


def test_celeba_has_the_official_split(place):
    pixels = RNG.integers(0, 256, (6, 64, 64, 3), dtype=np.uint8)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for k in range(6):
            archive.writestr(f"img_align_celeba/{k + 1:06d}.jpg", encoded(pixels[k]))
    names = [f"A{k}" for k in range(39)] + ["Male"]
    values = RNG.integers(0, 2, (6, 40)).astype(bool)
    rows = [f"{k + 1:06d}.jpg " + " ".join("1" if v else "-1" for v in values[k]) for k in range(6)]
    parts = [0, 2, 1, 0, 2, 0]
    files = {
        "img_align_celeba.zip": stream.getvalue(),
        "list_attr_celeba.txt": "\n".join(["6", " ".join(names), *rows, ""]).encode(),
        "list_eval_partition.txt": "".join(f"{k + 1:06d}.jpg {part}\n" for k, part in enumerate(parts)).encode(),
    }
    counts = {"train": 3, "valid": 1, "test": 2}
    found = prepare("celeba-64", place("celeba-64", counts, files))
    order = [0, 3, 5, 2, 1, 4]
    np.testing.assert_array_equal(found.images, pixels[order])
    np.testing.assert_array_equal(found.attributes, values[order])
    np.testing.assert_array_equal(found.labels, values[order, 39])


def test_celeba_hq_is_a_folder_ordered_by_number(place):
    pixels = RNG.integers(0, 256, (12, 128, 128, 3), dtype=np.uint8)
    files = {f"CelebA-HQ-img/{k}.png": encoded(pixels[k]) for k in range(12)}
    rows = [f"{k}.jpg " + " ".join("1" if k % 2 else "-1" for _ in range(40)) for k in range(12)]
    names = ["Male", *(f"A{k}" for k in range(39))]
    files["CelebAMask-HQ-attribute-anno.txt"] = "\n".join(["12", " ".join(names), *rows]).encode()
    found = prepare("celeba-hq-128", place("celeba-hq-128", {"train": 11, "test": 1}, files))
    np.testing.assert_array_equal(found.images, pixels[[*range(9), 10, 11, 9]])


def test_imagenet_batches_inside_zips(place):
    batches = {f"train_data_batch_{k}": RNG.integers(0, 256, (k + 1, 3, 64, 64), dtype=np.uint8) for k in range(1, 11)}
    batches["val_data"] = RNG.integers(0, 256, (5, 3, 64, 64), dtype=np.uint8)

    def packed(folder, names):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name in names:
                inner = io.BytesIO()
                count = len(batches[name])
                np.savez(inner, data=batches[name].reshape(count, -1), labels=np.arange(1, count + 1), mean=np.zeros(3))
                archive.writestr(f"{folder}/{name}.npz", inner.getvalue())
        return stream.getvalue()

    files = {
        "Imagenet64_train_part1_npz.zip": packed("part1", [f"train_data_batch_{k}" for k in (2, 1, 3, 5, 4)]),
        "Imagenet64_train_part2_npz.zip": packed("part2", [f"train_data_batch_{k}" for k in range(6, 11)]),
        "Imagenet64_val_npz.zip": packed("val", ["val_data"]),
    }
    found = prepare("imagenet-64", place("imagenet-64", {"train": 65, "test": 5}, files))
    expected = np.concatenate(list(batches.values())).transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(found.images, expected)
    assert found.labels[:5].tolist() == [0, 1, 0, 1, 2]


def test_cifar_gives_the_same_set_from_batches_and_from_sheets(place, monkeypatch, tmp_path):
    train, test = (RNG.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8) for n in (20, 10))
    train_labels, test_labels = np.arange(20) % 10, np.arange(10)[::-1] // 2
    names = [f"class {k}" for k in range(10)]

    def rows(pixels):
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).reshape(len(pixels), -1)

    monkeypatch.setattr(CIFAR10, "train_list", [["data_batch_1", None]])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", None]])
    monkeypatch.setattr(CIFAR10, "_check_integrity", lambda self: True)
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": None})
    files = dict.fromkeys(data_set("cifar10").source.files, b"")
    files["data_batch_1"] = pickle.dumps({"data": rows(train), "labels": train_labels.tolist()})
    files["test_batch"] = pickle.dumps({"data": rows(test), "labels": test_labels.tolist()})
    files["batches.meta"] = pickle.dumps({"label_names": names})
    counts = {"train": 20, "test": 10}
    batches = prepare("cifar10", place("cifar10", counts, files, origin="cifar10"))

    def sheet(pixels):
        stacked = pixels.reshape(-1, 10, 32, 32, 3).swapaxes(1, 2).reshape(-1, 320, 3)
        return encoded(stacked)

    stored = io.BytesIO()
    order = np.argsort(test_labels, kind="stable")  # the sheets have the test images by class
    np.savez(stored, train=train_labels, test=test_labels[order], classes=np.array(names))
    sheets = {"labels.npz": stored.getvalue(), "train_00.webp": sheet(train), "test_00.webp": sheet(test[order])}
    monkeypatch.setitem(
        sources(),
        "cifar10-sheets",
        source("cifar10-sheets").model_copy(update={"files": {name: SourceFile() for name in sheets}}),
    )
    (tmp_path / "mirror" / "cifar10" / "cifar-10-batches-py").rename(tmp_path / "elsewhere")
    (tmp_path / "data" / "prepared" / "cifar10").rename(tmp_path / "prepared from batches")
    found = prepare("cifar10", place("cifar10", counts, sheets, origin="cifar10-sheets"))
    assert found.card["source"] == "cifar10-sheets"
    assert found.card["identity"] == batches.card["identity"]
    np.testing.assert_array_equal(found.images[:20], train)
    assert found.labels[20:].tolist() == sorted(test_labels)


def test_generated_set_is_drawn_with_its_count_size_and_seed(tmp_path, monkeypatch):
    entry = data_set("faces-32").model_copy(
        update={"recorded_identity": None, "counts": {"train": 6, "test": 2}, "seed": 5}
    )
    monkeypatch.setitem(catalogue(), "faces-32", entry)
    found = prepare("faces-32", tmp_path)
    drawn = standins.generate("faces", 8, 32, 5)
    assert np.array_equal(found.images, drawn.images)
    assert found.card["attributes"] == list(drawn.attributes)
    assert found.card["masks"] == list(drawn.masks)
    assert found.card["class_names"] == ["not Male", "Male"]
    assert np.array_equal(found.labels, drawn.attributes["Male"])
    assert np.array_equal(found.attribute("Smiling"), drawn.attributes["Smiling"])
    assert found.masks.shape == (8, 3, 32, 32)


def test_pixels_drawn_by_other_libraries_are_taken_and_said(tmp_path, monkeypatch):
    entry = data_set("glyphs-32").model_copy(update={"recorded_identity": "0" * 64, "counts": {"train": 6, "test": 2}})
    monkeypatch.setitem(catalogue(), "glyphs-32", entry)
    said = []
    assert prepare("glyphs-32", tmp_path, say=said.append).card["verified"] is False
    assert "with the pinned libraries; taken as they are" in said[0]


def test_two_images_with_one_number_are_named(place):
    files = {
        f"CelebA-HQ-img/{name}": encoded(np.zeros((128, 128, 3), np.uint8)) for name in ("0.png", "1.png", "1.jpg")
    }
    files["CelebAMask-HQ-attribute-anno.txt"] = b"0\nMale\n"
    with pytest.raises(UserError, match=r"has two images with one number, 1.jpg and 1.png; keep the official one"):
        prepare("celeba-hq-128", place("celeba-hq-128", {"train": 3}, files))


@pytest.mark.parametrize("lacking", ["labels.npz", "train_01.webp"])
def test_part_of_the_sheets_says_which_is_missing(place, monkeypatch, lacking):
    names = ["labels.npz", "train_00.webp", "train_01.webp", "test_00.webp"]
    origin = source("cifar10-sheets").model_copy(update={"files": {name: SourceFile() for name in names}})
    monkeypatch.setitem(sources(), "cifar10-sheets", origin)
    data = place("cifar10", {"train": 20}, {n: b"x" for n in names if n != lacking}, origin="cifar10-sheets")
    with pytest.raises(UserError, match=f"cifar10-sheets: {lacking} is missing, which no part can do without"):
        prepare("cifar10", data, partial=True)


def test_sheets_that_are_none(place, monkeypatch):
    names = ["labels.npz", "train_00.webp", "test_00.webp"]
    origin = source("cifar10-sheets").model_copy(update={"files": {name: SourceFile() for name in names}})
    monkeypatch.setitem(sources(), "cifar10-sheets", origin)
    data = place("cifar10", {"train": 20}, dict.fromkeys(names, b"rubbish"), origin="cifar10-sheets")
    with pytest.raises(UserError, match=r"labels.npz does not hold the arrays train, test, classes .*; get it again"):
        prepare("cifar10", data)


def test_official_split_with_a_broken_line(place):
    files = {
        "list_eval_partition.txt": b"000001.jpg 0\n000002.jpg\n",
        "list_attr_celeba.txt": b"1\nMale\n000001.jpg 1\n",
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("img_align_celeba/000001.jpg", b"")
    files["img_align_celeba.zip"] = stream.getvalue()
    with pytest.raises(UserError, match=r"list_eval_partition.txt is no official split: line 2 does not have a name"):
        prepare("celeba-64", place("celeba-64", {"train": 1}, files))
