"""Reading archives that came from elsewhere: nothing is ever extracted by its own name, and sizes are limited.

An archive becomes a list of ``Blob``: where the bytes of each entry lie in the file. Workers read them from there.
Refused as a whole: entries with ``..`` or an absolute path, links and devices, encrypted entries, more bytes than the
limits below.
"""

import gzip
import os
import stat
import struct
import tarfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from genrep.errors import UserError

# Real archives of images shrink by 1 to 10, those of tiny drawings in a tar of 512-byte blocks by up to about 40;
# a bomb lives on factors near 1000, deflate's bound. Small archives are harmless whatever they hold.
MOST_RATIO, ALWAYS_FINE = 100, 64 * 2**20
# Of one entry: the largest that a source of the catalogue has (a batch of ImageNet 64x64) takes 1.6 GB.
MOST_BYTES = 4 * 2**30
CHUNK = 2**20
MEND = "do not use this copy; get the archive from its official source again"


@dataclass(frozen=True)
class Blob:
    """The bytes of one entry inside a file."""

    name: str
    path: str
    offset: int  # of the data; of the local header in a zip
    stored: int  # bytes in the file
    size: int  # bytes unpacked
    method: int = -1  # of a zip; -1: plain bytes
    crc: int = 0


class DamagedError(Exception):
    """The bytes of an entry are not what the archive says."""


class Reader:
    """Reads entries; the file of the last one stays open, as opening it takes longer than reading a small image."""

    def __init__(self) -> None:
        self.path = ""
        self.stream: BinaryIO | None = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *error: object) -> None:
        if self.stream is not None:
            self.stream.close()

    def read(self, blob: Blob) -> bytes:
        """The unpacked bytes of an entry.

        Raises:
            DamagedError: cut short, or another checksum.
        """
        if self.stream is None or blob.path != self.path:
            self.__exit__()
            self.path, self.stream = blob.path, Path(blob.path).open("rb")  # noqa: SIM115 - closed on exit
        self.stream.seek(blob.offset)
        if blob.method == -1:
            content = self.stream.read(blob.size)
        else:
            header = self.stream.read(30)
            if len(header) < 30 or header[:4] != b"PK\3\4":
                raise DamagedError("no entry where the directory of the archive says")
            name, extra = struct.unpack("<HH", header[26:30])
            self.stream.seek(name + extra, 1)
            content = _inflate(self.stream.read(blob.stored), blob)
            if zlib.crc32(content) != blob.crc:
                raise DamagedError("wrong checksum")
        if len(content) != blob.size:
            raise DamagedError(f"{len(content)} of {blob.size} bytes")
        return content


def _inflate(content: bytes, blob: Blob) -> bytes:
    if blob.method == ZIP_STORED:
        return content
    try:
        return zlib.decompressobj(-15).decompress(content, blob.size + 1)  # one more than promised tells a lie
    except zlib.error as error:
        raise DamagedError(str(error)) from None


def refuse_web_page(path: Path) -> None:
    """Refuse an HTML page under the name of a data file, as quota and login pages are saved.

    Raises:
        UserError: it is one.
    """
    with path.open("rb") as stream:
        start = stream.read(512).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise UserError(
            f"{path} is a web page and no data (a quota, login or error page); delete it and fetch it again"
        )


def entries(path: Path, work: Path) -> list[Blob]:
    """The files inside a zip, tar, compressed tar or folder, in its order.

    Args:
        path: the archive, recognised by its content; or a folder.
        work: where a compressed tar is unpacked to a plain one.

    Raises:
        UserError: it is damaged, or holds what no archive of images should.
    """
    if path.is_dir():
        return _folder(path)
    refuse_web_page(path)
    with path.open("rb") as stream:
        magic = stream.read(4)
    try:
        if magic[:2] == b"\x1f\x8b":
            return _tar(_gunzip(path, work / f"{path.stem}.tar"), path)
        return _zip(path) if magic[:2] == b"PK" else _tar(path, path)
    except (BadZipFile, tarfile.TarError, EOFError, OSError, zlib.error, struct.error) as error:
        raise UserError(f"{path} is damaged or was cut short ({error}); delete it and fetch it again") from None


