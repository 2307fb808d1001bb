"""From official files to the prepared layout: real digits, fake ones, and what can go wrong on the way."""

import gzip
import hashlib
import shutil
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from torchvision.datasets import MNIST

from genrep.data import prepare as preparing
from genrep.data import staging
from genrep.data.arrays import ImageSet, identity
from genrep.data.catalogue import catalogue, data_set, source, sources
from genrep.data.prepare import prepare, reduce
from genrep.data.raw import MIRROR, at_hand
from genrep.errors import UserError
from tests.conftest import ROOT

SHIPPED = ROOT / "data" / "reduced" / "mnist-reduced.npz"
FIRST = "train-images-idx3-ubyte"


def first_rows(labels: np.ndarray, per_class: int) -> np.ndarray:
    """Rows that hold one of the first ``per_class`` images of their class, by counting along."""
    seen = dict.fromkeys(range(10), 0)
    rows = []
    for row, label in enumerate(labels.tolist()):
        seen[label] += 1
        if seen[label] <= per_class:
            rows.append(row)
    return np.array(rows)


def leftovers(data) -> list[str]:
    return sorted(path.name for path in data.rglob("*") if path.is_file() and path.name != ".lock")


# -- the shipped digits ---------------------------------------------------------------------------------------------


def test_shipped_digits_are_stratified_and_what_the_catalogue_says(digits):
    assert digits.images.shape == (2500, 28, 28, 1)
    for split, per_class in (("train", 200), ("test", 50)):
        assert np.bincount(digits.labels[digits.split(split)]).tolist() == [per_class] * 10
    assert identity(np.asarray(digits.images), digits.labels) == data_set("mnist-reduced").identity
    assert digits.card["verified"]
    assert digits.card["share_of_official"] == 2500 / 70_000


def test_shipped_labels_belong_to_the_images(digits):
    ink = [digits.images[digits.labels == c].mean() for c in range(10)]
    assert np.argmin(ink) == 1
    assert np.argmax(ink) == 0


def place(data, content: bytes):
    path = data / "reduced" / "mnist-reduced.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"garbage", id="garbage"),
        pytest.param(b"", id="empty"),
        pytest.param(SHIPPED.read_bytes()[:5000], id="half"),
    ],
)
def test_damaged_subset_is_restored_from_git(tmp_path, content):
    if content is not None:
        place(tmp_path, content)
    with pytest.raises(UserError, match=r"mnist-reduced.npz is missing or damaged .*; restore it with: git checkout"):
        prepare("mnist-reduced", tmp_path)


def test_other_pixels_are_refused_with_both_hashes(tmp_path):
    with np.load(SHIPPED) as shipped:
        images, labels = shipped["images"].copy(), shipped["labels"]
    images[7, 3, 3, 0] ^= 1
    (tmp_path / "reduced").mkdir()
    np.savez(tmp_path / "reduced" / "mnist-reduced.npz", images=images, labels=labels)
    with pytest.raises(UserError) as caught:
        prepare("mnist-reduced", tmp_path)
    assert identity(images, labels) in str(caught.value)
    assert str(data_set("mnist-reduced").identity) in str(caught.value)
    assert leftovers(tmp_path) == ["mnist-reduced.npz"]


# -- a mirror -------------------------------------------------------------------------------------------------------


def test_mirror_is_read_in_place(tmp_path, fake_mnist):
    data = tmp_path / "data"
    found = prepare("mnist", data)
    np.testing.assert_array_equal(found.images, fake_mnist.images)
    np.testing.assert_array_equal(found.labels, fake_mnist.labels)
    assert found.labels.dtype == np.int64
    assert found.card["share_of_official"] == 1
    assert found.card["verified"]
    assert set(leftovers(data)) == {"images.npy", "labels.npy", "card.json"}


def test_corrupt_file_is_named_with_both_hashes(tmp_path, fake_mnist):
    fake_mnist.pack(FIRST).write_bytes(gzip.compress(b"other digits"))
    with pytest.raises(UserError) as caught:
        prepare("mnist", tmp_path / "data")
    found, expected = hashlib.md5(b"other digits").hexdigest(), hashlib.md5(fake_mnist.files[FIRST]).hexdigest()
    assert str(caught.value) == (
        f"{fake_mnist.pack(FIRST)}: md5 {found}, expected {expected}; copy it to the mirror again"
    )
    assert leftovers(tmp_path / "data") == []


def test_corrupt_raw_file_says_how_to_fetch_it(tmp_path, fake_mnist):
    raw = fake_mnist.download(tmp_path, FIRST)
    raw.write_bytes(b"rotten")
    found, expected = hashlib.md5(b"rotten").hexdigest(), hashlib.md5(fake_mnist.files[FIRST]).hexdigest()
    mend = f"{FIRST}: md5 {found}, expected {expected}; delete it and run: genrep data fetch mnist"
    with pytest.raises(UserError, match=mend):
        prepare("mnist", tmp_path)
    raw.unlink()
    prepare("mnist", tmp_path)  # the mend works


