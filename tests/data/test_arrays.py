"""The prepared layout: what a set is, what is wrong with a folder, and what a run gets of it."""

import json

import numpy as np
import pytest
import torch

from genrep.data.arrays import DeviceImages, ImageSet, identity
from genrep.errors import UserError


def pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def small() -> ImageSet:
    """Six training and four test images in three colours."""
    card = {"name": "small", "counts": {"train": 6, "test": 4}, "identity": "f00d", "share_of_official": 1}
    return ImageSet(pixels(10, 8, 6, 3), np.arange(10), card)


def brighter(images, labels):
    images = images.copy()
    images[3, 2, 1, 0] ^= 1
    return images, labels


def relabelled(images, labels):
    return images, np.where(labels == 4, 5, labels)


def swapped(images, labels):
    order = np.array([1, 0, *range(2, len(images))])
    return images[order], labels[order]


def reshaped(images, labels):
    return images.reshape(10, 6, 8, 3), labels


def shorter(images, labels):
    return images[:-1], labels[:-1]


@pytest.mark.parametrize("change", [brighter, relabelled, swapped, reshaped, shorter])
def test_identity_sees_every_change(small, change):
    assert identity(*change(small.images, small.labels)) != identity(small.images, small.labels)


def test_identity_is_of_values_not_of_memory(small):
    strided = np.asfortranarray(small.images)
    assert strided.strides != small.images.strides
    assert identity(strided, small.labels) == identity(small.images, small.labels)


def test_identity_rejects_other_types(small):
    with pytest.raises(TypeError, match="expected uint8, got float32"):
        identity(small.images.astype(np.float32), small.labels)
    with pytest.raises(TypeError, match="expected int64, got int32"):
        identity(small.images, small.labels.astype(np.int32))


def test_saved_set_opens_as_it_was(tmp_path, small):
    small.save(tmp_path)
    opened = ImageSet.open(tmp_path)
    assert isinstance(opened.images, np.memmap)
    np.testing.assert_array_equal(opened.images, small.images)
    np.testing.assert_array_equal(opened.labels, small.labels)
    assert opened.card == small.card
    assert opened.shape == (3, 8, 6)
    assert {path.name for path in tmp_path.iterdir()} == {"images.npy", "labels.npy", "card.json"}
    assert opened.attributes is None and opened.masks is None


@pytest.fixture
def faces(small) -> ImageSet:
    """The small set with two attributes and one mask per image."""
    rng = np.random.default_rng(1)
    card = small.card | {"attributes": ["smile", "hat"], "masks": ["hair"]}
    return ImageSet(small.images, small.labels, card, rng.random((10, 2)) < 0.5, rng.random((10, 1, 8, 6)) < 0.5)


def test_attributes_and_masks_lie_beside_the_images(tmp_path, faces):
    faces.save(tmp_path)
    opened = ImageSet.open(tmp_path)
    np.testing.assert_array_equal(opened.attributes, faces.attributes)
    np.testing.assert_array_equal(opened.masks, faces.masks)
    np.testing.assert_array_equal(opened.attribute("hat"), faces.attributes[:, 1])
    with pytest.raises(UserError, match="small has no attribute 'beard'; it has smile, hat"):
        opened.attribute("beard")


def test_identity_sees_attributes_and_masks(small, faces):
    plain = identity(small.images, small.labels)
    full = identity(faces.images, faces.labels, faces.attributes, faces.masks)
    assert len({plain, full, identity(faces.images, faces.labels, ~faces.attributes, faces.masks)}) == 3


@pytest.mark.parametrize("rows", [9, 11])
def test_attributes_that_do_not_match_are_told(tmp_path, faces, rows):
    faces.save(tmp_path)
    np.save(tmp_path / "attributes.npy", np.zeros((rows, 2), bool))
    with pytest.raises(UserError, match=r"attributes.npy has shape .* run: genrep data prepare"):
        ImageSet.open(tmp_path)


