"""What the files of a source hold: images in order, splits, labels and attributes, whatever the files look like."""

import gzip
import io
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from PIL import Image

from genrep.data.archives import Blob, entries
from genrep.data.catalogue import DataSet, Source
from genrep.data.lists import attribute_file, partition_file, stem
from genrep.errors import UserError

Files = dict[str, Path]
IMAGENET_BATCH = r"(?:.*/)?(train|val)_data(?:_batch_(\d+))?\.npz"


@dataclass(frozen=True)
class Contents:
    """All images of a source, split after split."""

    counts: dict[str, int]
    labels: np.ndarray  # (N,) int64
    blobs: tuple[Blob, ...] = ()  # images to decode, or
    arrays: Iterable[np.ndarray] = ()  # decoded ones, (n, H, W, C) uint8
    attributes: np.ndarray | None = None  # (N, A) bool
    masks: np.ndarray | None = None  # (N, M, H, W) bool
    notes: dict[str, Any] = field(default_factory=dict)  # for the card: names of classes, attributes and masks


def read(origin: Source, entry: DataSet, files: Files, work: Path) -> Contents:
    """Read what a set is made of.

    Args:
        origin: the source.
        entry: the set.
        files: of the source, each verified; those that are missing are left out.
        work: a folder for what has to be unpacked.

    Raises:
        UserError: the files do not hold what they should, or one is missing without which the others say nothing.
    """
    if origin.layout.kind in ("idx", "cifar-batches", "cifar-sheets"):
        needed = list(origin.files)
    else:
        needed = [origin.layout.archive] if origin.layout.archive else []
    missing = [name for name in needed if name not in files]
    if missing:
        raise UserError(
            f"{origin.name}: {', '.join(missing)} is missing, which no part can do without; put it beside the others"
        )
    return READERS[origin.layout.kind](origin, entry, files, work)


def held_out(contents: Contents, every: int | None) -> Contents:
    """Move every so many-th image, in order, to a test split of its own."""
    if every is None:
        return contents
    test = np.arange(len(contents.labels)) % every == every - 1
    order = np.argsort(test, kind="stable")
    if not contents.blobs:
        contents = replace(contents, arrays=iter([np.concatenate(list(contents.arrays))[order]]))
    return replace(
        contents,
        counts={"train": int((~test).sum()), "test": int(test.sum())},
        labels=contents.labels[order],
        blobs=tuple(contents.blobs[k] for k in order) if contents.blobs else (),
        attributes=None if contents.attributes is None else contents.attributes[order],
        masks=None if contents.masks is None else contents.masks[order],
    )


# -- MNIST, Fashion-MNIST -------------------------------------------------------------------------------------------


def read_idx(origin: Source, entry: DataSet, files: Files, work: Path) -> Contents:
    """Training and test images in the IDX format of MNIST's homepage."""
    images, labels = (
        [idx(files[f"{stem}-{kind}-ubyte.gz"]) for stem in ("train", "t10k")] for kind in ("images-idx3", "labels-idx1")
    )
    counts = {split: len(part) for split, part in zip(("train", "test"), labels, strict=True)}
    return Contents(counts, np.concatenate(labels).astype(np.int64), arrays=iter(part[..., None] for part in images))


def idx(path: Path) -> np.ndarray:
    """One IDX file of bytes, packed by gzip or not: magic number with rank, sizes, bytes."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        content = stream.read()
    rank = content[3]
    shape = struct.unpack(f">{rank}I", content[4 : 4 + 4 * rank])
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


# -- CIFAR-10 -------------------------------------------------------------------------------------------------------


def read_cifar_batches(origin: Source, entry: DataSet, files: Files, work: Path) -> Contents:
    """The official batches, which torchvision reads; their md5 is known, so unpickling them is safe."""
    import genrep.compat  # noqa: F401 - before torchvision

    from torchvision.datasets import CIFAR10  # isort: skip

    parts = [CIFAR10(files["data_batch_1"].parents[1], train=train) for train in (True, False)]
    arrays = [(np.asarray(part.data), np.asarray(part.targets, np.int64)) for part in parts]
    return _cifar(arrays, list(parts[0].classes))


def read_cifar_sheets(origin: Source, entry: DataSet, files: Files, work: Path) -> Contents:
    """Lossless WebP sheets of 5,000 images, ten to a row."""
    train, test, classes = _stored(files["labels.npz"], "train", "test", "classes")
    labels = {"train": train.astype(np.int64), "test": test.astype(np.int64)}
    names = [str(name) for name in classes]
    images = {
        split: np.concatenate([_sheet(files[name]) for name in sorted(files) if re.match(f"{split}_.*webp", name)])
        for split in labels
    }
    return _cifar([(images[split], labels[split]) for split in ("train", "test")], names)


def _stored(path: Path, *names: str) -> list[np.ndarray]:
    """Arrays of an npz file."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return [stored[name] for name in names]
    except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise UserError(f"{path} does not hold the arrays {', '.join(names)} ({error}); get it again") from None


