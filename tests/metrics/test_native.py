import numpy as np
import pytest

from genrep.metrics.features import extract
from genrep.metrics.frechet import Gaussian
from genrep.metrics.inception_score import inception_score
from genrep.metrics.native import NativeProtocol

WEIGHTS = "0123456789abcdef"


@pytest.fixture(scope="module")
def protocol(classifier, real, digits) -> NativeProtocol:
    """Its real training images are the images that the tests measure."""
    return NativeProtocol(
        classifier, WEIGHTS, Gaussian.fit(extract(classifier, real).features), 0.25, seed=0, training=digits
    )


def by_name(protocol, images, n, intervals=False):
    return {metric["name"]: metric for metric in protocol.measure(images, (n,), intervals)}


def test_ids_carry_the_protocol(protocol, real):
    found = protocol.measure(real, (10, 50), intervals=False)
    assert [metric["id"] for metric in found] == [
        f"{name}/n={n}{rest}"
        for n in (10, 50)
        for name, rest in (
            ("fid/classifier-01234567", "/train"),
            ("inception_score/classifier-01234567", "/splits=1"),
            ("legible_share/classifier-01234567", "/confidence=0.25"),
            ("sharpness/laplacian", ""),
        )
    ]
    assert [metric["n"] for metric in found] == [10] * 4 + [50] * 4
    assert {metric["ci_low"] for metric in found} == {metric["ci_high"] for metric in found} == {None}


def test_the_reference_itself_is_at_distance_0(protocol, real):
    assert by_name(protocol, real, 50)["fid"]["value"] == pytest.approx(0, abs=1e-9)
    assert by_name(protocol, 255 - real, 50)["fid"]["value"] > 1e-4


def test_only_the_first_n_images_count(protocol, real):
    darkened = real.clone()
    darkened[20:] = 0
    one, other = (by_name(protocol, images, 20) for images in (real, darkened))
    for name in one:
        assert one[name]["value"] == pytest.approx(other[name]["value"], rel=1e-4)
    assert (
        by_name(protocol, darkened, 50)["sharpness"]["value"] < 0.6 * by_name(protocol, real, 50)["sharpness"]["value"]
    )


def test_legible_share_follows_the_confidence(classifier, protocol, real):
    largest = extract(classifier, real).probabilities.max(axis=1)
    median = float(sorted(largest)[24])  # 25 of 50 lie above it
    at_median = NativeProtocol(classifier, WEIGHTS, protocol.reference, median, seed=0, training=protocol.training)
    assert by_name(at_median, real, 50)["legible_share"]["value"] == 0.5


def test_intervals_enclose_their_values_and_depend_on_the_seed_alone(protocol, real):
    found, again = (by_name(protocol, real, 20, intervals=True) for _ in range(2))
    assert found == again
    for name in ("fid", "inception_score", "sharpness"):
        assert found[name]["ci_low"] < found[name]["value"] < found[name]["ci_high"]


def test_larger_images_are_averaged_to_the_classifiers_size(protocol, real):
    doubled = real.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    found, plain = by_name(protocol, doubled, 50), by_name(protocol, real, 50)
    assert [found[name]["value"] for name in plain] == pytest.approx([m["value"] for m in plain.values()], abs=1e-6)


def test_a_score_over_splits_is_their_mean_and_says_so(classifier, protocol, real, digits):
    split = NativeProtocol(classifier, WEIGHTS, protocol.reference, 0.25, seed=0, training=digits, splits=5)
    found = by_name(split, real, 50)["inception_score"]
    assert found["id"] == "inception_score/classifier-01234567/n=50/splits=5"
    probabilities = extract(classifier, real).probabilities
    parts = [inception_score(part) for part in probabilities.reshape(5, 10, -1)]
    assert found["value"] == pytest.approx(sum(parts) / 5)
    assert found["sd"] == pytest.approx(np.std(parts))
    whole = by_name(protocol, real, 50)["inception_score"]
    assert whole["value"] == inception_score(probabilities)
    assert "sd" not in whole
