import numpy as np
import pytest

from genrep.metrics.legibility import legible


@pytest.mark.parametrize(
    ("confidence", "expected"), [(0.0, [1, 1, 1]), (0.5, [0, 1, 1]), (0.75, [0, 0, 1]), (1.0, [0, 0, 0])]
)
def test_an_image_is_legible_where_one_class_exceeds_the_confidence(confidence, expected):
    probabilities = np.array([[0.25, 0.25, 0.5], [0.75, 0.25, 0.0], [0.0, 0.125, 0.875]])
    found = legible(probabilities, confidence)
    assert found.dtype == bool
    assert found.tolist() == [bool(one) for one in expected]
