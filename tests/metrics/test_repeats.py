import numpy as np
import pytest

from genrep.errors import UserError
from genrep.metrics.repeats import repeated_draws


def test_draws_are_disjoint_where_the_pool_is_large_enough():
    seen = []
    found = repeated_draws(lambda rows: seen.append(rows) or rows.mean(), 35, 10, 3, np.random.default_rng(0))
    assert len(np.unique(np.concatenate(seen))) == 30
    assert found.values == tuple(rows.mean() for rows in seen)
    assert found.mean == pytest.approx(np.mean(found.values))
    assert found.sd == pytest.approx(np.std(found.values, ddof=1))


def test_draws_of_a_small_pool_repeat_no_row_within_a_draw():
    seen = []
    repeated_draws(lambda rows: seen.append(rows) or 0.0, 12, 10, 4, np.random.default_rng(0))
    assert [len(set(rows)) for rows in seen] == [10] * 4


def test_sd_is_that_of_the_mean_of_a_draw():
    values = np.random.default_rng(1).normal(size=40_000)
    found = repeated_draws(lambda rows: values[rows].mean(), len(values), 100, 400, np.random.default_rng(0))
    assert found.sd == pytest.approx(0.1, rel=0.12)  # three standard errors of an sd over 400 draws


def test_too_small_a_pool_is_refused():
    with pytest.raises(UserError, match="3 draws of 10 images need at least 2 draws and 10 images, got 9"):
        repeated_draws(lambda rows: 0.0, 9, 10, 3, np.random.default_rng(0))
