import numpy as np
import pytest

from genrep.errors import UserError
from genrep.metrics.neighbours import furthest, nearest


@pytest.fixture
def sets() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(23, 6)).astype(np.float32), rng.normal(size=(41, 6)).astype(np.float32)


def brute(a: np.ndarray, b: np.ndarray, exclude_self: bool = False) -> np.ndarray:
    distances = np.linalg.norm(a[:, None].astype(float) - b.astype(float), axis=2)
    if exclude_self:
        np.fill_diagonal(distances, np.inf)
    return distances


@pytest.mark.parametrize("block", [1, 5, 1000])
@pytest.mark.parametrize("k", [1, 4, 41])
def test_brute_force_agrees(sets, k, block):
    found = nearest(*sets, k=k, block=block)
    expected = brute(*sets)
    assert found.distances.shape == found.indices.shape == (23, k)
    assert (found.indices == expected.argsort(axis=1)[:, :k]).all()
    assert np.allclose(found.distances, np.sort(expected, axis=1)[:, :k], rtol=1e-5)


@pytest.mark.parametrize("block", [1, 5, 1000])
@pytest.mark.parametrize("k", [1, 22])
def test_a_row_may_be_left_out_of_its_own_neighbours(sets, k, block):
    found = nearest(sets[0], sets[0], k=k, exclude_self=True, block=block)
    expected = brute(sets[0], sets[0], exclude_self=True)
    assert (found.indices == expected.argsort(axis=1)[:, :k]).all()
    assert (found.indices != np.arange(23)[:, None]).all()


@pytest.mark.parametrize("block", [1, 5, 1000])
@pytest.mark.parametrize("k", [1, 4, 41])
def test_furthest_agree_with_brute_force(sets, k, block):
    found = furthest(*sets, k=k, block=block)
    expected = brute(*sets)
    assert (found.indices == expected.argsort(axis=1)[:, ::-1][:, :k]).all()
    assert np.allclose(found.distances, np.sort(expected, axis=1)[:, ::-1][:, :k], rtol=1e-5)


def test_an_equal_row_stays_a_neighbour(sets):
    twice = np.concatenate([sets[0], sets[0][:1]])
    found = nearest(twice, twice, exclude_self=True)
    assert found.indices[0] == 23
    assert found.indices[23] == 0
    assert found.distances[0] == found.distances[23] == 0


def test_small_distances_survive_float32():
    """Far from the origin |a|^2 + |b|^2 - 2 a.b of float32 would lose distances of this size altogether."""
    rng = np.random.default_rng(0)
    base = 1000 + 50 * rng.normal(size=(30, 64))
    references = np.concatenate([base + 0.002 * rng.normal(size=base.shape) for _ in range(4)]).astype(np.float32)
    queries = base.astype(np.float32)
    found = nearest(queries, references, k=4)
    expected = brute(queries, references)
    assert np.allclose(found.distances, np.sort(expected, axis=1)[:, :4], rtol=1e-4)
    assert (found.indices == expected.argsort(axis=1)[:, :4]).all()


def test_pixels_of_a_memory_map(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    found = nearest(images[:9], mapped, k=2, block=16)
    expected = brute(images[:9].reshape(9, -1), images.reshape(60, -1))
    assert (found.indices[:, 0] == np.arange(9)).all()
    assert (found.distances[:, 0] == 0).all()
    assert np.allclose(found.distances[:, 1], np.sort(expected, axis=1)[:, 1], rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a, b: (a, b[:, 1:], {}), r"rows of one shape, got \(6,\) and \(5,\)"),
        (lambda a, b: (a, b, {"k": 42}), "42 neighbours need at least 42 references, got 41"),
        (lambda a, b: (a, a, {"k": 23, "exclude_self": True}), "need at least 24 references, got 23"),
        (lambda a, b: (a, b, {"exclude_self": True}), "both sets must be one: 23 and 41 rows"),
        (lambda a, b: (a * np.nan, b, {}), "NaN or infinite"),
        (lambda a, b: (a, b * np.nan, {}), "NaN or infinite"),
    ],
)
def test_bad_input_is_named(sets, change, message):
    a, b, options = change(*sets)
    with pytest.raises(UserError, match=message):
        nearest(a, b, **options)
