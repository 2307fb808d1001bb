"""Parts of a set by attributes: what is left in each split, and what is said where nothing is."""

import numpy as np
import pytest

from genrep.data.arrays import ImageSet
from genrep.data.filters import filtered
from genrep.data.prepare import images_of
from genrep.errors import UserError
from genrep.params.training import DataParams

NAMES = ["Smiling", "Eyeglasses", "Hat"]
ATTRIBUTES = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 0], [0, 1, 0]], bool)  # four train, two test


@pytest.fixture
def faces() -> ImageSet:
    pixels = np.arange(6, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)
    card = {"name": "few", "counts": {"train": 4, "test": 2}, "attributes": NAMES, "classes": 2, "identity": "i"}
    return ImageSet(pixels, np.arange(6), card, attributes=ATTRIBUTES)


def test_without_a_filter_nothing_changes(faces):
    assert filtered(faces, {}) is faces


@pytest.mark.parametrize(
    ("where", "left", "counts"),
    [
        ({"Smiling": True}, [0, 1, 4], {"train": 2, "test": 1}),
        ({"Smiling": False}, [2, 3, 5], {"train": 2, "test": 1}),
        ({"Smiling": False, "Eyeglasses": True}, [2, 5], {"train": 1, "test": 1}),
    ],
)
def test_images_with_the_attributes_are_left_in_every_split(faces, where, left, counts):
    found = filtered(faces, where)
    assert found.images[:, 0, 0, 0].tolist() == found.labels.tolist() == left
    assert found.card["counts"] == counts
    assert found.card["identity"] == "i"
    assert found.labels[found.split("test")].tolist() == left[counts["train"] :]
    assert np.array_equal(found.attributes, ATTRIBUTES[left])


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ({"Hat": True}, "data.where: no train image of few is Hat; ask for less"),
        ({"Smiling": True, "Eyeglasses": True}, "no test image of few is Smiling and Eyeglasses"),
        ({"Smiling": False, "Eyeglasses": False}, "no test image of few is not Smiling and not Eyeglasses"),
        ({"Beard": True}, "few has no attribute 'Beard'; it has Smiling, Eyeglasses, Hat"),
    ],
)
def test_a_filter_that_leaves_nothing_is_one_line(faces, where, line):
    with pytest.raises(UserError, match=line):
        filtered(faces, where)


def test_a_run_sees_the_first_images_of_those_that_are_left(monkeypatch, faces):
    monkeypatch.setattr("genrep.data.prepare.prepared", lambda name: faces)
    data = DataParams(set="few", split="train", range=(0, 1), where={"Smiling": True}, limit=1)
    assert images_of(data).labels[images_of(data).split("train")].tolist() == [0]
    everything = data.model_copy(update={"where": {}, "limit": None})
    assert len(images_of(everything).labels) == 6