def _sheet(path: Path) -> np.ndarray:
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise UserError(f"{path} is no sheet of images ({error}); get it again") from None
    rows, columns = pixels.shape[0] // 32, pixels.shape[1] // 32
    return pixels.reshape(rows, 32, columns, 32, 3).swapaxes(1, 2).reshape(-1, 32, 32, 3)


def _cifar(parts: list[tuple[np.ndarray, np.ndarray]], names: list[str]) -> Contents:
    """Training images in their order; test images by class and pixels, which both sources can do."""
    (train, train_labels), (test, test_labels) = parts
    order = sorted(range(len(test)), key=lambda row: (test_labels[row], test[row].tobytes()))
    return Contents(
        {"train": len(train), "test": len(test)},
        np.concatenate([train_labels, test_labels[order]]),
        arrays=iter([train, test[order]]),
        notes={"class_names": names},
    )


# -- archives and folders of images ---------------------------------------------------------------------------------


def read_images(origin: Source, entry: DataSet, files: Files, work: Path) -> Contents:
    """Images in a zip, tar or folder; classes from their paths, or from CelebA's attribute file."""
    layout = origin.layout
    path = files[str(layout.archive)]
    matches = [(blob, match) for blob in entries(path, work) if (match := re.fullmatch(str(layout.pattern), blob.name))]
    if not matches:
        raise UserError(f"{path} has no images named like {layout.pattern}; is it the right archive?")
    labelled = "label" in matches[0][1].groupdict()
    matches.sort(key=_place)
    _refuse_twins(path, matches)
    blobs = tuple(blob for blob, _ in matches)
    contents = Contents({"train": len(blobs)}, np.zeros(len(blobs), np.int64), blobs)
    if labelled:
        names, labels = np.unique([match["label"] for _, match in matches], return_inverse=True)
        contents = replace(contents, labels=labels.astype(np.int64), notes={"class_names": names.tolist()})
    keys = [stem(blob.name) for blob in blobs]
    if layout.attributes in files:
        contents = _with_attributes(contents, entry, keys, files[layout.attributes])
    if layout.partition in files:
        contents = _partitioned(contents, keys, files[layout.partition])
    return contents


def _place(pair: tuple[Blob, re.Match[str]]) -> tuple[str, int]:
    """Where an image belongs: by class, then by number."""
    groups = pair[1].groupdict()
    return groups.get("label", ""), int(groups["key"])


def _refuse_twins(path: Path, matches: list[tuple[Blob, re.Match[str]]]) -> None:
    for first, second in pairwise(matches):
        if _place(first) == _place(second):
            both = f"{first[0].name} and {second[0].name}"
            raise UserError(f"{path} has two images with one number, {both}; keep the official one")


def _with_attributes(contents: Contents, entry: DataSet, keys: list[str], path: Path) -> Contents:
    names, rows = attribute_file(path)
    _refuse_missing(path, keys, rows)
    attributes = np.array([rows[key] for key in keys])
    notes = contents.notes | {"attributes": names}
    labels = contents.labels
    if entry.label is not None:
        if entry.label not in names:
            raise UserError(f"{path} has no attribute {entry.label}, from which {entry.name} takes its classes")
        labels = attributes[:, names.index(entry.label)].astype(np.int64)
        notes |= {"class_names": [f"not {entry.label}", entry.label]}
    return replace(contents, labels=labels, attributes=attributes, notes=notes)


def _refuse_missing(path: Path, keys: list[str], rows: dict[str, Any]) -> None:
    missing = [key for key in keys if key not in rows]
    if missing:
        raise UserError(
            f"{path} lacks {len(missing)} of {len(keys)} images, the first {missing[0]}; fetch the whole list again"
        )


def _partitioned(contents: Contents, keys: list[str], path: Path) -> Contents:
    """CelebA's official split: 0 training, 1 validation, 2 test."""
    parts = partition_file(path)
    _refuse_missing(path, keys, parts)
    part = np.array([parts[key] for key in keys])
    order = np.argsort(part, kind="stable")
    return replace(
        contents,
        counts={split: int((part == k).sum()) for k, split in enumerate(("train", "valid", "test"))},
        labels=contents.labels[order],
        blobs=tuple(contents.blobs[k] for k in order),
        attributes=None if contents.attributes is None else contents.attributes[order],
    )


