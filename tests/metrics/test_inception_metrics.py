from dataclasses import replace

import numpy as np
import pytest

from genrep.errors import UserError
from genrep.metrics.feature_store import FeatureStore, ImageFeatures
from genrep.metrics.fid import fid, moments
from genrep.metrics.inception_metrics import InceptionMetrics
from genrep.metrics.protocol import InceptionProtocol
from genrep.metrics.score_splits import split_score

pytest.importorskip("torch_fidelity")
PROTOCOL = InceptionProtocol(weights="ab" * 32)


def image_features(seed: int, count: int, protocol: InceptionProtocol = PROTOCOL) -> ImageFeatures:
    rng = np.random.default_rng(seed)
    features, logits = rng.normal(seed, 1, size=(count, 16)), rng.normal(size=(count, 5))
    return ImageFeatures(protocol.features, f"set{seed}", features.astype(np.float32), logits.astype(np.float32))


@pytest.fixture
def metrics(tmp_path) -> InceptionMetrics:
    return InceptionMetrics(
        FeatureStore(tmp_path),
        PROTOCOL,
        image_features(0, 60),
        "train",
        seed=0,
        splits=(1, 4),
        subsets=3,
        subset_size=20,
    )


def test_every_metric_has_its_id_and_its_value(metrics):
    found = image_features(1, 40)
    rows = metrics.measure(found, 30)
    stem = "inception-abababab/n=30"
    assert [row["id"] for row in rows] == [
        f"fid/{stem}/train/clean",
        f"kid/{stem}/train/subsets=3x20/clean",
        f"precision/{stem}/train/k=3/clean",
        f"recall/{stem}/train/k=3/clean",
        f"inception_score/{stem}/splits=1/clean",
        f"inception_score/{stem}/splits=4/clean",
    ]
    assert [row["name"] for row in rows] == [
        "fid/inception",
        "kid/inception",
        "precision/inception",
        "recall/inception",
        "inception_score/inception",
        "inception_score/inception/splits=4",
    ]
    assert {row["n"] for row in rows} == {30}
    assert [row["sd"] is not None for row in rows] == [False, True, False, False, False, True]
    assert {row["ci_low"] for row in rows} == {None}
    values = {row["id"].rsplit("/", 1)[0]: row["value"] for row in rows}
    assert values[f"fid/{stem}/train"] == pytest.approx(
        fid(moments(found.features[:30]), moments(metrics.real.features))
    )
    assert values[f"inception_score/{stem}/splits=4"] == split_score(found.probabilities(30), 4).mean
    assert rows == metrics.measure(found, 30)


def test_every_row_can_have_an_interval(metrics):
    rows = metrics.measure(image_features(1, 40), 30, intervals=True)
    assert all(row["ci_low"] <= row["value"] <= row["ci_high"] for row in rows)
    assert all(row["ci_low"] < row["ci_high"] for row in rows if row["value"] not in (0, 1))
    assert [row["value"] for row in rows] == [row["value"] for row in metrics.measure(image_features(1, 40), 30)]


def test_without_real_images_there_is_the_score_alone(metrics):
    rows = replace(metrics, real=None).measure(image_features(1, 40), 30)
    assert [row["name"] for row in rows] == ["inception_score/inception", "inception_score/inception/splits=4"]
    fid_alone = replace(metrics, splits=(), subsets=0, k=0)
    assert [row["name"] for row in fid_alone.measure(image_features(1, 40), 30)] == ["fid/inception"]
    with pytest.raises(UserError, match="nothing to measure"):
        replace(fid_alone, real=None).measure(image_features(1, 40), 30)


def test_real_images_against_themselves(metrics):
    by_name = {row["name"]: row["value"] for row in metrics.measure(metrics.real, 60)}
    assert by_name["fid/inception"] == pytest.approx(0, abs=1e-6)
    assert by_name["precision/inception"] == by_name["recall/inception"] == 1


def test_subsets_are_no_larger_than_the_sample(metrics):
    assert "subsets=3x12" in metrics.measure(image_features(1, 40), 12)[1]["id"]


def test_too_few_images_and_other_networks_are_refused(metrics):
    with pytest.raises(
        UserError, match="inception_score/inception-abababab/n=50/splits=1/clean needs 50 images, got 40"
    ):
        metrics.measure(image_features(1, 40), 50)
    other = PROTOCOL.model_copy(update={"resize": "legacy_pytorch"})
    with pytest.raises(
        UserError, match="abababab/legacy_pytorch do not compare with those of inception-abababab/clean"
    ):
        metrics.measure(image_features(1, 40, other), 30)
