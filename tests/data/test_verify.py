"""Verifying says of each file and prepared set whether it is what it should be."""

import numpy as np
import pytest

from genrep.data.catalogue import SourceFile, catalogue, data_set
from genrep.data.prepare import prepare
from genrep.data.verify import verify, verify_all
from genrep.errors import UserError
from genrep.files import sha256_file


def found(name, data) -> dict[str, bool]:
    return {finding.name: finding.ok for finding in verify(name, data)}


def test_files_and_prepared_set_are_hashed(tmp_path, fake_mnist):
    files = {f"mnist/{name}.gz": True for name in fake_mnist.files}
    assert found("mnist", tmp_path) == files
    prepare("mnist", tmp_path)
    assert found("mnist", tmp_path) == files | {"prepared mnist": True}
    assert all("as in the catalogue" in str(f) or "md5" in str(f) for f in verify("mnist", tmp_path))


def test_rotten_file_fails_and_the_others_are_still_looked_at(tmp_path, fake_mnist):
    fake_mnist.pack("train-labels-idx1-ubyte").write_bytes(b"rotten")
    results = found("mnist", tmp_path)
    assert [name for name, ok in results.items() if not ok] == ["mnist/train-labels-idx1-ubyte.gz"]
    assert len(results) == 4


def test_changed_pixel_of_a_prepared_set(tmp_path, fake_mnist):
    prepare("mnist", tmp_path)
    images = np.load(tmp_path / "prepared" / "mnist" / "images.npy", mmap_mode="r+")
    images[3, 3, 3] ^= 1
    images.flush()
    (finding,) = [f for f in verify("mnist", tmp_path) if not f.ok]
    assert finding.name == "prepared mnist"
    assert "but its card says" in finding.found and "genrep data prepare mnist" in finding.found


def test_set_that_nobody_has_verified_is_no_failure_and_says_so(tmp_path, fake_faces):
    prepare("tiny-faces", tmp_path)
    (finding,) = [f for f in verify("tiny-faces", tmp_path) if f.name == "prepared tiny-faces"]
    assert finding.ok
    assert "unverified: the catalogue has none" in finding.found


def test_other_identity_than_the_catalogues_fails(tmp_path, fake_faces, monkeypatch):
    prepare("tiny-faces", tmp_path)
    entry = data_set("tiny-faces").model_copy(update={"recorded_identity": "0" * 64})
    monkeypatch.setitem(catalogue(), "tiny-faces", entry)
    assert not found("tiny-faces", tmp_path)["prepared tiny-faces"]


def test_truncated_file_is_told_with_both_sizes(tmp_path, fake_faces, monkeypatch):
    size = fake_faces.archive.stat().st_size
    entry = data_set("tiny-faces")
    known = SourceFile(bytes=size, sha256=sha256_file(fake_faces.archive))
    fake_faces.declare(monkeypatch, {"faces.zip": known, "list.txt": SourceFile()})
    assert data_set("tiny-faces") == entry
    assert all(found("faces", tmp_path).values())
    fake_faces.archive.write_bytes(fake_faces.archive.read_bytes()[:1000])
    (finding,) = [f for f in verify("faces", tmp_path) if not f.ok]
    assert f"faces.zip has 1000 of {size} bytes, it was cut short" in finding.found


def test_nothing_here(tmp_path):
    with pytest.raises(UserError, match="nothing of lhq is here; run: genrep data fetch lhq"):
        found("lhq", tmp_path)


def test_all_that_is_here(tmp_path, fake_mnist):
    prepare("mnist", tmp_path)
    names = [finding.name for finding in verify_all(tmp_path)]
    assert names == [*(f"mnist/{name}" for name in data_set("mnist").source.files), "prepared mnist"]
