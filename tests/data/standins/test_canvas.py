"""The board: masks, gradients and segments are where they are asked for."""

import numpy as np
import pytest

from genrep.data.standins.canvas import Canvas, gradient
from genrep.data.standins.parameters import around, mix, smoothed, symmetric


@pytest.mark.parametrize("size", [8, 32, 64, 128])
def test_half_of_the_board(size):
    board = Canvas(size, (0, 0, 0))
    half = board.shape([(0, 0), (127, 0), (127, 256), (0, 256)], smooth=False)
    board.paint(half, (255, 255, 255), segment=1)
    assert board.finish().mean() == pytest.approx(127.5, abs=5)
    assert board.mask(1)[:, : size // 2 - 1].all()
    assert not board.mask(1)[:, size // 2 + 1 :].any()
    assert not board.mask(2).any()


def test_masks_of_segments_are_disjoint_and_together_whole():
    board = Canvas(16)
    board.paint(board.oval((10, 10, 200, 180)), (255, 0, 0), segment=1)
    board.paint(board.oval((90, 40, 250, 250)), (0, 255, 0), segment=2)
    first, second, both = board.mask(1), board.mask(2), board.mask(1, 2)
    assert not (first & second).any()
    assert not ((first | second) & ~both).any()


def test_placed_drawing_is_moved_scaled_and_mirrored():
    board = Canvas(64)
    board.place(128, 128, 128, mirrored=True)
    left, top, right, bottom = board.box((0, -100, 100, 100))
    assert (left, top, right, bottom) == (78, 78, 128, 178)


def test_gradients():
    glow, rim, down, right = (np.asarray(gradient(kind, 200)).astype(int) for kind in ("glow", "rim", "down", "right"))
    assert glow[128, 128] == 200
    assert max(glow[0].max(), glow[:, 0].max(), glow[-1].max(), glow[:, -1].max()) < 4  # no edge shows
    assert rim[128, 128] == 0
    assert rim[0, 0] > 195
    assert (np.diff(down, axis=0) >= 0).all() and down[-1, 0] == 200
    np.testing.assert_array_equal(right, down.T)


def test_nothing_is_painted_through_an_empty_mask_or_outside():
    board = Canvas(16, (9, 9, 9))
    board.paint(board.oval((300, 300, 320, 320)), (255, 255, 255), segment=1)
    board.soft("glow", (-90, -90, -20, -20), (255, 255, 255))
    board.mottle(board.noise(np.random.default_rng(0), 4, 4), (255, 255, 255), board.oval((300, 300, 320, 320)))
    assert (board.finish() == 9).all()
    assert not board.mask(1).any()


def test_outlines():
    assert mix((0, 100, 200), (200, 100, 0), 0) == (0, 100, 200)
    assert mix((0, 100, 200), (200, 100, 0), 256) == (200, 100, 0)
    assert around(10, 20, 30, 0) == (40, 20)
    assert around(10, 20, 30, 12 + 48) == (10, 50)
    assert symmetric(5, [(1, 0), (2, 9)]) == [(6, 0), (7, 9), (3, 9), (4, 0)]
    square = [(0, 0), (64, 0), (64, 64), (0, 64)]
    path = smoothed(square, closed=False)
    assert (path[0], path[-1]) == (square[0], square[-1])
    assert len(smoothed(square, closed=True)) == 32