@pytest.mark.parametrize(
    ("content", "mend"),
    [
        pytest.param(None, "in the mirror .* is missing; copy it there, or unset", id="missing"),
        pytest.param(b"garbage", "copy it to the mirror again", id="garbage"),
        pytest.param(gzip.compress(bytes(range(256)) * 9)[:60], "copy it to the mirror again", id="cut short"),
    ],
)
def test_mirror_without_a_readable_file(tmp_path, fake_mnist, content, mend):
    path = fake_mnist.pack("t10k-labels-idx1-ubyte")
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=f"t10k-labels-idx1-ubyte.gz .*{mend}"):
        prepare("mnist", tmp_path / "data")
    assert "t10k-labels-idx1-ubyte" not in leftovers(tmp_path / "data")


def test_absent_mirror_is_not_taken_for_none(tmp_path, fake_mnist, monkeypatch):
    monkeypatch.setenv(MIRROR, str(tmp_path / "unmounted"))
    with pytest.raises(UserError, match=f"{MIRROR} is .*unmounted, which is not a folder; mount or correct it"):
        prepare("mnist", tmp_path)


def test_failed_download_names_the_mirror_variable(tmp_path, monkeypatch):
    def unreachable(self):
        raise URLError("no route to host")

    monkeypatch.setattr(MNIST, "download", unreachable)
    with pytest.raises(UserError, match=f"no route to host.*try again, or set {MIRROR} .*mnist/.*-ubyte.gz"):
        prepare("mnist", tmp_path)


# -- interrupted ----------------------------------------------------------------------------------------------------


def interrupt_prepare(name, data, monkeypatch) -> None:
    """Prepare with a Ctrl-C in the middle of writing ``images`` or ``labels``."""
    save, open_memmap = np.save, np.lib.format.open_memmap

    def half(path, *args, **kwargs):
        if name not in str(path) or kwargs.get("mode") == "r":
            return (save if args else open_memmap)(path, *args, **kwargs)
        path.write_bytes(b"\x93NUMPY half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(np, "save", half)
        patched.setattr(np.lib.format, "open_memmap", half)
        prepare("mnist", data)


@pytest.mark.parametrize("name", ["images", "labels"])
def test_interrupt_leaves_nothing_half_written(tmp_path, fake_mnist, monkeypatch, name):
    interrupt_prepare(name, tmp_path, monkeypatch)
    folder = tmp_path / "prepared" / "mnist"
    with pytest.raises(UserError, match="genrep data prepare mnist"):
        ImageSet.open(folder)
    prepare("mnist", tmp_path)  # the mend works
    assert set(leftovers(folder)) == {"images.npy", "labels.npy", "card.json"}
    np.testing.assert_array_equal(ImageSet.open(folder).images, fake_mnist.images)


def test_interrupt_keeps_what_was_prepared_before(tmp_path, fake_mnist, monkeypatch):
    before = prepare("mnist", tmp_path).card
    outdate(monkeypatch)
    interrupt_prepare("images", tmp_path, monkeypatch)
    again = ImageSet.open(tmp_path / "prepared" / "mnist")
    assert again.card == before
    assert identity(np.asarray(again.images), again.labels) == before["identity"]


# -- prepared already, and replaced -----------------------------------------------------------------------------------


def outdate(monkeypatch) -> None:
    """What was prepared is no longer what the catalogue wants."""
    monkeypatch.setitem(catalogue(), "mnist", data_set("mnist").model_copy(update={"recorded_identity": "0" * 64}))


def test_set_that_is_whole_is_left_alone(tmp_path, fake_mnist, monkeypatch):
    prepare("mnist", tmp_path)
    images = tmp_path / "prepared" / "mnist" / "images.npy"
    before = images.stat().st_mtime_ns
    shutil.rmtree(fake_mnist.mirror)  # offline, the files gone, and the disk full
    monkeypatch.delenv(MIRROR)
    monkeypatch.setattr(staging.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 0}))
    said = []
    found = prepare("mnist", tmp_path, say=said.append)
    np.testing.assert_array_equal(found.images, fake_mnist.images)
    assert said == [f"mnist: already prepared in {tmp_path / 'prepared' / 'mnist'}"]
    assert images.stat().st_mtime_ns == before
    assert [path.name for path in (tmp_path / "prepared").iterdir()] == ["mnist"]


