"""From official files to the prepared layout.

Official files come through torchvision, or, on machines without internet, from a mirror directory named by the
environment variable ``GENREP_DATA_MIRROR``.
"""

import gzip
import hashlib
import os
import zlib
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock

import genrep.compat  # noqa: F401 - before torchvision
from genrep.data.arrays import ImageSet, identity
from genrep.data.catalogue import DataSet, data_set
from genrep.errors import UserError
from genrep.files import atomic_path

MIRROR = "GENREP_DATA_MIRROR"
DATA = Path("data")
PREPARED = DATA / "prepared"


def prepared(name: str) -> ImageSet:
    """Open a prepared set."""
    return ImageSet.open(PREPARED / data_set(name).name)


def prepare(name: str, data: Path = DATA) -> ImageSet:
    """Fetch if necessary, decode, verify and store ``data/prepared/<name>``; a second caller waits.

    Raises:
        UserError: a file is missing or corrupt, or the decoded pixels are not the expected ones.
    """
    entry = data_set(name)
    folder = data / "prepared" / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        images, labels = LOADERS[entry.loader](entry, data)
        found = identity(images, labels)
        if entry.identity is not None and found != entry.identity:
            source = data / "raw" if entry.reduced_from is None else data / "reduced" / f"{name}.npz"
            mend = f"delete {source} and run: genrep data prepare {name}"
            if entry.reduced_from is not None:
                mend = f"restore it with: git checkout -- {source}"
            raise UserError(f"{name}: the decoded pixels have sha256 {found}, expected {entry.identity}; {mend}")
        result = ImageSet(images, labels, card(entry, images, found))
        result.save(folder)
    return result


def card(entry: DataSet, images: np.ndarray, found: str) -> dict:
    """What the prepared folder says of itself."""
    described = ("name", "title", "source", "homepage", "citation", "licence", "redistribution", "classes", "counts")
    return {
        **{key: value for key, value in entry.model_dump(mode="json").items() if key in described},
        "shape": list(images.shape),
        "preprocessing": "none",
        "share_of_official": 1.0 if entry.reduced_from is None else len(images) / _official_count(entry),
        "identity": found,
        "verified": entry.identity == found,
    }


def _official_count(entry: DataSet) -> int:
    return sum(data_set(entry.reduced_from or entry.name).counts.values())


def load_mnist(entry: DataSet, data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Training then test digits, decoded by torchvision: (N, 28, 28, 1) uint8 and (N,) int64."""
    from torchvision.datasets import MNIST

    raw = data / "raw" / "MNIST" / "raw"
    missing = [name for name in entry.files if not (raw / name).is_file()]
    if missing and mirror_directory() is not None:
        for name in missing:
            _from_mirror(entry, name, raw)
    elif missing:
        try:
            MNIST(data / "raw", download=True)
        except (RuntimeError, OSError) as error:
            raise UserError(
                f"{entry.name}: download failed ({error}); try again, or set {MIRROR} to a folder "
                f"that holds {entry.mirror}/{missing[0]}.gz and its siblings"
            ) from None
    for name, expected in entry.files.items():
        mend = f"delete it and run: genrep data prepare {entry.name}"
        _verify_md5(raw / name, (raw / name).read_bytes(), expected, mend)
    parts = [MNIST(data / "raw", train=train) for train in (True, False)]
    images = np.concatenate([part.data.numpy() for part in parts])[..., None]
    labels = np.concatenate([part.targets.numpy() for part in parts]).astype(np.int64)
    return images, labels


def load_reduced(entry: DataSet, data: Path) -> tuple[np.ndarray, np.ndarray]:
    """The subset shipped as ``data/reduced/<name>.npz``."""
    path = data / "reduced" / f"{entry.name}.npz"
    try:
        with np.load(path, allow_pickle=False) as shipped:
            return shipped["images"], shipped["labels"]
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise UserError(f"{path} is missing or damaged ({error}); restore it with: git checkout -- {path}") from None


LOADERS = {"mnist": load_mnist, "reduced": load_reduced}


def reduce(name: str, data: Path = DATA) -> Path:
    """Make the shipped subset of a reduced set: the first images of each class and split, in official order."""
    entry = data_set(name)
    full = ImageSet.open(data / "prepared" / str(entry.reduced_from))
    rows = []
    for split, count in entry.per_class.items():
        part = full.split(split)
        labels = full.labels[part]
        chosen = np.concatenate([np.flatnonzero(labels == c)[:count] for c in range(entry.classes)])
        rows.append(np.sort(chosen) + part.start)
    index = np.concatenate(rows)
    path = data / "reduced" / f"{name}.npz"
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, images=full.images[index], labels=full.labels[index])
    return path


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


def _from_mirror(entry: DataSet, name: str, raw: Path) -> None:
    source = mirror_directory() / str(entry.mirror) / f"{name}.gz"  # type: ignore[operator]
    try:
        content = gzip.decompress(source.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{source} is missing from the mirror; copy it there, or unset {MIRROR} to download") from None
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{source} is damaged ({error}); copy it to the mirror again") from None
    _verify_md5(source, content, entry.files[name], "copy it to the mirror again")
    with atomic_path(raw / name) as temporary:
        temporary.write_bytes(content)


def _verify_md5(path: Path, content: bytes, expected: str, mend: str) -> None:
    found = hashlib.md5(content).hexdigest()
    if found != expected:
        raise UserError(f"{path}: md5 {found}, expected {expected}; {mend}")