def _folder(path: Path) -> list[Blob]:
    """Links inside are refused: what they lead to is not what was put there."""
    found = []
    for folder, inside, files in os.walk(path):
        for name in (*inside, *files):
            file = Path(folder, name)
            facts = file.lstat()
            if stat.S_ISLNK(facts.st_mode):
                raise UserError(f"{path} holds a link, {file.relative_to(path)}; put the file itself there")
            if stat.S_ISREG(facts.st_mode):
                found.append(Blob(file.relative_to(path).as_posix(), str(file), 0, facts.st_size, facts.st_size))
    return sorted(found, key=lambda blob: blob.name)


def _zip(path: Path) -> list[Blob]:
    with ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
    _refuse_duplicates(path, [info.filename for info in infos])
    for info in infos:
        _refuse_name(path, info.filename)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UserError(f"{path} holds a link, {info.filename}; {MEND}")
        if info.flag_bits & 1 or info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise UserError(f"{path}: {info.filename} is encrypted or packed in an unusual way; {MEND}")
    _refuse_bomb(path, [info.file_size for info in infos])
    return [_blob(path, info) for info in infos]


def _blob(path: Path, info: ZipInfo) -> Blob:
    return Blob(
        info.filename,
        str(path),
        info.header_offset,
        info.compress_size,
        info.file_size,
        method=info.compress_type,
        crc=info.CRC,
    )


def _tar(path: Path, original: Path) -> list[Blob]:
    found = []
    with tarfile.open(path, "r:") as archive:
        for member in archive:
            _refuse_name(original, member.name)
            if member.isdir():
                continue
            if not member.isreg() or member.sparse is not None:
                raise UserError(f"{original} holds a link or device, {member.name}; {MEND}")
            found.append(Blob(member.name, str(path), member.offset_data, member.size, member.size))
    _refuse_duplicates(original, [blob.name for blob in found])
    _refuse_bomb(original, [blob.size for blob in found])
    if found and found[-1].offset + found[-1].size > path.stat().st_size:
        raise EOFError("the last entry is incomplete")
    return found


def _gunzip(path: Path, target: Path) -> Path:
    """Unpack to ``target``, counting: the sizes that a gz file claims are not to be trusted."""
    most = max(ALWAYS_FINE, MOST_RATIO * path.stat().st_size)
    target.parent.mkdir(parents=True, exist_ok=True)
    total = 0
    with gzip.open(path) as packed, target.open("wb") as plain:
        while chunk := packed.read(CHUNK):
            total += len(chunk)
            if total > most:
                target.unlink()
                raise UserError(f"{path} unpacks to more than {most} bytes, like a decompression bomb; {MEND}")
            _write(plain, chunk, target)
    os.utime(target, ns=(0, path.stat().st_mtime_ns))  # by which finished chunks are known to be of this archive
    return target


def _write(stream: BinaryIO, content: bytes, target: Path) -> None:
    try:
        stream.write(content)
    except OSError as error:  # not to be taken for a damaged archive
        raise UserError(f"cannot write {target}: {error.strerror or error}; make some room") from None


def _refuse_name(path: Path, name: str) -> None:
    plain = name.replace("\\", "/")
    if plain.startswith("/") or ".." in plain.split("/") or plain[1:2] == ":" or "\0" in plain:
        raise UserError(f"{path} holds an entry that points out of its folder, {name!r}; {MEND}")


def _refuse_duplicates(path: Path, names: list[str]) -> None:
    if len(set(names)) < len(names):
        name, times = Counter(names).most_common(1)[0]
        raise UserError(f"{path} holds {name} {times} times; {MEND}")


def _refuse_bomb(path: Path, sizes: list[int]) -> None:
    total = sum(sizes)
    if max(sizes, default=0) > MOST_BYTES or total > max(ALWAYS_FINE, MOST_RATIO * path.stat().st_size):
        raise UserError(f"{path} unpacks to {total} bytes, like a decompression bomb; {MEND}")
