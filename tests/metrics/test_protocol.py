import pytest
from pydantic import ValidationError

from genrep.errors import UserError
from genrep.metrics.protocol import InceptionProtocol, require

WEIGHTS = "0123456789abcdef" * 4


def test_ids_carry_the_protocol():
    protocol = InceptionProtocol(weights=WEIGHTS)
    assert protocol.features == "inception-01234567/clean"
    assert protocol.fid(10000, "train") == "fid/inception-01234567/n=10000/train/clean"
    assert protocol.kid(500, "test", 100, 500) == "kid/inception-01234567/n=500/test/subsets=100x500/clean"
    assert protocol.inception_score(64, 1) == "inception_score/inception-01234567/n=64/splits=1/clean"
    assert protocol.precision_recall(64, "train", 3) == (
        "precision/inception-01234567/n=64/train/k=3/clean",
        "recall/inception-01234567/n=64/train/k=3/clean",
    )


def test_every_departure_from_the_defaults_is_named():
    changes = {"resize": "legacy_pytorch", "quantise": True, "grey": "repeat", "precision": "bf16"}
    ids = {InceptionProtocol(weights=WEIGHTS, **{key: value}).features for key, value in changes.items()}
    assert len(ids | {InceptionProtocol(weights=WEIGHTS).features}) == 5
    every = InceptionProtocol(weights=WEIGHTS, **changes)
    assert every.fid(9, "train") == "fid/inception-01234567/n=9/train/legacy_pytorch/quantised/grey-repeated/bf16"


@pytest.mark.parametrize("change", [{"resize": "nearest"}, {"weights": "none"}, {"n": 3}])
def test_unknown_protocols_are_refused(change):
    with pytest.raises(ValidationError):
        InceptionProtocol(**{"weights": WEIGHTS, **change})


def test_too_few_images_are_counted():
    require("fid/x", 10, 10)
    with pytest.raises(UserError, match="fid/x needs 10000 images, got 9000; sample 1000 more"):
        require("fid/x", 10000, 9000)
