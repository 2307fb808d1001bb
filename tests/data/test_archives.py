"""Archives from elsewhere: every entry is found, and what no archive of images should hold is refused in one line."""

import gzip
import io
import os
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from genrep.data import archives
from genrep.data.archives import Blob, DamagedError, Reader, entries, refuse_web_page
from genrep.errors import UserError


def read_blob(blob: Blob) -> bytes:
    with Reader() as reader:
        return reader.read(blob)


CONTENT = {"a/1.png": b"one" * 50, "a/2.png": os.urandom(3000), "b/empty.png": b""}


def make_zip(path, compression=zipfile.ZIP_DEFLATED, content=CONTENT):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("a/", b"")
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def make_tar(path, mode="w", content=CONTENT):
    with tarfile.open(path, mode) as archive:
        folder = tarfile.TarInfo("a")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def make_folder(path, content=CONTENT):
    for name, data in content.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(make_zip, id="zip"),
        pytest.param(lambda path: make_zip(path, zipfile.ZIP_STORED), id="stored zip"),
        pytest.param(make_tar, id="tar"),
        pytest.param(lambda path: make_tar(path, "w:gz"), id="tgz"),
        pytest.param(make_folder, id="folder"),
    ],
)
def test_every_entry_is_found_and_read(tmp_path, make):
    blobs = entries(make(tmp_path / "archive"), tmp_path / "work")
    assert {blob.name: read_blob(blob) for blob in blobs} == CONTENT


def test_kind_is_told_by_content_not_by_name(tmp_path):
    assert len(entries(make_tar(tmp_path / "images.zip"), tmp_path)) == 3
    assert len(entries(make_zip(tmp_path / "images.tar"), tmp_path)) == 3


def test_link_inside_a_folder_is_refused(tmp_path):
    folder = make_folder(tmp_path / "images")
    (folder / "a" / "3.png").symlink_to(folder / "a" / "1.png")
    with pytest.raises(UserError, match=r"images holds a link, a/3.png; put the file itself there"):
        entries(folder, tmp_path)
    (folder / "a" / "3.png").unlink()
    (folder / "c").symlink_to(folder / "a")
    with pytest.raises(UserError, match="images holds a link, c;"):
        entries(folder, tmp_path)
    (folder / "c").unlink()
    (tmp_path / "elsewhere").symlink_to(folder)  # the folder itself may lie on another disk
    assert len(entries(tmp_path / "elsewhere", tmp_path)) == len(CONTENT)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_entry_that_is_there_twice_is_named(tmp_path, kind):
    path = tmp_path / "archive"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("a/1.png", "a/2.png", "a/2.png"):
                archive.writestr(name, b"image")
    else:
        with tarfile.open(path, "w") as archive:
            for name in ("a/1.png", "a/2.png", "a/2.png"):
                archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(UserError, match=r"archive holds a/2.png 2 times; do not use this copy"):
        entries(path, tmp_path)


def test_full_disk_is_not_taken_for_a_damaged_archive(tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, content):
            raise OSError(28, "No space left on device")

    path = make_tar(tmp_path / "a.tgz", "w:gz")
    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda self, mode="r": Full() if mode == "wb" else opened(self, mode))
    with pytest.raises(UserError, match=r"cannot write .*a.tar: No space left on device; make some room"):
        entries(path, tmp_path / "work")


EVIL_NAMES = ["../out.png", "a/../../out.png", "/etc/out.png", "..\\out.png", "C:/out.png", "a/.."]


@pytest.mark.parametrize("name", EVIL_NAMES)
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_entry_that_points_out_of_its_folder_is_refused(tmp_path, make, name):
    path = make(tmp_path / "archive", content={"a.png": b"fine", name: b"evil"})
    with pytest.raises(UserError, match=r"holds an entry that points out of its folder, .*do not use this copy"):
        entries(path, tmp_path / "work")
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_link_or_device_in_a_tar_is_refused(tmp_path, kind):
    with tarfile.open(tmp_path / "archive", "w") as archive:
        info = tarfile.TarInfo("link.png")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(UserError, match=r"holds a link or device, link.png; do not use this copy"):
        entries(tmp_path / "archive", tmp_path)


