"""Every entry of the catalogue is one that can be fetched, checked and credited."""

import re

import numpy as np
import pytest
from pydantic import ValidationError
from torchvision import datasets

import genrep.compat  # noqa: F401 - before torchvision
from genrep.data.arrays import ImageSet
from genrep.data.catalogue import UNVERIFIED, DataSet, catalogue, data_set, percent, source, sources, sources_of
from genrep.data.layouts import READERS
from genrep.errors import UserError
from tests.conftest import ROOT

ENTRIES = list(catalogue().values())
SOURCES = list(sources().values())
REDUCED = [entry for entry in ENTRIES if entry.reduced_from is not None]
PARTS = [entry for entry in ENTRIES if entry.part_of is not None]
REPLICATIONS = {"mnist_timing", "gan_vs_vae", "thesis", "char74k_cifar10", "fashion_mnist_is"}


def name(entry) -> str:
    return entry.name


@pytest.mark.parametrize("entry", ENTRIES, ids=name)
def test_set_is_valid(entry):
    origins = [source(one) for one in entry.sources]
    assert all(count > 0 for count in entry.counts.values())
    assert all(size > 0 for size in entry.shape)
    assert entry.shape[0] in (1, 3)
    assert entry.classes > 0
    assert entry.recorded_identity is None or re.fullmatch("[0-9a-f]{64}", entry.recorded_identity)
    assert len({origin.redistribution for origin in origins}) == 1
    assert all(origin.layout.kind in READERS for origin in origins)
    assert entry.preprocessing is not None or not any(origin.layout.kind == "images" for origin in origins)
    if entry.label is not None:
        assert entry.classes == 2
        assert origins[0].access == "generated" or (origins[0].layout.attributes and entry.attributes)
    if entry.hold_out is not None:
        count = sum(entry.counts.values())
        assert entry.counts == {"train": count - count // entry.hold_out, "test": count // entry.hold_out}


@pytest.mark.parametrize("origin", SOURCES, ids=name)
def test_source_is_valid(origin):
    assert origin.title and origin.citation and origin.licence
    assert origin.access == "generated" or re.match(r"https?://", origin.homepage)
    assert set(origin.used_by) <= REPLICATIONS and origin.used_by
    for file in origin.files.values():
        for kind, digits in (("md5", 32), ("unpacked_md5", 32), ("sha256", 64), ("repacked_sha256", 64)):
            assert getattr(file, kind) is None or re.fullmatch(f"[0-9a-f]{{{digits}}}", getattr(file, kind))
    if origin.access == "torchvision":
        assert hasattr(datasets, origin.torchvision)
    if origin.access == "url":
        assert all(file.url for file in origin.files.values())
    if origin.access == "manual":
        assert "{folder}" in origin.instructions
        for file in origin.files:
            assert file in origin.instructions, "the steps name every file"
    if origin.access == "mirror":
        assert origin.mirror and all(file.sha256 and file.bytes for file in origin.files.values())
    if origin.layout.pattern is not None:
        assert "key" in re.compile(origin.layout.pattern).groupindex


@pytest.mark.parametrize("origin", [one for one in SOURCES if one.part_of], ids=name)
def test_part_names_its_deviations_and_has_the_licence_of_the_whole(origin):
    assert origin.deviations or origin.name == "cifar10-sheets"  # lossless and whole
    assert source(origin.part_of).redistribution >= origin.redistribution
    assert origin.used_by == source(origin.part_of).used_by


def test_torchvision_checks_the_same_hashes():
    for origin in SOURCES:
        if origin.torchvision == "CelebA":
            known = {file: md5 for _, md5, file in datasets.CelebA.file_list}
        elif origin.torchvision == "CIFAR10":
            known = dict([*datasets.CIFAR10.train_list, *datasets.CIFAR10.test_list])
            known["batches.meta"] = datasets.CIFAR10.meta["md5"]
        elif origin.torchvision is not None:
            known = dict(getattr(datasets, origin.torchvision).resources)
        else:
            continue
        assert {file: known[file] for file in origin.files} == {file: x.md5 for file, x in origin.files.items()}


def test_every_report_has_its_data_and_its_stand_ins():
    used = {report: {one.name for one in SOURCES if report in one.used_by} for report in REPLICATIONS}
    assert used["thesis"] >= {"celeba-hq", "lhq", "inception", "faces", "landscapes"}
    assert used["char74k_cifar10"] >= {"mnist", "cifar10", "celeba", "char74k-fnt", "char74k-hnd", "char74k-img"}
    assert used["gan_vs_vae"] >= {"mnist", "celeba", "imagenet64", "scenes"}
    assert used["fashion_mnist_is"] >= {"fashion-mnist", "inception"}


def test_identities_and_files_are_distinct():
    files = [file.sha256 for one in SOURCES for file in one.files.values()]
    for values in ([entry.recorded_identity for entry in ENTRIES], files):
        known = [value for value in values if value is not None]
        assert len(known) == len(set(known))


@pytest.mark.parametrize("entry", PARTS, ids=name)
def test_part_is_no_more_than_the_whole(entry):
    whole = data_set(entry.part_of)
    assert 0 < entry.share_of_official < 1
    assert entry.classes <= whole.classes or whole.classes == 1
    assert (entry.label, entry.attributes) == (whole.label, whole.attributes)
    assert entry.shape[0] == whole.shape[0]


@pytest.mark.parametrize("entry", REDUCED, ids=name)
def test_reduced_set_agrees_with_the_whole(entry):
    whole = data_set(entry.reduced_from)
    assert (entry.shape, entry.classes, entry.sources[0]) == (whole.shape, whole.classes, whole.sources[0])
    assert entry.counts == {split: count * whole.classes for split, count in entry.per_class.items()}
    assert all(entry.counts[split] <= whole.counts[split] for split in entry.counts)
    assert list(entry.counts) == list(whole.counts)


def test_only_redistributable_images_are_shipped():
    shipped = {path.stem: path.stat().st_size for path in (ROOT / "data" / "reduced").iterdir()}
    assert set(shipped) == {entry.name for entry in REDUCED}
    assert {entry.reduced_from for entry in REDUCED} <= {"mnist", "fashion-mnist", "cifar10"}
    assert all(entry.redistribution for entry in REDUCED)
    assert sum(shipped.values()) < 12e6


@pytest.mark.parametrize(
    "wrong, near", [("mnsit", "mnist"), ("mnist-reduce", "mnist-reduced"), ("MNIST-reduced", "mnist-reduced")]
)
def test_unknown_name_suggests_the_nearest(wrong, near):
    with pytest.raises(UserError, match=f"no data set '{wrong}'; the catalogue has mnist, mnist-reduced") as caught:
        data_set(wrong)
    if near is not None:
        assert str(caught.value).endswith(f" - did you mean {near!r}?")


def test_name_like_no_other_gets_no_suggestion():
    with pytest.raises(UserError) as caught:
        data_set("photographs")
    assert "did you mean" not in str(caught.value)


def test_mistyped_key_of_an_entry_is_refused():
    with pytest.raises(ValidationError, match="licens"):
        DataSet.model_validate(data_set("mnist").model_dump() | {"licens": "none"})


def test_name_may_be_that_of_a_set_or_of_a_source():
    assert [one.name for one in sources_of("cifar10-reduced")] == ["cifar10"]
    assert [one.name for one in sources_of("cifar10")] == ["cifar10", "cifar10-sheets"]
    assert [one.name for one in sources_of("inception")] == ["inception"]
    with pytest.raises(UserError, match="did you mean 'inception'"):
        sources_of("inceptoin")


def test_keys_of_a_set_that_nobody_has_verified(tmp_path, monkeypatch):
    """Preparing the whole set makes no finished job stale; preparing a part of it makes all of them so."""
    monkeypatch.chdir(tmp_path)
    entry = data_set("celeba-hq-128")
    folder = tmp_path / "data" / "prepared" / entry.name

    def prepare(share):
        card = {"counts": {"train": 1}, "identity": "f00d", "share_of_official": share}
        ImageSet(np.zeros((1, 2, 2, 3), np.uint8), np.zeros(1, np.int64), card).save(folder)

    assert (entry.identity, entry.key) == (None, UNVERIFIED)
    prepare(1.0)
    assert (entry.identity, entry.key) == ("f00d", UNVERIFIED)
    prepare(0.5)
    assert (entry.identity, entry.key) == ("f00d", "f00d")
    assert data_set("mnist").key == data_set("mnist").identity == data_set("mnist").recorded_identity


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (1, "100.0%"),
        (0.5, "50.0%"),
        (10_000 / 202_599, "4.9%"),
        (2 / 202_599, "0.001%"),
        (69_999 / 70_000, "99.999%"),
        (1 / 1_331_167, "0.0001%"),
    ],
)
def test_share_is_neither_nothing_nor_all_unless_it_is(share, shown):
    assert percent(share) == shown
