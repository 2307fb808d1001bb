"""What a replication may ask of the Inception network."""

import pytest
from pydantic import ValidationError

from genrep.errors import UserError
from genrep.params import load, resolve
from genrep.params.inception import InceptionParams
from tests.conftest import ROOT

SCORE = {"weights": "inception", "samples": (20, 100), "resize": "clean", "splits": (1, 10)}
DISTANCES = {"weights": "inception", "samples": (20,), "resize": "clean", "real": "train"}


@pytest.mark.parametrize("right", [SCORE, DISTANCES, DISTANCES | {"kid": {"subsets": 2, "size": 9}, "k": 3}])
def test_a_score_or_distances(right):
    assert InceptionParams.model_validate(right).values().keys() == right.keys()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({key: value for key, value in SCORE.items() if key != "splits"}, "nothing is measured"),
        (SCORE | {"k": 3}, "say which split of the data set"),
        (SCORE | {"kid": {"subsets": 2, "size": 9}}, "say which split of the data set"),
        (SCORE | {"splits": (30,)}, "30 splits of 20 samples leave some empty"),
        (SCORE | {"splits": (1, 1)}, "stands there twice"),
        (SCORE | {"resize": "cleen"}, "resize"),
        (DISTANCES | {"real": "validation"}, "real"),
        (SCORE | {"samples": ()}, "samples"),
    ],
)
def test_anything_else_is_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        InceptionParams.model_validate(wrong)


def test_a_mistake_in_params_is_one_line_that_names_its_place():
    params = load(ROOT / "params.yaml")
    params["fashion_mnist_is"]["full"]["evaluation"]["inception"]["resizing"] = "clean"
    with pytest.raises(UserError, match=r"evaluation\.inception\.resizing: unknown parameter - did you mean 'resize'"):
        resolve(params, "fashion_mnist_is", "full")
    params["fashion_mnist_is"]["full"]["evaluation"]["inception"] = DISTANCES | {"real": None}
    with pytest.raises(UserError, match=r"evaluation\.inception: splits: nothing is measured"):
        resolve(params, "fashion_mnist_is", "full")


def test_another_scale_may_leave_it_out():
    params = load(ROOT / "params.yaml")
    params["fashion_mnist_is"]["smoke"]["evaluation"]["inception"] = None
    assert resolve(params, "fashion_mnist_is", "smoke").evaluation.inception is None


def test_the_readings_of_the_assumptions_are_those_of_params():
    asked = resolve(load(ROOT / "params.yaml"), "fashion_mnist_is", "full").evaluation.inception
    assert asked is not None
    assert (max(asked.samples), asked.splits[0], asked.resize, asked.grey) == (5000, 1, "legacy_tensorflow", "repeat")
