import numpy as np
import pytest

from genrep.errors import UserError
from genrep.metrics.path_length import path_length


def test_straight_lines_have_length_1_and_detours_more():
    assert path_length(np.outer([0, 1, 3, 7], [1.0, 2.0])) == pytest.approx(1)
    assert path_length(np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])) == pytest.approx(7 / 5)
    assert path_length(np.outer([0, 2, 1], [1.0, 0.0])) == pytest.approx(3)


def test_undefined_paths_are_refused():
    with pytest.raises(UserError, match="at least 2 images, got 1"):
        path_length(np.zeros((1, 3)))
    with pytest.raises(UserError, match="first and the last image have the same features"):
        path_length(np.array([[0.0], [1.0], [0.0]]))
