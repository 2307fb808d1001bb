import numpy as np
import pytest

from genrep.metrics.intervals import bootstrap


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).exponential(size=400)


def test_interval_of_a_mean_is_the_normal_one(values):
    low, high = bootstrap(lambda rows: values[rows].mean(), len(values), seed=0)
    expected = 1.96 * values.std() / len(values) ** 0.5
    assert (low + high) / 2 == pytest.approx(values.mean())
    # 200 resamples know a standard error to 1 / sqrt(400): three of those
    assert (high - low) / 2 == pytest.approx(expected, rel=0.15)


def test_seed_decides(values):
    def interval(seed):
        return bootstrap(lambda rows: values[rows].mean(), len(values), seed)

    assert interval(3) == interval(3)
    assert interval(3) != interval(4)


def test_statistic_sees_rows_drawn_with_repetition():
    drawn = []
    bootstrap(lambda rows: drawn.append(rows) or float(rows.mean()), 20, seed=0)
    assert all(len(rows) == 20 and rows.min() >= 0 and rows.max() < 20 for rows in drawn)
    assert all(rows.dtype.kind == "i" for rows in drawn)
    distinct = np.mean([len(set(rows.tolist())) for rows in drawn if not np.array_equal(rows, np.arange(20))])
    assert distinct == pytest.approx(20 * (1 - (1 - 1 / 20) ** 20), rel=0.03)


def test_a_statistic_that_never_varies_has_no_width():
    assert bootstrap(lambda rows: 2.5, 20, seed=0) == (2.5, 2.5)
