"""What holds for every stand-in: the layout, the range of its pixels and what an image depends on."""

import subprocess
import sys
import zlib

import numpy as np
import pytest

from genrep.data.standins import CLASSES, STANDINS, generate
from genrep.errors import UserError

NAMES = sorted(STANDINS)


@pytest.mark.parametrize("size", [32, 64, 128])
@pytest.mark.parametrize("name", NAMES)
def test_layout(name, size):
    drawn = generate(name, 5, size, 0)
    assert drawn.images.shape == (5, size, size, 1 if name == "glyphs" else 3)
    assert drawn.images.dtype == np.uint8
    assert drawn.labels.shape == (5,)
    assert drawn.labels.dtype == np.int64
    for values in drawn.attributes.values():
        assert values.shape == (5,)
        assert values.dtype == bool
    for masks in drawn.masks.values():
        assert masks.shape == (5, size, size)
        assert masks.dtype == bool
    spread = drawn.images.reshape(5, -1).std(1)
    assert (spread > 10).all()  # no image is blank


@pytest.mark.parametrize("name", NAMES)
def test_smaller_set_is_a_prefix(name):
    many, few = generate(name, 9, 32, 4), generate(name, 4, 32, 4)
    np.testing.assert_array_equal(many.images[:4], few.images)
    np.testing.assert_array_equal(many.labels[:4], few.labels)
    for key, values in few.attributes.items():
        np.testing.assert_array_equal(many.attributes[key][:4], values)
    for key, masks in few.masks.items():
        np.testing.assert_array_equal(many.masks[key][:4], masks)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_images_are_the_same(name):
    classes = len(CLASSES[name])
    drawn = np.concatenate([generate(name, min(2 * classes, 40), 32, seed).images for seed in (0, 1)])
    assert len(np.unique(drawn.reshape(len(drawn), -1), axis=0)) == len(drawn)


@pytest.mark.parametrize("name", NAMES)
def test_size_changes_the_sharpness_not_the_picture(name):
    small, large = (generate(name, 4, size, 0).images.astype(float) for size in (32, 64))
    N, H, W, C = small.shape
    reduced = large.reshape(N, H, 2, W, 2, C).mean((2, 4))
    for one, other in zip(small, reduced, strict=True):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("name", NAMES)
def test_classes_take_turns(name):
    classes = len(CLASSES[name])
    labels = generate(name, 2 * classes, 8, 0).labels
    assert np.bincount(labels).tolist() == [2] * classes


@pytest.mark.parametrize("name", NAMES)
def test_label_can_be_asked_for_or_left_to_chance(name):
    last = len(CLASSES[name]) - 1
    assert STANDINS[name](np.random.default_rng(0), 16, last).label == last
    assert 0 <= STANDINS[name](np.random.default_rng(0), 16, None).label <= last
    for label in (-1, last + 1):
        with pytest.raises(ValueError, match=f"label {label} is not in 0 to {last}"):
            STANDINS[name](np.random.default_rng(0), 16, label)


@pytest.mark.parametrize(("name", "hint"), [("face", " - did you mean 'faces'?"), ("zebras in spring", "")])
def test_unknown_name_suggests_the_nearest(name, hint):
    with pytest.raises(UserError) as caught:
        generate(name, 1, 32, 0)
    assert str(caught.value) == f"no stand-in {name!r}; there are faces, landscapes, glyphs, scenes{hint}"


@pytest.mark.parametrize(("what", "numbers"), [("count", (0, 32, 0)), ("size", (1, 7, 0)), ("seed", (1, 32, -1))])
def test_number_out_of_range_is_named(what, numbers):
    with pytest.raises(UserError, match=f"stand-in faces: {what} is -?[0-9]+; it must be at least"):
        generate("faces", *numbers)


def test_another_process_draws_the_same_and_only_glyphs_load_matplotlib():
    program = (
        "import sys, zlib; from genrep.data.standins import generate\n"
        "print([zlib.crc32(generate(name, 2, 32, 3).images.tobytes()) for name in ('faces', 'landscapes', 'scenes')])\n"
        "assert 'matplotlib' not in sys.modules"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    here = [zlib.crc32(generate(name, 2, 32, 3).images.tobytes()) for name in ("faces", "landscapes", "scenes")]
    assert found.strip() == str(here)
