"""The official files on this machine: where they are, and whether they are what they should be.

They lie in ``data/raw`` or, on machines without internet, in a mirror directory named by the environment variable
``GENREP_DATA_MIRROR``, from which they are read in place.
"""

import gzip
import hashlib
import os
import zlib
from pathlib import Path

from genrep.data.archives import refuse_web_page
from genrep.data.catalogue import Source, SourceFile, catalogue, sources
from genrep.errors import UserError
from genrep.files import read_json, remove_empty, sha256_file, write_json

MIRROR = "GENREP_DATA_MIRROR"
RECORD = "hashes.json"  # of files for which nobody has published a hash
OTHER = "another file than the official one"


def mirror_directory() -> Path | None:
    """The folder named by ``GENREP_DATA_MIRROR``, or None when it is unset.

    Raises:
        UserError: it is set but is no folder.
    """
    if not os.environ.get(MIRROR):
        return None
    mirror = Path(os.environ[MIRROR])
    if not mirror.is_dir():
        raise UserError(f"{MIRROR} is {mirror}, which is not a folder; mount or correct it, or unset it to download")
    return mirror


def locate(origin: Source, name: str, data: Path) -> Path | None:
    """A file of a source: in data/raw, there unpacked, or in the mirror; None: nowhere."""
    raw, mirror = origin.raw(data), mirror_directory()
    places = [raw / name, raw / name.removesuffix(".gz")]
    if mirror is not None and origin.mirror is not None:
        places.append(mirror / origin.mirror / name)
    return next((place for place in places if place.exists()), None)


def lacking(origin: Source, data: Path) -> list[str]:
    """The files of a source that are nowhere on this machine."""
    return [name for name in origin.files if locate(origin, name, data) is None]


def at_hand(origin: Source, data: Path) -> bool:
    """Whether nothing of a source is lacking, and no file shows by its size that it is another one."""
    found = {name: locate(origin, name, data) for name in origin.files}
    return bool(found) and all(path is not None and not misfit(origin, name, path) for name, path in found.items())


def misfit(origin: Source, name: str, path: Path) -> str:
    """In words, why a file cannot be the expected one; empty where its size raises no doubt. Cheap: hashes nothing.

    But a gz file of another size is unpacked, as the same bytes may have been packed anew.
    """
    expected = origin.files[name]
    if path.name != name or path.is_dir():
        return ""
    size = path.stat().st_size
    if expected.bytes is None:
        siblings = [other.name for other in _siblings(origin, name) if other.files[name].bytes == size]
        return f"{path} has the size of the file of {siblings[0]}" if siblings else ""
    if size == expected.bytes or (expected.unpacked_md5 is not None and _is_packed_anew(path, expected)):
        return ""
    return f"{path} has {size} of {expected.bytes} bytes" if size < expected.bytes else f"{path} is no {origin.name}"


def _is_packed_anew(path: Path, expected: SourceFile) -> bool:
    try:
        return _unpacked_md5(path, "") == expected.unpacked_md5
    except UserError:
        return False


def _siblings(origin: Source, name: str) -> list[Source]:
    """Other sources whose file of this name has the same place in a mirror."""
    return [
        other
        for other in sources().values()
        if other.name != origin.name and other.mirror == origin.mirror and name in other.files
    ]


def check(origin: Source, name: str, data: Path, partial: bool = False) -> tuple[Path, str]:
    """Compare a file with its hashes.

    Where no hash is known, the one found is recorded beside the raw files, and compared with from then on.

    Args:
        origin: the source.
        name: of the file.
        data: the data folder.
        partial: take a file that differs, as a part of what the official one holds.

    Returns:
        Where the file is, and by what it was verified, in words.

    Raises:
        UserError: it is missing, cut short, a web page, or another file.
    """
    path = locate(origin, name, data)
    if path is None:
        raise UserError(f"{origin.name}: {_where(origin, name, data)} is missing; {_obtain(origin)}")
    if path.is_dir():
        return path, "a folder, for which nobody can publish a hash"
    mend = mend_of(origin, path, data)
    refuse_web_page(path)
    expected = origin.files[name]
    if expected.unpacked_md5 is not None:  # the size says nothing: the same bytes may be packed anew
        found = _unpacked_md5(path, mend)
        if found != expected.unpacked_md5:
            raise UserError(f"{path}: md5 {found}, expected {expected.unpacked_md5}; {mend}")
        return path, f"md5 of the unpacked file{_packing(path, expected) if path.name == name else ''}"
    if not partial and expected.bytes and path.stat().st_size < expected.bytes:
        short = f"has {path.stat().st_size} of {expected.bytes} bytes, it was cut short"
        raise _another(origin, name, path, f"{path} {short}; {mend}")
    verified = []
    for kind in ("md5", "sha256"):
        wanted = getattr(expected, kind)
        if wanted is None:
            continue
        found = _digest(path, kind)
        if found == wanted:
            verified.append(kind)
        elif partial:
            return path, f"{OTHER}, sha256 {sha256_file(path)}"
        else:
            raise _another(origin, name, path, f"{path}: {kind} {found}, expected {wanted}; {mend}")
    return path, " and ".join(verified) or _recorded(origin, name, path, data, mend)


