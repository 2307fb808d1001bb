"""Each further metric against what it must be on images made for it."""

from typing import get_args

import numpy as np
import pytest
import torch

from genrep.metrics.extra import REFERENCE, measures
from genrep.metrics.extra.class_separation import separation
from genrep.metrics.extra.layouts import chroma, luminance
from genrep.metrics.extra.manifold import inside
from genrep.metrics.variance import total_variance
from genrep.params.replications import Extra

RNG = np.random.default_rng(0)


def noise(*shape: int) -> np.ndarray:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def values(name, subject, rows=None) -> dict[str, float]:
    """By the metric's name."""
    rows = np.arange(len(subject.images)) if rows is None else np.asarray(rows)
    return {identifier.split("/")[0]: statistic(rows) for identifier, statistic in measures(name, subject).items()}


@pytest.mark.parametrize("name", get_args(Extra))
def test_ids_carry_the_sample_count_and_values_follow_from_the_rows(subject, name):
    made = subject(noise(90, 3, 16, 16), RNG.integers(0, 4, 90), RNG.integers(0, 4, 90), attributes=2)
    found = measures(name, made)
    assert found
    for identifier, statistic in found.items():
        assert "/n={n}" in identifier
        assert np.isfinite(statistic(np.arange(90)))
        assert statistic(np.arange(80)) == statistic(np.arange(80))


def test_who_cannot_be_asked_for_a_class_is_not_judged_by_it(subject):
    made = subject(noise(8, 1, 16, 16))
    assert measures("conditional", made) == measures("class_separation", made) == {}


def test_conditional_accuracy_counts_hits(subject):
    made = subject(noise(4, 1, 8, 8), classes=[0, 1, 2, 3], labels=[0, 1, 1, 1])
    assert values("conditional", made) == {"conditional_accuracy": 0.5}
    assert values("conditional", made, [0, 1]) == {"conditional_accuracy": 1.0}


def test_attribute_accuracy_is_that_of_the_worst_attribute(subject):
    """Classes are bits: 3 asked and 1 drawn is right in the first attribute and wrong in the second."""
    made = subject(noise(4, 1, 8, 8), classes=[1, 1, 2, 0], labels=[3, 3, 2, 0], attributes=2)
    assert values("conditional", made) == {"conditional_accuracy": 0.5, "attribute_accuracy": 0.5}
    swapped = subject(noise(4, 1, 8, 8), classes=[1, 0, 3, 2], labels=[0, 1, 2, 3], attributes=2)
    assert values("conditional", swapped)["attribute_accuracy"] == 0.0


def test_classes_covered_counts_those_accepted(subject):
    assert values("classes_covered", subject(noise(5, 1, 8, 8), classes=[2, 2, 0, 0, 2])) == {"classes_covered": 2.0}


def test_class_shares(subject):
    made = subject(noise(5, 1, 8, 8), classes=[1, 3, 3, 3, 0])
    assert values("class_shares", made) == {"top_class_share": 0.6, "class_1_share": 0.2}


def test_grey_images_have_no_contrast(subject):
    grey, halves = np.full((3, 3, 8, 8), 128, np.uint8), np.zeros((3, 3, 8, 8), np.uint8)
    halves[..., :4] = 255
    assert values("contrast", subject(grey))["contrast"] == pytest.approx(0, abs=1e-6)
    assert values("contrast", subject(halves))["contrast"] == pytest.approx(0.5)


def test_noise_has_more_high_frequency_than_a_blur_and_brightness_none(subject):
    sharp = noise(20, 3, 32, 32)
    blurred = torch.nn.functional.avg_pool2d(torch.from_numpy(sharp).float(), 4).repeat_interleave(4, 2)
    blurred = blurred.repeat_interleave(4, 3).round().numpy()
    of_noise = values("high_frequency", subject(sharp))["high_frequency"]
    assert of_noise == pytest.approx(np.log((256**2 - 1) / 12 / 255**2), abs=0.1)
    assert values("high_frequency", subject(blurred))["high_frequency"] < of_noise - 1
    flat = values("high_frequency", subject(np.full((2, 1, 16, 16), 9)))["high_frequency"]
    assert flat == pytest.approx(np.log(1 / (12 * 255**2)))
    (identifier,) = measures("high_frequency", subject(sharp))
    assert identifier == "high_frequency/rings=9-16/n={n}"


def test_separation_is_the_share_of_variance_between_classes():
    features = np.array([[0.0, 0], [2, 0], [10, 0], [12, 0]])
    labels = np.array([5, 5, 1, 1])
    assert separation(features, labels) == pytest.approx(100 / 104)
    assert separation(features, np.array([0, 1, 2, 3])) == pytest.approx(1.0)
    assert separation(features, np.zeros(4, int)) == pytest.approx(0.0)
    assert separation(np.ones((4, 2)), labels) == 0.0


def test_class_separation_is_over_the_classes_asked_for(subject):
    features = [[0.0, 0], [2, 0], [10, 0], [12, 0]]
    made = subject(noise(4, 1, 8, 8), labels=[0, 0, 1, 1], features=features)
    assert values("class_separation", made)["class_separation"] == pytest.approx(100 / 104)


