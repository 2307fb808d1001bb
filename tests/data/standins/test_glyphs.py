"""Characters are dark on light, inside the image and told apart by their shape."""

import sys

import numpy as np
import pytest

from genrep.data.standins import generate, glyphs
from genrep.errors import UserError


def test_classes_are_char74ks():
    assert "".join(glyphs.CLASSES) == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_ink_is_dark_on_light_and_inside():
    images = generate("glyphs", 124, 64, 0).images[..., 0]
    border = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], axis=1)
    assert (np.median(border, axis=1) >= 224).all()
    assert (images.reshape(124, -1).min(1) <= 60).all()
    ink = (images < 128).mean((1, 2))
    assert ((ink > 0.01) & (ink < 0.5)).all()
    assert (border < 128).mean() < 0.005


def test_classes_are_told_apart(centroid_accuracy):
    drawn = generate("glyphs", 62 * 14, 32, 0)
    assert centroid_accuracy(drawn, 62 * 4, 16) > 0.35  # chance: 0.016


@pytest.mark.parametrize("name", glyphs.FONTS)
def test_fonts_have_every_character(name):
    face = glyphs.font(name, 40)
    shapes = {bytes(face.getmask(character)) for character in glyphs.CLASSES}
    assert len(shapes) == len(glyphs.CLASSES)  # a missing one would be drawn as the same box as any other


@pytest.fixture
def fresh():
    """No folder and no font remembered, before or after."""
    remembering = (glyphs.fonts_folder, glyphs.font)
    for cached in remembering:
        cached.cache_clear()
    yield
    for cached in remembering:
        cached.cache_clear()


def test_without_matplotlib_the_mend_is_named(fresh, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UserError, match=r"matplotlib's fonts.*not installed; run: pip install .*\[workflow\]"):
        generate("glyphs", 1, 32, 0)
    assert generate("scenes", 1, 32, 0).images.any()


def test_missing_font_is_named(fresh, monkeypatch, tmp_path):
    monkeypatch.setattr(glyphs, "fonts_folder", lambda: tmp_path)
    monkeypatch.setattr(glyphs, "FONTS", ("DejaVuSans",))
    with pytest.raises(UserError, match=r"DejaVuSans.ttf cannot be read .*; reinstall matplotlib"):
        glyphs.draw(np.random.default_rng(0), 32, 0)
