"""Every entry of the catalogue is one that can be fetched, checked and credited."""

import re

import pytest
from pydantic import ValidationError

from genrep.data.catalogue import DataSet, catalogue, data_set
from genrep.data.prepare import LOADERS
from genrep.errors import UserError
from tests.conftest import ROOT

ENTRIES = list(catalogue().values())
REDUCED = [entry for entry in ENTRIES if entry.reduced_from is not None]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_entry_is_valid(entry):
    assert entry.loader in LOADERS
    assert all(count > 0 for count in entry.counts.values())
    assert all(size > 0 for size in entry.shape)
    assert entry.classes > 0
    assert re.match(r"https?://", entry.homepage)
    assert entry.title and entry.source and entry.citation and entry.licence
    assert entry.identity is None or re.fullmatch("[0-9a-f]{64}", entry.identity)
    assert all(re.fullmatch("[0-9a-f]{32}", md5) for md5 in entry.files.values())
    assert bool(entry.files) == (entry.mirror is not None)


def test_identities_and_files_are_distinct():
    for values in ([entry.identity for entry in ENTRIES], [md5 for entry in ENTRIES for md5 in entry.files.values()]):
        known = [value for value in values if value is not None]
        assert len(known) == len(set(known))


@pytest.mark.parametrize("entry", REDUCED, ids=lambda entry: entry.name)
def test_reduced_set_agrees_with_its_source(entry):
    source = data_set(entry.reduced_from)
    assert (entry.shape, entry.classes, entry.licence) == (source.shape, source.classes, source.licence)
    assert entry.counts == {split: count * source.classes for split, count in entry.per_class.items()}
    assert all(entry.counts[split] <= source.counts[split] for split in entry.counts)
    assert list(entry.counts) == list(source.counts)


@pytest.mark.parametrize("entry", REDUCED, ids=lambda entry: entry.name)
def test_only_redistributable_images_are_shipped(entry):
    assert (ROOT / "data" / "reduced" / f"{entry.name}.npz").is_file()
    assert data_set(entry.reduced_from).redistribution


@pytest.mark.parametrize("name, near", [("mnsit", "mnist"), ("mnist-reduce", "mnist-reduced"), ("MNIST-reduced", None)])
def test_unknown_name_suggests_the_nearest(name, near):
    with pytest.raises(UserError, match=f"no data set '{name}'; the catalogue has mnist, mnist-reduced") as caught:
        data_set(name)
    if near is not None:
        assert str(caught.value).endswith(f" - did you mean {near!r}?")


def test_name_like_no_other_gets_no_suggestion():
    with pytest.raises(UserError) as caught:
        data_set("photographs")
    assert "did you mean" not in str(caught.value)


def test_mistyped_key_of_an_entry_is_refused():
    with pytest.raises(ValidationError, match="licens"):
        DataSet.model_validate(data_set("mnist").model_dump() | {"licens": "none"})