@pytest.mark.parametrize("damage", ["missing", "half", "garbage"])
@pytest.mark.parametrize("name", ["images.npy", "labels.npy", "card.json"])
def test_missing_or_damaged_file_says_how_to_mend_it(tmp_path, small, name, damage):
    folder = tmp_path / "small"
    small.save(folder)
    path = folder / name
    content = {"missing": None, "half": path.read_bytes()[: path.stat().st_size // 2], "garbage": b"garbage"}[damage]
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"small is not a prepared data set .*; run: genrep data prepare small$"):
        ImageSet.open(folder)


@pytest.mark.parametrize("name", ["images.npy", "labels.npy"])
def test_empty_file_says_how_to_mend_it(tmp_path, small, name):
    small.save(tmp_path)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(UserError, match="genrep data prepare"):
        ImageSet.open(tmp_path)


@pytest.mark.parametrize("which", ["labels", "card"])
def test_counts_that_do_not_match_are_told(tmp_path, small, which):
    small.save(tmp_path)
    if which == "labels":
        np.save(tmp_path / "labels.npy", small.labels[:9])
    else:
        (tmp_path / "card.json").write_text(json.dumps(small.card | {"counts": {"train": 6, "test": 5}}))
    with pytest.raises(UserError, match=r"10 images and (10|9) labels do not match its card; run: genrep data prepare"):
        ImageSet.open(tmp_path)


def test_splits_are_slices_one_after_another(small):
    rows = {name: small.labels[small.split(name)].tolist() for name in ("train", "test", "all")}
    assert rows == {"train": [0, 1, 2, 3, 4, 5], "test": [6, 7, 8, 9], "all": list(range(10))}
    with pytest.raises(UserError, match="small has no split 'valid'; it has train, test and all"):
        small.split("valid")


@pytest.mark.parametrize("low, high", [(0, 1), (-1, 1), (-0.5, 2)])
def test_pixels_map_linearly_onto_the_range(cpu, low, high):
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    images = ImageSet(levels, np.zeros(1, np.int64), {"counts": {"train": 1}})
    batch, _ = DeviceImages(images, "train", (low, high), cpu).batch(slice(0, 1))
    assert batch.dtype == torch.float32
    np.testing.assert_allclose(batch.flatten(), np.linspace(low, high, 256), atol=1e-6)


def test_split_on_the_device_is_channels_last(small, cpu):
    data = DeviceImages(small, "test", (0, 255), cpu)
    batch, labels = data.batch(torch.tensor([3, 0]))
    assert batch.shape == (2, 3, 8, 6)
    assert data.pixels.is_contiguous(memory_format=torch.channels_last)
    assert batch.is_contiguous(memory_format=torch.channels_last)
    assert labels.tolist() == [9, 6]
    np.testing.assert_array_equal(batch.permute(0, 2, 3, 1), small.images[[9, 6]])


def test_batches_hold_every_row_once_in_order(small, cpu):
    data = DeviceImages(small, "train", (0, 1), cpu)
    labels = [labels.tolist() for _, labels in data.batches(4)]
    assert labels == [[0, 1, 2, 3], [4, 5]]
    assert len(data) == 6


def test_device_copy_does_not_change_the_file(tmp_path, small, cpu):
    small.save(tmp_path)
    DeviceImages(ImageSet.open(tmp_path), "train", (0, 1), cpu).pixels.zero_()
    np.testing.assert_array_equal(ImageSet.open(tmp_path).images, small.images)


def plain(data: DeviceImages, rows) -> torch.Tensor:
    """The arithmetic that every committed result was trained with."""
    return data.pixels[rows].float() * ((data.high - data.low) / 255) + data.low


@pytest.mark.parametrize("low, high", [(0, 1), (-1, 1), (-0.3, 0.7)])
def test_batches_are_what_they_always_were_to_the_last_bit(small, cpu, low, high):
    data = DeviceImages(small, "all", (low, high), cpu)
    for rows in (slice(2, 7), torch.tensor([5, 1, 1, 9])):
        found, expected = data.batch(rows)[0], plain(data, rows)
        assert torch.equal(found, expected)
        assert found.stride() == expected.stride()  # which decides between kernels that round differently
    assert data.pixels.dtype == torch.uint8


def test_grey_batches_have_the_strides_that_they_always_had(cpu):
    grey = ImageSet(pixels(10, 8, 6, 1), np.arange(10), {"counts": {"train": 10}})
    data = DeviceImages(grey, "train", (0, 1), cpu)
    for rows in (slice(0, 4), torch.tensor([3, 2, 7]), torch.tensor([1])):
        assert data.batch(rows)[0].stride() == plain(data, rows).stride()


def test_flip_mirrors_half_of_the_images_and_repeats_with_its_generator(small, cpu):
    def flipped(seed):
        data = DeviceImages(small, "all", (0, 1), cpu, flip=torch.Generator().manual_seed(seed))
        return torch.stack([data.batch(slice(0, 10))[0] for _ in range(100)])

    straight = DeviceImages(small, "all", (0, 1), cpu).batch(slice(0, 10))[0]
    found = flipped(0)
    mirrored = (found == straight.flip(-1)).all(dim=(2, 3, 4))
    assert torch.equal(mirrored, ~(found == straight).all(dim=(2, 3, 4)))
    assert 0.4 < mirrored.float().mean() < 0.6
    assert torch.equal(found, flipped(0))
    assert not torch.equal(found, flipped(1))


def test_shuffled_serves_every_row_once_with_its_labels_and_attributes(faces, cpu):
    data = DeviceImages(faces, "train", (0, 255), cpu)
    epochs = [list(data.shuffled(4, torch.Generator().manual_seed(seed))) for seed in (0, 0, 1)]
    first, again, other = (torch.cat([rows for _, _, rows in epoch]).tolist() for epoch in epochs)
    assert first == again != other
    assert sorted(first) == list(range(6))
    for images, labels, rows in epochs[0]:
        np.testing.assert_array_equal(images.permute(0, 2, 3, 1), faces.images[:6][rows])
        np.testing.assert_array_equal(labels, faces.labels[:6][rows])
        np.testing.assert_array_equal(data.attributes[rows], faces.attributes[:6][rows])


def test_combinations_of_attributes_become_classes(small):
    columns = np.array([[i % 2 == 1, i >= 5, i % 3 == 0] for i in range(10)])
    card = small.card | {"classes": 10, "attributes": ["odd", "late", "third"]}
    images = ImageSet(small.images, small.labels, card, attributes=columns)
    chosen = images.selected(("late", "odd"))
    assert chosen.labels.tolist() == [int(i >= 5) + 2 * (i % 2) for i in range(10)]
    assert chosen.labels.dtype == np.int64
    assert chosen.card["classes"] == 4
    assert chosen.card["class_names"] == ["none", "late", "odd", "late + odd"]
    assert images.labels.tolist() == list(range(10))
    with pytest.raises(UserError, match="no attribute 'even'; it has odd, late, third"):
        images.selected(("even",))


@pytest.mark.parametrize(("limit", "used"), [(None, 6), (2, 2), (99, 6)])
def test_a_limit_is_on_training_images_alone(small, cpu, limit, used):
    chosen = small.selected(limit=limit)
    assert chosen.split("train") == slice(0, used)
    assert chosen.split("test") == slice(6, 10)
    assert chosen.split("all") == slice(0, 10)
    data = DeviceImages(chosen, "train", (0.0, 1.0), cpu)
    assert data.batch(slice(None))[1].tolist() == list(range(used))


@pytest.mark.parametrize("card", [{}, [], {"counts": {"train": 6, "test": 4}}, {"counts": 10}])
def test_card_that_says_too_little_is_one_line(small, tmp_path, card):
    small.save(tmp_path)
    (tmp_path / "card.json").write_text(json.dumps(card))
    with pytest.raises(UserError, match=r"not a prepared data set .*card.json does not say .*run: genrep data prepare"):
        ImageSet.open(tmp_path)


@pytest.mark.parametrize(
    ("name", "array", "said"),
    [
        ("images", np.zeros((10, 8, 6), np.uint8), "images.npy is uint8 of rank 3, not uint8 of rank 4"),
        ("labels", np.zeros(10), "labels.npy is float64 of rank 1, not int64 of rank 1"),
        ("attributes", np.zeros((10, 2), np.uint8), "attributes.npy is uint8 of rank 2, not bool of rank 2"),
    ],
)
def test_array_of_another_type_is_one_line(faces, tmp_path, name, array, said):
    faces.save(tmp_path)
    np.save(tmp_path / f"{name}.npy", array)
    with pytest.raises(UserError, match=said):
        ImageSet.open(tmp_path)
