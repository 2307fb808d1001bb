"""What is said of a data set is what preparing it then does."""

import pytest
from torchvision.datasets import MNIST

from genrep.data.availability import availability, prepared_bytes
from genrep.data.catalogue import SourceFile
from genrep.data.prepare import prepare
from genrep.data.raw import MIRROR
from genrep.errors import UserError
from tests.conftest import ROOT


class Downloading(Exception):
    pass


@pytest.fixture(autouse=True)
def downloading_is_noticed(monkeypatch):
    def download(self):
        raise Downloading

    monkeypatch.setattr(MNIST, "download", download)


def state_and_outcome(name, data) -> tuple[str, str]:
    state = availability(name, data).state
    try:
        prepare(name, data)
    except UserError:
        return state, "refused"
    except Downloading:
        return state, "downloads"
    return state, "works"


def test_mirror_is_at_hand_and_then_prepared(tmp_path, fake_mnist):
    assert state_and_outcome("mnist", tmp_path) == ("at hand", "works")
    assert state_and_outcome("mnist", tmp_path) == ("prepared", "works")


def test_official_files_need_no_mirror(tmp_path, fake_mnist, monkeypatch):
    for name in fake_mnist.files:
        fake_mnist.download(tmp_path, name)
    monkeypatch.delenv(MIRROR)
    assert state_and_outcome("mnist", tmp_path) == ("at hand", "works")


def test_mirror_completes_official_files(tmp_path, fake_mnist):
    name = "t10k-images-idx3-ubyte"
    for other in set(fake_mnist.files) - {name}:
        fake_mnist.download(tmp_path, other)
        fake_mnist.pack(other).unlink()  # what is there already is not asked of the mirror
    assert state_and_outcome("mnist", tmp_path) == ("at hand", "works")


def test_lacking_file_is_named(tmp_path, fake_mnist):
    fake_mnist.pack("train-labels-idx1-ubyte").unlink()
    where = availability("mnist", tmp_path)
    assert where.found == f"{fake_mnist.mirror} lacks mnist/train-labels-idx1-ubyte.gz"
    assert MIRROR in where.mend
    assert state_and_outcome("mnist", tmp_path) == ("missing", "refused")


def test_without_mirror_it_is_downloaded(tmp_path, fake_mnist, monkeypatch):
    monkeypatch.delenv(MIRROR)
    assert MIRROR in availability("mnist", tmp_path).mend
    assert state_and_outcome("mnist", tmp_path) == ("to download", "downloads")


def test_shipped_set(tmp_path):
    assert state_and_outcome("mnist-reduced", tmp_path) == ("missing", "refused")
    (tmp_path / "reduced").symlink_to(ROOT / "data" / "reduced")
    assert state_and_outcome("mnist-reduced", tmp_path) == ("at hand", "works")


def test_looking_fetches_and_writes_nothing(tmp_path, fake_mnist):
    data = tmp_path / "data"
    availability("mnist", data)
    assert not data.exists()


def test_unknown_set_is_refused(tmp_path):
    with pytest.raises(UserError, match="did you mean 'mnist'"):
        availability("mnst", tmp_path)


def test_size_is_that_of_the_arrays(tmp_path, fake_mnist):
    found = prepare("mnist", tmp_path)
    assert prepared_bytes("mnist") == found.images.nbytes + found.labels.nbytes


def test_file_of_another_size_is_not_at_hand(tmp_path, fake_faces, monkeypatch):
    size = fake_faces.archive.stat().st_size
    fake_faces.declare(monkeypatch, {"faces.zip": SourceFile(bytes=size, md5="0" * 32), "list.txt": SourceFile()})
    assert availability("tiny-faces", tmp_path).state == "at hand"
    fake_faces.archive.write_bytes(fake_faces.archive.read_bytes()[:1000])
    where = availability("tiny-faces", tmp_path)
    assert where.found == f"{fake_faces.archive} has 1000 of {size} bytes"
    assert where.mend == "copy it to the mirror again"
    assert state_and_outcome("tiny-faces", tmp_path) == ("missing", "refused")


def test_count_and_share_are_those_of_what_was_prepared(tmp_path, fake_faces):
    assert availability("tiny-faces", tmp_path).size == "40 images 8 x 8 RGB"
    for number in range(2, 41):
        del fake_faces.images[f"faces/{number:06d}.png"]
    fake_faces.pack()
    prepare("tiny-faces", tmp_path, partial=True)
    assert availability("tiny-faces", tmp_path).size == "1 images 8 x 8 RGB, 2.5% of the official set"


@pytest.mark.parametrize("card", ["{}", "[]", "{", '{"counts": 3, "identity": "", "share_of_official": 1}'])
def test_card_that_says_nothing_is_no_set(tmp_path, fake_mnist, card):
    prepare("mnist", tmp_path)
    (tmp_path / "prepared" / "mnist" / "card.json").write_text(card)
    assert state_and_outcome("mnist", tmp_path) == ("at hand", "works")