def test_layouts_are_means_of_cells():
    image = np.zeros((1, 3, 16, 16), np.uint8)
    image[0, 0, :2, :2] = 255  # red in the first cell
    bright = luminance(torch.from_numpy(image))[0]
    assert bright[0] == pytest.approx(0.299, abs=1e-6)
    assert not bright[1:].any()
    blue, red = np.split(chroma(torch.from_numpy(image))[0], 2)
    assert (blue[0], red[0]) == (pytest.approx(-0.299, abs=1e-6), pytest.approx(0.701, abs=1e-6))
    assert chroma(torch.zeros(1, 1, 16, 16, dtype=torch.uint8)) is None
    grey = torch.full((1, 1, 16, 16), 51, dtype=torch.uint8)
    assert luminance(grey) == pytest.approx(np.full((1, 64), 0.2))


def test_style_is_variation_within_a_class_not_between(subject):
    two = np.concatenate([np.full((2, 1, 16, 16), 0), np.full((2, 1, 16, 16), 255)])
    assert values("style_diversity", subject(two, classes=[0, 0, 1, 1]))["style_diversity"] == 0.0
    assert values("style_diversity", subject(two))["style_diversity"] == pytest.approx(0.25)


def test_style_hardly_sees_noise(subject):
    """In a cell of 8x8 pixels there is a 64th of it."""
    made = subject(noise(100, 1, 64, 64))
    assert values("style_diversity", made)["style_diversity"] == pytest.approx(1 / 12 / 64, rel=0.1)


def test_shape_and_colour_are_told_apart(subject):
    """Real images are grey gradients; turned upside down they are far in shape, tinted they are far in colour."""
    ramp = np.linspace(20, 200, 16).round()[None, None, :, None] + RNG.normal(0, 15, (200, 1, 1, 16)).round()
    real = np.broadcast_to(ramp, (200, 3, 16, 16)).clip(0, 255).astype(np.uint8)
    tinted = real.copy()
    tinted[:, 0] = (tinted[:, 0] * 0.4).astype(np.uint8)
    same, turned, coloured = (
        values("layout_distance", subject(x, training=real)) for x in (real, real[:, :, ::-1], tinted)
    )
    assert same["shape_distance"] == pytest.approx(0, abs=1e-6)
    assert same["colour_distance"] == pytest.approx(0, abs=1e-6)
    assert turned["shape_distance"] > 1
    assert turned["colour_distance"] < 1e-6
    assert coloured["colour_distance"] > 0.1
    assert list(values("layout_distance", subject(noise(70, 1, 16, 16)))) == ["shape_distance"]


def test_balls_by_hand():
    """On a line, real images at 0 to 5 and at 7, balls to the second neighbour."""
    real, radii = np.array([0.0, 1, 2, 3, 4, 5, 7])[:, None], [2, 1, 1, 1, 1, 2, 3]
    found = inside(np.array([[2.5], [9.5], [-3.0]]), real, k=2)
    for x, row in zip((2.5, 9.5, -3.0), found, strict=True):
        assert row.tolist() == [abs(x - r) <= radius for r, radius in zip(real[:, 0], radii, strict=True)]


def test_density_and_coverage_of_the_same_law_of_a_mode_and_of_noise(subject):
    rng = np.random.default_rng(1)

    def at(pairs):
        """Images whose halves have these brightnesses."""
        rows = np.repeat(np.clip(pairs, 0, 1) * 255, 4, axis=1)
        return np.broadcast_to(rows[:, None, :, None], (len(pairs), 1, 8, 8))

    real, again = (at(rng.normal(0.5, 0.12, (400, 2))) for _ in range(2))
    mode, far = at(rng.normal(0.5, 0.01, (400, 2))), at(rng.uniform(0.95, 1.0, (400, 2)))
    same, collapsed, off = (values("manifold", subject(x, training=real)) for x in (again, mode, far))
    assert same["density"] == pytest.approx(1, abs=0.2)
    assert same["coverage"] > 0.9
    assert collapsed["coverage"] < 0.2
    assert collapsed["density"] > 0.9
    assert off["density"] < 0.1


def test_the_reference_is_spread_over_the_training_images(subject):
    training = (np.arange(2 * REFERENCE) % 256)[:, None, None, None] * np.ones((1, 1, 2, 2))
    reference = subject(noise(2, 1, 2, 2), training=training).reference
    assert len(reference.pixels) == REFERENCE
    assert reference.pixels[0, 0, 0, 0] == 0
    assert reference.pixels[-1, 0, 0, 0] == (2 * REFERENCE - 1) % 256
    assert reference.features.shape == (REFERENCE, 2)


def test_the_diversity_of_the_real_images_is_1_and_of_one_image_0(subject):
    real, same = noise(30, 3, 8, 8), noise(1, 3, 8, 8).repeat(30, axis=0)
    assert values("diversity", subject(real))["diversity"] == pytest.approx(1, rel=1e-5)
    assert values("diversity", subject(same, training=real))["diversity"] == pytest.approx(0, abs=1e-6)
    rows = RNG.integers(0, 30, 30)
    expected = total_variance(real[rows]) / total_variance(real)
    assert values("diversity", subject(real), rows)["diversity"] == pytest.approx(expected, rel=1e-5)
