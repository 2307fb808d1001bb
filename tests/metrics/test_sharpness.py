import numpy as np
import pytest
import torch
from scipy.ndimage import laplace

from genrep.metrics.sharpness import sharpness


def grey(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels.astype(np.uint8))[None, None]


@pytest.mark.parametrize("value", [0, 200, 255])
def test_constant_image_has_none(value):
    assert sharpness(grey(np.full((8, 8), value))).tolist() == pytest.approx([0], abs=1e-10)


def test_slope_has_none_and_its_border_does_not_count():
    assert sharpness(grey(np.add.outer(10 * np.arange(8), 5 * np.arange(8)))).tolist() == pytest.approx([0], abs=1e-10)


def test_checkerboard_by_hand():
    """Inside, every pixel differs by 1 from its four neighbours: the Laplacian is +4 or -4, equally often."""
    board = 255 * (np.indices((6, 6)).sum(axis=0) % 2)
    assert sharpness(grey(board)).tolist() == pytest.approx([16])
    assert sharpness(grey(board // 255 * 51)).tolist() == pytest.approx([16 / 25])  # a fifth of the contrast


def test_channels_are_averaged(real):
    coloured = real.repeat(1, 3, 1, 1)
    assert np.allclose(sharpness(coloured), sharpness(real))
    coloured[:, 1:] = 0
    assert np.allclose(sharpness(coloured), sharpness(real) / 9)


def test_real_digits_agree_with_scipy(real):
    expected = [laplace(image[0].double().numpy() / 255)[1:-1, 1:-1].var() for image in real]
    assert np.allclose(sharpness(real), expected, rtol=1e-5)


def test_batch_size_does_not_matter(real):
    whole = sharpness(real)
    assert whole.shape == (len(real),)
    assert np.allclose(sharpness(real, batch_size=7), whole, rtol=1e-6)
