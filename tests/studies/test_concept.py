"""Concept vectors in a linear space, and the probe that measures what they do."""

import numpy as np
import pytest
import torch

from genrep.data.arrays import ImageSet
from genrep.errors import UserError
from genrep.studies import concept
from genrep.studies.abilities import Decoder, NotPossible
from genrep.studies.attributes import Probe, attribute, both_sides, coarse
from tests.studies.conftest import SHAPE, linear_decoder, linear_encoder, value

SEARCH = {"starts": 1, "steps": 50, "lr": 0.02}


@pytest.fixture
def shaded(faces) -> ImageSet:
    """The faces with the upper left quarter dark, or light where the attribute Blond_Hair is set."""
    images, blond = np.full_like(faces.images, 128), faces.attribute("Blond_Hair")
    images[:, :8, :8] = np.where(blond, 200, 60)[:, None, None, None]
    noise = np.random.default_rng(0).integers(-20, 21, images.shape)
    return ImageSet(
        np.clip(images + noise, 0, 255).astype(np.uint8), faces.labels, faces.card, faces.attributes, faces.masks
    )


def test_vector_is_the_difference_of_the_means(make_subject, shaded, blocks, grey):
    decoder, encoder = linear_decoder(blocks, grey), linear_encoder(blocks, grey)
    params = {"attribute": "Blond_Hair", "examples": 30}
    subject = make_subject(decoder, encoder, data=shaded, search=SEARCH, concept=params)
    probe, accuracy = concept.fitted_probe(subject, "Blond_Hair")
    assert accuracy == 1
    positive, negative, source = concept.examples(subject, decoder, probe, subject.params.concept)
    assert source == "encoded training images"
    vector = concept.concept_vector(positive, negative, "Blond_Hair")
    assert vector.tolist() == pytest.approx([140 / 255, 0, 0, 0], abs=0.02)


def test_edits_are_measured_where_they_are(make_subject, shaded, blocks, grey):
    """Samples get lighter in one quarter by 140/255, which is as far as the sides of the attribute are apart."""
    decoder, encoder = linear_decoder(0.1 * blocks, grey), linear_encoder(0.1 * blocks, grey)
    params = {"attribute": "Blond_Hair", "examples": 30, "frames": 4, "real_amount": 1.5}
    subject = make_subject(decoder, encoder, data=shaded, search=SEARCH, concept=params)
    found = concept.study(subject, subject.params.concept)
    region = concept.region_of(subject, "hair")
    lifted = torch.zeros(1, 1, 16, 16, dtype=torch.bool)
    lifted[..., :8, :8] = True
    inside, outside = ((lifted & mask).sum() / mask.sum() * 140 / 255 for mask in (region, ~region))
    assert value(found, "concept_strength") == pytest.approx(1, abs=0.1)
    assert value(found, "concept_inside") == pytest.approx(inside.item(), abs=0.03)
    assert value(found, "concept_outside") == pytest.approx(outside.item(), abs=0.03)
    assert value(found, "concept_selectivity") == pytest.approx((lifted & region).sum().item() / 64, abs=0.02)
    assert value(found, "seconds_per_image/encoded_concept") > 0
    assert found.tiles["real"].columns == ("0x", "0.5x", "1x", "1.5x")
    assert not found.tiles["samples"].withholdable.any()
    assert found.tiles["real"].real.all()
    assert found.tiles["samples"].images.shape == (4, 4, 3, 16, 16)


@pytest.mark.parametrize(
    ("hair", "message"),
    [
        (np.zeros((16, 16), bool), "mask 'hair' is empty in half of 20 images of faces-32; choose another region"),
        (np.ones((16, 16), bool), "mask 'hair' covers the whole image in half of 20 images of faces-32; choose"),
        (np.ones((32, 32), bool), "mask 'hair' is 32x32, but the images are 16x16; resize one of them"),
    ],
)
def test_masks_of_no_use_are_named(make_subject, faces, blocks, grey, hair, message):
    masks = np.tile(hair, (80, len(faces.card["masks"]), 1, 1))
    data = ImageSet(faces.images, faces.labels, faces.card, faces.attributes, masks)
    subject = make_subject(linear_decoder(blocks, grey), data=data, concept={"attribute": "Blond_Hair", "examples": 30})
    with pytest.raises(UserError, match=message):
        concept.study(subject, subject.params.concept)


def test_without_an_encoder_samples_are_sorted_by_the_probe(make_subject, shaded, blocks, grey):
    decoder = linear_decoder(0.3 * blocks, grey)
    subject = make_subject(decoder, data=shaded, concept={"attribute": "Blond_Hair", "examples": 50})
    found = concept.study(subject, subject.params.concept)
    assert value(found, "concept_strength") > 0.3
    assert "model has no encoder, so no real image was edited" in found.notes
    assert "real" not in found.tiles
    grey_only = Decoder(4, decoder.draw, lambda z: grey.expand(len(z), *SHAPE) + 0 * z.sum())
    subject = make_subject(grey_only, data=shaded, concept={"attribute": "Blond_Hair", "examples": 50})
    with pytest.raises(NotPossible, match="of 200 samples of model have the attribute 'Blond_Hair' by the probe"):
        concept.study(subject, subject.params.concept)


def test_a_vector_without_length_is_refused():
    z = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    with pytest.raises(NotPossible, match="concept vector of 'Blond_Hair' has no length"):
        concept.concept_vector(z, z.clone(), "Blond_Hair")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Blond", "faces-32 has no attribute 'Blond'; it has Black_Hair"),
        (7, "faces-32 has no class 7; it has 0 to 1"),
    ],
)
def test_unknown_attributes_are_named(faces, name, message):
    with pytest.raises(UserError, match=message):
        attribute(faces, name)


@pytest.mark.parametrize(("value", "which"), [(True, "negative"), (False, "positive")])
def test_one_sided_attributes_are_named(value, which):
    with pytest.raises(UserError, match=f"attribute 'Hat' has no {which} example in the training images; choose"):
        both_sides(np.full(5, value), "Hat", "the training images")


def test_probe_gives_0_and_1_to_the_means_and_agrees_with_fisher(shaded):
    found = attribute(shaded, "Blond_Hair")
    sides = both_sides(found, "Blond_Hair", "all")
    probe = Probe.fit(shaded.images, *sides)
    pixels = torch.from_numpy(shaded.images).permute(0, 3, 1, 2) / 255
    means = torch.stack([pixels[found].mean(0), pixels[~found].mean(0)])
    assert probe(means).tolist() == pytest.approx([1, 0], abs=1e-3)
    x = coarse(pixels).double().numpy()
    within = sum(np.cov(x[side].T, bias=True) * len(side) for side in sides) / len(x)
    within += 1e-2 * np.trace(within) / len(within) * np.eye(len(within))
    direction = np.linalg.solve(within, x[sides[0]].mean(0) - x[sides[1]].mean(0))
    assert np.corrcoef(direction, probe.weights)[0, 1] == pytest.approx(1, abs=1e-5)
    with pytest.raises(UserError, match="do not differ in their colours"):
        Probe.fit(np.zeros((4, 16, 16, 3), np.uint8), np.array([0, 1]), np.array([2, 3]))


def test_a_class_may_stand_for_an_attribute(faces):
    assert np.array_equal(attribute(faces, 1), faces.labels == 1)