# -- arrays ---------------------------------------------------------------------------------------------------------


def read_glyphs_npz(origin: Source, entry: DataSet, files: Files, work: Path) -> Contents:
    """Characters as one array, with the character of each."""
    images, characters = _stored(files[str(origin.layout.archive)], "images", "char")
    names, labels = np.unique(characters, return_inverse=True)
    return Contents(
        {"train": len(images)},
        labels.astype(np.int64),
        arrays=iter([images[..., None]]),
        notes={"class_names": names.tolist()},
    )


def read_imagenet_npz(origin: Source, entry: DataSet, files: Files, work: Path) -> Contents:
    """The npz batches inside the official zips: rows of 3 x 64 x 64 bytes, labels from 1."""
    H, W = entry.shape[1:]
    batches: dict[str, list[Blob]] = {"train": [], "test": []}
    for name in sorted(files):
        for blob in entries(files[name], work):
            if match := re.fullmatch(IMAGENET_BATCH, blob.name):
                batches["train" if match[1] == "train" else "test"].append(blob)
    for part in batches.values():
        part.sort(key=lambda blob: [int(digits) for digits in re.findall(r"\d+", Path(blob.name).stem)])
    labels = {split: [_npz_labels(blob) for blob in part] for split, part in batches.items()}
    counts = {split: sum(map(len, part)) for split, part in labels.items()}
    ordered = [part for parts in labels.values() for part in parts]
    blobs = [blob for part in batches.values() for blob in part]
    joined = np.concatenate(ordered) if ordered else np.empty(0, np.int64)
    return Contents(counts, joined - 1, arrays=(rows for blob in blobs for rows in _npz_rows(blob, H, W)))


def _npz_labels(blob: Blob) -> np.ndarray:
    with ZipFile(blob.path) as outer, outer.open(blob.name) as inner, ZipFile(inner) as npz:
        return np.load(io.BytesIO(npz.read("labels.npy")), allow_pickle=False).astype(np.int64).reshape(-1)


def _npz_rows(blob: Blob, H: int, W: int, at_once: int = 1024) -> Iterator[np.ndarray]:
    """The images of one batch, some at a time: a whole one takes 1.6 GB."""
    with (
        ZipFile(blob.path) as outer,
        outer.open(blob.name) as inner,
        ZipFile(inner) as npz,
        npz.open("data.npy") as data,
    ):
        version = np.lib.format.read_magic(data)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        (count, length), _, dtype = header(data)
        if dtype != np.uint8 or length != 3 * H * W:
            raise UserError(f"{blob.path}: {blob.name} holds {dtype} rows of {length}, not {3 * H * W} bytes each")
        for start in range(0, count, at_once):
            rows = np.frombuffer(data.read(min(at_once, count - start) * length), np.uint8)
            yield rows.reshape(-1, 3, H, W).transpose(0, 2, 3, 1)


def _class_names(entry: DataSet, origin: Source) -> list[str]:
    from genrep.data import standins

    return [f"not {entry.label}", entry.label] if entry.label else list(standins.CLASSES[str(origin.layout.generator)])


def read_generated(origin: Source, entry: DataSet, files: Files, work: Path) -> Contents:
    """Stand-ins, drawn from parameters."""
    from genrep.data import standins  # lazily: only these sets need it

    count = sum(entry.counts.values())
    found = standins.generate(str(origin.layout.generator), count, entry.shape[1], entry.seed)
    notes = {"attributes": list(found.attributes), "masks": list(found.masks)}
    return Contents(
        dict(entry.counts),
        found.labels if entry.label is None else found.attributes[entry.label].astype(np.int64),
        arrays=iter([found.images]),
        attributes=np.stack(list(found.attributes.values()), axis=1) if found.attributes else None,
        masks=np.stack(list(found.masks.values()), axis=1) if found.masks else None,
        notes={name: names for name, names in notes.items() if names} | {"class_names": _class_names(entry, origin)},
    )


READERS = {
    "idx": read_idx,
    "cifar-batches": read_cifar_batches,
    "cifar-sheets": read_cifar_sheets,
    "images": read_images,
    "glyphs-npz": read_glyphs_npz,
    "imagenet-npz": read_imagenet_npz,
    "generated": read_generated,
}