def forget(origin: Source, data: Path) -> None:
    """Drop the recorded hashes of a source whose files have proved to be bad, so that better ones may follow."""
    record = origin.raw(data) / RECORD
    if record.is_file():
        record.unlink()
        remove_empty(record.parent, data / "raw")


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, kind).hexdigest()


def _unpacked_md5(path: Path, mend: str) -> str:
    if path.suffix != ".gz":
        return _digest(path, "md5")
    try:
        with gzip.open(path) as stream:
            return hashlib.file_digest(stream, "md5").hexdigest()
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} is damaged ({error}); {mend}") from None


def _packing(path: Path, expected: SourceFile) -> str:
    found = sha256_file(path)
    if found == expected.sha256 or (expected.md5 is not None and _digest(path, "md5") == expected.md5):
        return ", and the hash of the official gz file"
    return ", and sha256 of a known copy" if found == expected.repacked_sha256 else ", packed anew"


def _recorded(origin: Source, name: str, path: Path, data: Path, mend: str) -> str:
    record = origin.raw(data) / RECORD
    known = read_json(record) if record.is_file() else {}
    found = sha256_file(path)
    if name not in known:
        write_json(record, known | {name: {"sha256": found, "bytes": path.stat().st_size}})
        return f"nothing published; sha256 recorded in {record}"
    if known[name]["sha256"] != found:
        wanted = known[name]["sha256"]
        mend = f"{mend}, or delete {record} if you have replaced it on purpose"
        raise UserError(f"{path}: sha256 {found}, but at first it was {wanted}; {mend}")
    return f"sha256 as recorded in {record}"


def known_as(origin: Source, name: str, path: Path) -> Source | None:
    """The other source whose file of this name it is, byte for byte."""
    if not path.is_file():
        return None
    siblings = [other for other in _siblings(origin, name) if other.files[name].bytes == path.stat().st_size]
    return next((other for other in siblings if other.files[name].sha256 == sha256_file(path)), None)


def _another(origin: Source, name: str, path: Path, message: str) -> UserError:
    """What to say of a file with another hash or size: ``message``, unless another source has that file."""
    known = known_as(origin, name, path)
    if known is None:
        return UserError(message)
    sets = [entry.name for entry in catalogue().values() if known.name in entry.sources]
    return UserError(
        f"{path} is the file of {known.name}, not of {origin.name}; what can be prepared from it is "
        f"{' or '.join(sets)}: genrep data prepare {sets[0]}"
    )


def _where(origin: Source, name: str, data: Path) -> str:
    mirror = mirror_directory()
    if mirror is not None and origin.mirror is not None:
        return f"{origin.mirror}/{name} in the mirror {mirror}"
    return str(origin.raw(data) / name)


def _obtain(origin: Source) -> str:
    if origin.access == "mirror":
        return f"set {MIRROR} to a mirror that has it"
    if mirror_directory() is None:
        return f"run: genrep data fetch {origin.name}"
    if origin.access == "manual":
        return f"copy it there; genrep data fetch {origin.name} says where it comes from"
    return f"copy it there, or unset {MIRROR} to download"


def mend_of(origin: Source, path: Path, data: Path) -> str:
    """What to do about a bad file."""
    in_mirror = origin.raw(data) not in path.parents
    return "copy it to the mirror again" if in_mirror else f"delete it and run: genrep data fetch {origin.name}"
