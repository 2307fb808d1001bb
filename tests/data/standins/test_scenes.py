"""Scenes are told apart by what they show."""

import numpy as np
import pytest

from genrep.data.standins import generate, scenes


def test_classes_are_told_apart(centroid_accuracy):
    drawn = generate("scenes", 300, 32, 0)
    assert centroid_accuracy(drawn, 100, 16) > 0.35  # chance: 0.1


@pytest.mark.parametrize("name", scenes.CLASSES)
def test_thing_stands_out_from_its_background(name, monkeypatch):
    label = scenes.CLASSES.index(name)
    _, backdrops, y = scenes.THINGS[name]
    shown = scenes.draw(np.random.default_rng(0), 64, label).image.astype(int)
    monkeypatch.setitem(scenes.THINGS, name, (lambda board, rng: None, backdrops, y))
    empty = scenes.draw(np.random.default_rng(0), 64, label).image.astype(int)
    # The light is drawn last, so it may differ: compare the picture without its overall level.
    share = shown.mean() / empty.mean()
    differs = (np.abs(shown - empty * share) > 24).any(-1)
    assert 0.05 < differs.mean() < 0.8
    assert differs[24:40, 24:40].mean() > 0.3  # it is in the middle


def test_backgrounds_and_colours_vary():
    images = np.stack([scenes.draw(np.random.default_rng(k), 32, scenes.CLASSES.index("cup")).image for k in range(20)])
    assert images[:, 2, 2].astype(float).std(0).mean() > 12
    assert images[:, 16, 16].astype(float).std(0).mean() > 12
