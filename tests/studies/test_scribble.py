"""Scribbles over hair, and what a denoiser with a known answer makes of them."""

import numpy as np
import pytest
import torch

from genrep.data.arrays import ImageSet
from genrep.errors import UserError
from genrep.studies import scribble
from genrep.studies.attributes import attribute
from genrep.studies.regions import having, regions
from genrep.studies.scribbles import coverage
from genrep.studies.scribbles import scribble as painted
from tests.studies.conftest import SHAPE, gaussian_denoiser, value, values

PARAMS = {"attribute": "Blond_Hair", "examples": 30, "depths": [12, 3], "strokes": 6}


def test_strokes_stay_in_the_region_and_have_the_colour():
    region = torch.zeros(2, 1, 16, 16, dtype=torch.bool)
    region[0, :, 2:7, 3:12], region[1, :, :, 9:] = True, True
    images, colour = torch.zeros(2, *SHAPE), torch.tensor([0.9, 0.6, 0.3])
    found = painted(images, region, colour, 8, np.random.default_rng(0))
    assert (found.masked_select(~region) == 0).all()
    touched = found[:, 0] > 0
    assert 0.2 < touched[0].sum() / region[0].sum() <= 1
    ratio = found[:, 1][touched] / found[:, 0][touched]
    assert torch.allclose(ratio, torch.full_like(ratio, 2 / 3), rtol=1e-3)
    assert torch.allclose(found.amax(dim=(0, 2, 3)), colour, atol=1e-2)


def test_more_strokes_cover_more_and_the_generator_decides():
    region = np.zeros((16, 16), bool)
    region[:8] = True
    shares = [coverage(region, strokes, np.random.default_rng(0)).mean().item() for strokes in (1, 4, 16)]
    assert shares == sorted(shares)
    again = [coverage(region, 4, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert torch.equal(again[0], again[1])
    assert not torch.equal(again[0], again[2])


def test_colour_is_the_mean_of_the_hair_of_those_who_have_it(make_subject, faces):
    subject = make_subject(denoiser=gaussian_denoiser(0.0, 0.3), scribble=PARAMS)
    rows = np.flatnonzero(faces.attribute("Blond_Hair")[:60])
    hair = faces.masks[:60, faces.card["masks"].index("hair")]
    rows = rows[hair[rows].any(axis=(1, 2))]
    expected = np.concatenate([faces.images[row][hair[row]] for row in rows]).mean(axis=0) / 255
    assert scribble.hair_colour(subject, subject.params.scribble).tolist() == pytest.approx(expected, abs=1e-4)


def test_face_is_kept_and_the_rest_is_what_the_denoiser_knows(make_subject):
    subject = make_subject(denoiser=gaussian_denoiser(0.2, 0.0), scribble=PARAMS)
    found = scribble.study(subject, subject.params.scribble)
    lacking = ~attribute(subject.images, "Blond_Hair")
    rows = subject.held_out(among=lacking & having(subject.images, "hair", "face"))
    images = subject.pixels(rows)
    hair, face = (regions(subject.images, name, rows) for name in ("hair", "face"))
    assert not attribute(subject.images, "Blond_Hair")[rows].any()
    tiles = found.tiles["edited"]
    assert tiles.columns == ("original", "painted", "kept", "t = 12", "t = 3")
    assert tiles.real[0].tolist() == [True, True, False, True, True]
    for depth, column in ((12, 3), (3, 4)):
        shown = torch.from_numpy(tiles.images[:, column]) / 255
        assert torch.allclose(shown.masked_select(face), images.masked_select(face), atol=1 / 255)
        assert torch.allclose(shown.masked_select(~face), torch.tensor(0.6), atol=1 / 255)
        for name, mask in (("inside", hair), ("outside", ~(hair | face))):
            change = [(0.6 - images[k][:, mask[k, 0]]).abs().mean().item() for k in range(len(images))]
            assert values(found, f"scribble_{name}/t={depth}") == pytest.approx(np.array(change), abs=1e-3)
        change = (torch.where(face, images, torch.tensor(0.6)) - images).abs()
        inside = [part[:, mask[0]].sum().item() / part.sum().item() for part, mask in zip(change, hair, strict=True)]
        assert values(found, f"scribble_selectivity/t={depth}") == pytest.approx(np.array(inside), abs=1e-3)
        score = values(found, f"scribble_strength/t={depth}") * values(found, f"scribble_selectivity/t={depth}")
        score = score / values(found, f"scribble_remoteness/t={depth}")
        assert values(found, f"scribble_score/t={depth}") == pytest.approx(score, rel=1e-3, abs=1e-5)
    assert np.array_equal(tiles.images[:, 2] == 255, face.numpy().repeat(3, 1))


def test_weak_noise_leaves_the_scribble_strong_noise_takes_it(make_subject):
    """Of white hair on dark heads: the probe sees it while it is there."""
    subject = make_subject(denoiser=gaussian_denoiser(-0.5, 0.15), scribble=PARAMS | {"depths": [30, 1]}, images=6)
    found = scribble.study(subject, subject.params.scribble)
    assert value(found, "scribble_strength/t=1") > value(found, "scribble_strength/t=30")
    depths = max((1, 30), key=lambda t: value(found, f"scribble_score/t={t}"))
    assert value(found, "scribble_strength/best") == value(found, f"scribble_strength/t={depths}")
    assert value(found, "scribble_outside/t=1") < value(found, "scribble_outside/t=30")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"depths": [31]}, r"studies\.scribble\.depths: 31 steps of noise; this model was trained with 30"),
        ({"attribute": "Blond"}, "faces-32 has no attribute 'Blond'"),
    ],
)
def test_bad_parameters_are_named(make_subject, change, message):
    subject = make_subject(denoiser=gaussian_denoiser(0.0, 0.3), scribble=PARAMS | change)
    with pytest.raises(UserError, match=message):
        scribble.study(subject, subject.params.scribble)


def test_an_attribute_that_all_have_is_named(make_subject, faces):
    attributes = faces.attributes.copy()
    attributes[:60, faces.card["attributes"].index("Blond_Hair")] = True
    data = ImageSet(faces.images, faces.labels, faces.card, attributes, faces.masks)
    subject = make_subject(denoiser=gaussian_denoiser(0.0, 0.3), data=data, scribble=PARAMS)
    with pytest.raises(UserError, match="'Blond_Hair' has no negative example in the training images of faces-32"):
        scribble.study(subject, subject.params.scribble)


@pytest.mark.parametrize(
    ("first", "message"),
    [
        (61, r"studies\.images: 4 are asked for, faces-32 has [01] test images with hair and face, without Blond_Hair"),
        (60, "mask 'hair' is empty in every test image of faces-32; choose another region, or mend the set's masks"),
    ],
)
def test_images_without_hair_are_not_taken(make_subject, faces, first, message):
    masks = faces.masks.copy()
    masks[60, faces.card["masks"].index("hair"), 0] = True
    masks[first:, faces.card["masks"].index("hair")] = False
    data = ImageSet(faces.images, faces.labels, faces.card, faces.attributes, masks)
    subject = make_subject(denoiser=gaussian_denoiser(0.0, 0.3), data=data, scribble=PARAMS)
    with pytest.raises(UserError, match=message):
        scribble.study(subject, subject.params.scribble)