@pytest.mark.parametrize("name", ["images.npy", "labels.npy", "card.json", "pixel"])
def test_set_that_is_not_whole_is_made_again(tmp_path, fake_mnist, name):
    """As under Snakemake, which deletes what a rule will write before it runs it."""
    before = prepare("mnist", tmp_path).card
    folder = tmp_path / "prepared" / "mnist"
    if name == "pixel":
        images = np.load(folder / "images.npy", mmap_mode="r+")
        images[3, 3, 3] ^= 1
        images.flush()
    else:
        (folder / name).unlink()
    said = []
    assert prepare("mnist", tmp_path, say=said.append).card == before
    assert said[0].startswith("mnist: 17 images in ")
    assert set(leftovers(folder)) == {"images.npy", "labels.npy", "card.json"}


def test_replaced_set_is_whole_at_every_moment_but_between_two_renames(tmp_path, fake_mnist, monkeypatch):
    prepare("mnist", tmp_path)
    folder = tmp_path / "prepared" / "mnist"
    outdate(monkeypatch)
    (folder / "masks.npy").write_bytes(b"of an earlier version")
    replace, seen = Path.replace, []

    def watched(path, target):
        seen.append(set(leftovers(folder)) if folder.exists() else "gone")
        if folder.exists():
            ImageSet.open(folder)
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", watched)
        patched.setattr(preparing, "_compare_identity", lambda *args: None)
        prepare("mnist", tmp_path)
    whole = {"images.npy", "labels.npy", "card.json"}
    assert [one for one in seen if one != whole | {"masks.npy"}] == ["gone"]
    assert set(leftovers(folder)) == whole
    assert [path.name for path in folder.parent.iterdir()] == ["mnist"]


def test_set_that_a_kill_left_between_the_renames_comes_back(tmp_path, fake_mnist):
    prepare("mnist", tmp_path)
    folder = tmp_path / "prepared" / "mnist"
    (folder.parent / ".mnist.work" / "new").mkdir(parents=True)
    folder.replace(folder.parent / ".mnist.work" / "old")
    shutil.rmtree(fake_mnist.mirror / "mnist")
    np.testing.assert_array_equal(prepare("mnist", tmp_path).images, fake_mnist.images)


def test_folder_may_be_a_link_to_another_disk(tmp_path, fake_mnist):
    (tmp_path / "large").mkdir()
    (tmp_path / "prepared").mkdir()
    (tmp_path / "prepared" / "mnist").symlink_to(tmp_path / "large")
    prepare("mnist", tmp_path)
    assert (tmp_path / "prepared" / "mnist").is_symlink()
    assert set(leftovers(tmp_path / "large")) == {"images.npy", "labels.npy", "card.json"}


@pytest.mark.parametrize("name", ["mnist", "celeba-hq-128", "mnist-reduced"])
def test_refusal_leaves_nothing(tmp_path, fake_mnist, name):
    fake_mnist.pack(FIRST).unlink()
    with pytest.raises(UserError):
        prepare(name, tmp_path / "data")
    assert not (tmp_path / "data").exists()


# -- a part ---------------------------------------------------------------------------------------------------------


def test_part_that_lacks_a_file_says_which(tmp_path, fake_mnist):
    fake_mnist.pack("t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(UserError, match=r"mnist: t10k-labels-idx1-ubyte.gz is missing, which no part can do without"):
        prepare("mnist", tmp_path / "data", partial=True)
    shutil.rmtree(fake_mnist.mirror / "mnist")
    with pytest.raises(UserError, match=r"train-images-idx3-ubyte.gz in the mirror .* is missing"):
        prepare("mnist", tmp_path / "data", partial=True)


def test_whole_set_asked_for_as_a_part_is_no_part(tmp_path, fake_mnist):
    card = prepare("mnist", tmp_path, partial=True).card
    assert card["deviations"] == [] and card["verified"]


def test_gz_packed_anew_is_the_same_file_whatever_its_size(tmp_path, fake_mnist, monkeypatch):
    known = {
        name: facts.model_copy(update={"bytes": 10**6}) for name, facts in source("mnist").files.items()
    }  # larger than ours, which then look as if they were cut short
    monkeypatch.setitem(sources(), "mnist", source("mnist").model_copy(update={"files": known}))
    assert at_hand(source("mnist"), tmp_path)
    prepare("mnist", tmp_path)


# -- reducing -------------------------------------------------------------------------------------------------------


def test_reducing_keeps_the_first_of_each_class_in_order(tmp_path, fake_mnist, monkeypatch):
    full = prepare("mnist", tmp_path)
    entry = data_set("mnist-reduced").model_copy(update={"per_class": {"train": 1, "test": 1}})
    monkeypatch.setitem(catalogue(), "mnist-reduced", entry)
    with np.load(reduce("mnist-reduced", tmp_path)) as reduced:
        train, test = first_rows(full.labels[:12], 1), 12 + first_rows(full.labels[12:], 1)
        np.testing.assert_array_equal(reduced["images"], full.images[np.concatenate([train, test])])
        np.testing.assert_array_equal(reduced["labels"], full.labels[np.concatenate([train, test])])
