import numpy as np
import pytest

from genrep.errors import UserError
from genrep.metrics.conditional_accuracy import conditional_accuracy


def test_share_of_the_classes_asked_for():
    probabilities = np.array([[0.6, 0.4, 0.0], [0.1, 0.2, 0.7], [0.4, 0.5, 0.1], [0.3, 0.3, 0.4]])
    assert conditional_accuracy(probabilities, np.array([0, 2, 0, 2])) == 0.75


@pytest.mark.parametrize(("images", "labels"), [(3, 2), (0, 0)])
def test_labels_must_match(images, labels):
    with pytest.raises(UserError, match=f"needs a label per image, got {images} and {labels}"):
        conditional_accuracy(np.zeros((images, 3)), np.zeros(labels))
