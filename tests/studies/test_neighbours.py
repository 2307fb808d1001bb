"""Neighbours of samples against brute force, and what is said of models that copy, collapse or break."""

import numpy as np
import pytest
import torch

from genrep.metrics.neighbours import nearest
from genrep.studies import neighbours
from genrep.studies.abilities import NotPossible
from genrep.studies.neighbours import others
from genrep.studies.spaces import PIXELS, RealImages
from tests.studies.conftest import value


def sampler(images: np.ndarray):
    """Hands out (N, H, W, C) images as samples."""

    def sample(count, generator):
        return torch.from_numpy(images[:count].copy()).permute(0, 3, 1, 2)

    return sample


def study(make_subject, images, samples=(40,), **params):
    subject = make_subject(sample=sampler(images), neighbours={"samples": list(samples), "queries": 12} | params)
    return subject, neighbours.study(subject, subject.params.neighbours)


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = (x.reshape(len(x), -1).astype(float) for x in (a, b))
    return np.linalg.norm(a[:, None] - b, axis=2)


def test_means_are_those_of_brute_force(make_subject, faces):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)
    subject, found = study(make_subject, images, samples=(30, 40))
    training, unseen = faces.images[:60], faces.images[subject.held_out(20)]
    for space in ("pixels", "features"):
        assert value(found, f"nearest_training/{space}") == pytest.approx(
            distances(images[:12], training).min(1).mean(), rel=1e-5
        )
        assert value(found, f"nearest_training_of_unseen/{space}") == pytest.approx(
            distances(unseen, training).min(1).mean(), rel=1e-5
        )
        for n in (30, 40):
            among = distances(images[:12], images[:n])
            among[np.arange(12), np.arange(12)] = np.inf
            assert value(found, f"nearest_sample/{space}", n) == pytest.approx(among.min(1).mean(), rel=1e-5)
    unit = distances(unseen, training).min(1)
    remoteness = distances(images, training).min(1) / unit.mean()
    assert value(found, "remoteness", 40) == pytest.approx(remoteness.mean(), rel=1e-5)
    assert value(found, "worst_remoteness", 40) == pytest.approx(remoteness.max(), rel=1e-5)
    assert value(found, "bad_share", 40) == (remoteness > np.quantile(unit, 0.99) / unit.mean()).mean() == 1
    far = distances(images[:16], images[:30]).argmax(1)
    assert value(found, "furthest_remoteness", 30) == pytest.approx(remoteness[far].mean(), rel=1e-5)
    limit = np.quantile(unit, 0.99) / unit.mean()
    assert value(found, "furthest_over_unseen", 30) == pytest.approx(remoteness[far].mean() / limit, rel=1e-5)


def test_tiles_show_the_neighbours_and_say_which_are_real(make_subject, faces):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)
    _, found = study(make_subject, images)
    shown = {name: tile.images[0].transpose(0, 2, 3, 1) for name, tile in found.tiles.items()}
    assert all(np.array_equal(tiles[0], images[0]) for tiles in shown.values())
    order = distances(images[:1], faces.images[:60])[0].argsort()[:7]
    assert np.array_equal(shown["training_pixels"][1:], faces.images[order])
    order = distances(images[:1], images)[0].argsort()
    assert np.array_equal(shown["near_features"][1:], images[order[1:8]])
    assert np.array_equal(shown["far_features"][1:], images[order[::-1][:7]])
    assert found.tiles["training_features"].real.tolist() == [[False] + [True] * 7]
    assert not found.tiles["near_pixels"].real.any()


def test_copies_are_found_out(make_subject, faces):
    noisy = np.clip(faces.images[:40].astype(int) + np.random.default_rng(0).integers(-3, 4, (40, 16, 16, 3)), 0, 255)
    _, copied = study(make_subject, noisy.astype(np.uint8))
    entry = next(m for m in copied.metrics if m["name"] == "copied_share/pixels")
    assert entry["n"] == 40  # every sample, not the queries alone
    assert entry["ci_low"] == pytest.approx(0.025 ** (1 / 40), rel=1e-4)  # Clopper and Pearson's, by its closed form
    assert value(copied, "copied_share/pixels") == value(copied, "copied_share/features") == 1
    blurred = faces.images[:40].mean(axis=0, keepdims=True) * 0.95 + 0.05 * faces.images[:40]
    _, plain = study(make_subject, blurred.astype(np.uint8))
    assert value(plain, "copied_share/pixels") == 0  # near to all is no copy of one
    entry = next(m for m in plain.metrics if m["name"] == "copied_share/pixels")
    assert (entry["ci_low"], entry["ci_high"]) == (0, pytest.approx(1 - 0.025 ** (1 / 40), rel=1e-4))
    assert value(plain, "nearest_training/pixels") < value(plain, "nearest_training_of_unseen/pixels")


def test_collapse_and_breakage_show(make_subject, faces):
    few = np.tile(faces.images[60:64], (10, 1, 1, 1))
    _, collapsed = study(make_subject, few)
    assert value(collapsed, "nearest_sample/features", 40) == 0
    broken = faces.images[:40].copy()
    broken[30:] = np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3))
    _, found = study(make_subject, broken)
    assert value(found, "bad_share", 40) == 0.25
    assert value(found, "worst_remoteness", 40) > 1.5 * value(found, "remoteness", 40)


def test_the_query_itself_is_left_out_even_among_its_equals():
    rows = np.array([[0.0], [0.0], [0.0], [5.0]], np.float32)
    found, places = others(nearest(rows[:2], rows, k=3), 2)
    assert found.tolist() == [[0, 0], [0, 0]]
    assert all(row not in found for row, found in enumerate(places.tolist()))
    assert others((np.array([[0.0, 0.0]]), np.array([[2, 3]])), 1)[1].tolist() == [[2]]  # itself further back


def test_unseen_copies_of_the_training_images_are_no_yardstick(faces):
    real = RealImages(PIXELS, faces.images[:60], np.array(faces.images[:20]))
    with pytest.raises(NotPossible, match="held-out images are all among the training images"):
        real.remoteness(faces.images[60:])