def test_link_in_a_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "archive", "w") as archive:
        info = zipfile.ZipInfo("link.png")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(UserError, match=r"holds a link, link.png"):
        entries(tmp_path / "archive", tmp_path)


BOMB = b"\0" * 2**20


def test_bomb_in_a_zip_is_refused_before_anything_is_unpacked(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "archive", content={f"{k}.png": BOMB for k in range(100)})
    monkeypatch.setattr(zlib, "decompressobj", None)
    with pytest.raises(UserError, match=r"archive unpacks to 104857600 bytes, like a decompression bomb"):
        entries(path, tmp_path)


def test_bomb_in_a_tgz_is_refused_and_leaves_nothing(tmp_path):
    with gzip.open(tmp_path / "archive.tgz", "wb") as stream:
        for _ in range(100):
            stream.write(BOMB)
    with pytest.raises(UserError, match=r"archive.tgz unpacks to more than \d+ bytes, like a decompression bomb"):
        entries(tmp_path / "archive.tgz", tmp_path / "work")
    assert list((tmp_path / "work").iterdir()) == []


def test_zip_that_lies_about_a_size_yields_no_more_than_it_promised(tmp_path):
    path = make_zip(tmp_path / "archive", content={"a.png": BOMB})
    lying = path.read_bytes().replace(struct.pack("<I", len(BOMB)), struct.pack("<I", 1000))
    path.write_bytes(lying)
    with pytest.raises(DamagedError):
        read_blob(entries(path, tmp_path)[0])


def test_small_archive_is_fine_however_well_it_packs(tmp_path):
    assert len(entries(make_zip(tmp_path / "archive", content={"a.png": BOMB * 5}), tmp_path)) == 1


@pytest.mark.parametrize("length", [0, 3, 100, 700, -1, -30])
@pytest.mark.parametrize("make", [make_zip, make_tar, lambda path: make_tar(path, "w:gz")], ids=["zip", "tar", "tgz"])
def test_archive_that_was_cut_short(tmp_path, make, length):
    path = make(tmp_path / "archive")
    if make is make_tar and length < 0:
        length -= 10_000  # a tar ends in zeros, which nobody misses
    path.write_bytes(path.read_bytes()[:length])
    try:
        blobs = entries(path, tmp_path / "work")
    except UserError as error:
        assert "delete it and fetch it again" in str(error)
        assert "\n" not in str(error)
    else:  # a tar that ends between two entries is a tar: its images are counted later
        assert len(blobs) < len(CONTENT)


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><html>", b"\n  <html lang='en'>", b"<HTML>"])
def test_web_page_saved_as_an_archive(tmp_path, page):
    path = tmp_path / "img_align_celeba.zip"
    path.write_bytes(page + b"Google Drive - Quota exceeded")
    for refuse in (refuse_web_page, lambda path: entries(path, tmp_path)):
        with pytest.raises(UserError, match=r"img_align_celeba.zip is a web page and no data .*fetch it again"):
            refuse(path)


def test_damaged_entry_is_told(tmp_path):
    path = make_zip(tmp_path / "archive", zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[content.index(CONTENT["a/2.png"]) + 5] ^= 1
    path.write_bytes(content)
    blob = next(blob for blob in entries(path, tmp_path) if blob.name == "a/2.png")
    with pytest.raises(DamagedError, match="wrong checksum"):
        read_blob(blob)


def test_encrypted_entry_is_refused(tmp_path):
    path = make_zip(tmp_path / "archive", content={"a.png": b"x"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    if entries_flag(path):
        with pytest.raises(UserError, match="encrypted or packed in an unusual way"):
            entries(path, tmp_path)


def entries_flag(path) -> int:
    with zipfile.ZipFile(path) as archive:
        return archive.infolist()[-1].flag_bits & 1


def test_limits_leave_room_for_every_real_source():
    assert archives.MOST_BYTES > 128_123 * 64 * 64 * 3  # a batch of ImageNet 64x64
    assert archives.MOST_RATIO > 10
