"""Verifying says of each file and prepared set whether it is what it should be."""

import re

import numpy as np
import pytest

from genrep.data.catalogue import SourceFile, catalogue, data_set, source, sources
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


@pytest.mark.parametrize("packed", [True, False], ids=["archive", "folder"])
def test_images_of_a_source_without_hashes_are_counted(tmp_path, fake_faces, monkeypatch, packed):
    if not packed:
        fake_faces.unpack(monkeypatch)
    findings = list(verify("faces", tmp_path / "data"))
    assert all(finding.ok for finding in findings)
    assert "40 images, " in str(findings[0])
    assert "40 lines, " in str(findings[1])


def test_missing_images_of_a_folder_are_counted_and_named(tmp_path, fake_faces, monkeypatch):
    fake_faces.unpack(monkeypatch)
    for number in (3, 7, 40):
        (fake_faces.folder / f"{number:06d}.png").unlink()
    (fake_faces.folder / "photo.png").write_bytes(b"")
    (finding,) = [one for one in verify("faces", tmp_path / "data") if not one.ok]
    said = "37 images named like .*, expected 40; missing: 3, 7, 40; complete it, or accept a part with: genrep"
    assert re.search(said, finding.found)
    for path in fake_faces.folder.iterdir():
        path.rename(path.with_name(f"x{path.name}"))
    (finding,) = [one for one in verify("faces", tmp_path / "data") if not one.ok]
    assert re.search("faces has nothing named like .*: it holds 38 others, like x000001.png", finding.found)


def test_too_few_lines_of_attributes(tmp_path, fake_faces):
    del fake_faces.attributes["000012.jpg"]
    fake_faces.pack()
    (finding,) = [one for one in verify("faces", tmp_path / "data") if not one.ok]
    assert "list.txt: 39 lines of attributes, expected 40" in finding.found


def test_nothing_of_what_is_made_here_says_how_it_is_made(tmp_path):
    for name, command in (("scenes-64", "scenes-64"), ("scenes", "scenes-32"), ("mnist-reduced", "mnist-reduced")):
        with pytest.raises(UserError, match=f"nothing of {name} is here; run: genrep data prepare {command}$"):
            found(name, tmp_path)


def test_attributes_of_another_type_are_one_finding(tmp_path, fake_faces):
    prepare("tiny-faces", tmp_path)
    np.save(tmp_path / "prepared" / "tiny-faces" / "attributes.npy", np.ones((40, 2)))
    (finding,) = [one for one in verify("tiny-faces", tmp_path) if not one.ok]
    assert "attributes.npy is float64 of rank 2, not bool of rank 2; run: genrep data prepare" in finding.found


def test_file_of_a_known_part_is_recognised(tmp_path, fake_faces, monkeypatch):
    part = source("faces").model_copy(update={"name": "few-faces"})
    size, sha256 = fake_faces.archive.stat().st_size, sha256_file(fake_faces.archive)
    files = {"faces.zip": SourceFile(bytes=size, sha256=sha256), "list.txt": SourceFile()}
    monkeypatch.setitem(sources(), "few-faces", part.model_copy(update={"files": files, "deviations": ("small",)}))
    few = data_set("tiny-faces").model_copy(update={"name": "few", "sources": ("few-faces",)})
    monkeypatch.setitem(catalogue(), "few", few)
    fake_faces.declare(monkeypatch, {"faces.zip": SourceFile(md5="0" * 32), "list.txt": SourceFile()})
    (finding,) = [one for one in verify("faces", tmp_path) if not one.ok]
    assert "faces.zip is the file of few-faces, not of faces; what can be prepared from it is few: genrep data" in str(
        finding
    )
    card = prepare("tiny-faces", tmp_path, partial=True).card
    assert card["deviations"] == ["small"]
