"""Attributes and masks are those of the drawn face."""

from dataclasses import replace

import numpy as np
import pytest

from genrep.data.standins import generate
from genrep.data.standins.faces import HAIRS, render, sample
from genrep.data.standins.portrait import EYE_BOX, MOUTH_BOX

SIZE = 64


@pytest.fixture(scope="module")
def faces():
    return generate("faces", 160, SIZE, 0)


@pytest.fixture
def face():
    """A woman's face without anything on."""
    return replace(sample(np.random.default_rng(5)), male=False, young=True, glasses=0, hat=0, beard=0, style=3)


def changed(one, other) -> np.ndarray:
    """(H, W): where two faces differ."""
    return (render(one, SIZE).image != render(other, SIZE).image).any(-1)


def inside(box) -> np.ndarray:
    """(H, W): the pixels that a box touches."""
    left, top, right, bottom = (edge * SIZE // 256 for edge in box)
    region = np.zeros((SIZE, SIZE), bool)
    region[top : bottom + 1, left : right + 1] = True
    return region


def test_attributes_are_celebas_and_vary(faces):
    names = {"Male", "Young", "Smiling", "Eyeglasses", "Wearing_Hat", "No_Beard", *HAIRS}
    assert set(faces.attributes) == names
    for name, values in faces.attributes.items():
        assert 0.02 < values.mean() < 0.98, name
    assert (sum(faces.attributes[name].astype(int) for name in HAIRS) == 1).all()
    assert faces.attributes["No_Beard"][~faces.attributes["Male"]].all()


def test_masks_are_where_the_parts_are(faces):
    eye, face, hair = (faces.masks[name] for name in ("eye", "face", "hair"))
    assert eye.any((1, 2)).all()
    assert face.any((1, 2)).all()
    assert hair[~faces.attributes["Wearing_Hat"]].any((1, 2)).all()
    assert not (eye & hair).any()
    assert not (face & hair).any()
    assert not (eye & ~face).any()
    rows, columns = np.nonzero(eye.any(0))
    assert columns.max() < SIZE // 2  # the one on the image's left
    assert np.array_equal(eye.any(0), eye.all(0))  # eyes are aligned
    assert rows.mean() == pytest.approx((EYE_BOX[1] + EYE_BOX[3]) / 8, abs=1)
    assert 0.15 < face.mean() < 0.6


@pytest.mark.parametrize("size", [32, 128])
def test_masks_at_other_sizes(size):
    masks = generate("faces", 6, size, 0).masks
    assert masks["eye"].any((1, 2)).all()
    assert not (masks["eye"] & masks["hair"]).any()


def test_hair_mask_has_the_colour_of_the_hair(faces):
    means = {}
    for name in HAIRS:
        rows = np.flatnonzero(faces.attributes[name] & ~faces.attributes["Wearing_Hat"])
        means[name] = np.mean([faces.images[row][faces.masks["hair"][row]].mean(0) for row in rows], axis=0)
    brightness = {name: colour.mean() for name, colour in means.items()}
    yellowness = {name: colour[0] - colour[2] for name, colour in means.items()}
    assert brightness["Blond_Hair"] > brightness["Brown_Hair"] + 25 > brightness["Black_Hair"] + 35
    assert brightness["Gray_Hair"] > brightness["Black_Hair"] + 60
    assert yellowness["Blond_Hair"] > yellowness["Black_Hair"] + 40
    assert yellowness["Blond_Hair"] > yellowness["Gray_Hair"] + 40


def test_face_mask_is_skin(faces):
    for row in range(20):
        red, green, blue = faces.images[row][faces.masks["face"][row]].mean(0)
        assert red > green > blue


def test_smiling_changes_the_mouth_alone(face):
    where = changed(replace(face, smiling=True), replace(face, smiling=False))
    assert where.sum() > 60
    assert not (where & ~inside(MOUTH_BOX)).any()


def test_smile_shows_teeth(face):
    mouth = inside(MOUTH_BOX)
    smiling, calm = (render(replace(face, smiling=smiling), SIZE).image[mouth] for smiling in (True, False))
    assert (smiling.min(-1) > 180).sum() > (calm.min(-1) > 180).sum()


def test_glasses_change_the_band_of_the_eyes_alone(face):
    for kind in (1, 2):
        where = changed(face, replace(face, glasses=kind))
        assert where.sum() > 60
        assert not (where & ~inside((40, 84, 216, 148))).any()


def test_hat_covers_the_top_of_the_head(face):
    bare = render(face, SIZE).masks["hair"]
    for kind in (1, 2, 3):
        covered = render(replace(face, hat=kind), SIZE)
        assert covered.attributes["Wearing_Hat"]
        assert covered.masks["hair"].sum() < bare.sum()
        assert not covered.masks["hair"][: SIZE // 5].any()


def test_beard_darkens_the_chin(face):
    man = replace(face, male=True, style=0, skin=(243, 201, 172), tint=HAIRS["Black_Hair"])
    chin = inside((104, 212, 152, 224))
    levels = [render(replace(man, beard=beard), SIZE).image[chin].mean() for beard in (0, 1, 2)]
    assert levels[0] > levels[1] + 15 > levels[2] + 30


def test_long_hair_is_longer(face):
    area = [render(replace(face, style=style), SIZE).masks["hair"].sum() for style in (0, 2, 3)]
    assert area[0] < area[1] < area[2]


def test_women_have_longer_hair_and_men_beards(faces):
    male, hatless = faces.attributes["Male"], ~faces.attributes["Wearing_Hat"]
    area = faces.masks["hair"].mean((1, 2))
    assert area[~male & hatless].mean() > 1.3 * area[male & hatless].mean()
    assert 0.2 < (~faces.attributes["No_Beard"])[male].mean() < 0.8
