import numpy as np
import pytest

from genrep.errors import UserError
from genrep.metrics.kid import kid, squared_mmd

D = 8


@pytest.fixture
def sets() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, D)), rng.normal(0.5, 1.2, size=(50, D))


def test_estimate_by_hand(sets):
    x, y = sets[0][:3], sets[1][:4]

    def k(a, b):
        return (a @ b / D + 1) ** 3

    expected = np.mean([k(x[i], x[j]) for i in range(3) for j in range(3) if i != j])
    expected += np.mean([k(y[i], y[j]) for i in range(4) for j in range(4) if i != j])
    expected -= 2 * np.mean([k(a, b) for a in x for b in y])
    assert squared_mmd(x, y) == pytest.approx(expected)


def test_estimate_is_unbiased():
    """Over draws from one distribution it averages to 0, where the biased estimate would not."""
    rng = np.random.default_rng(1)
    found = [squared_mmd(*rng.normal(size=(2, 20, D))) for _ in range(400)]
    assert abs(np.mean(found)) < 3 * np.std(found) / 20
    assert min(found) < 0


def test_subset_of_everything_is_the_estimate(sets):
    found = kid(sets[0], sets[1][:40], np.random.default_rng(0), subsets=3, size=40)
    assert found.mean == pytest.approx(squared_mmd(sets[0], sets[1][:40]))
    assert found.sd == pytest.approx(0, abs=1e-12)


def test_generator_decides(sets):
    one, same, other = (kid(*sets, np.random.default_rng(seed), subsets=5, size=10) for seed in (0, 0, 1))
    assert one == same != other
    assert one.sd > 0


def test_references_agree(sets):
    """clean-fid draws from numpy's global state, so its subset is the whole set; torch-fidelity takes a seed."""
    import genrep.compat  # noqa: F401

    cleanfid = pytest.importorskip("cleanfid.fid")
    metric = pytest.importorskip("torch_fidelity.metric_kid")
    import torch

    x, y = sets[0], sets[1][:40]
    assert kid(x, y, np.random.default_rng(0), 1, 40).mean == pytest.approx(
        cleanfid.kernel_distance(x, y, num_subsets=1), rel=1e-10
    )
    found = kid(*sets, np.random.RandomState(7), subsets=6, size=30)
    reference = metric.kid_features_to_metric(
        *map(torch.from_numpy, sets), kid_subsets=6, kid_subset_size=30, rng_seed=7, verbose=False
    )
    assert found.mean == pytest.approx(reference["kernel_inception_distance_mean"], rel=1e-10)
    assert found.sd == pytest.approx(reference["kernel_inception_distance_std"], rel=1e-10)


def test_too_few_images_are_counted(sets):
    with pytest.raises(UserError, match="subsets of 45 needs at least 45 images in each set, got 40 and 50"):
        kid(*sets, np.random.default_rng(0), size=45)


def test_features_of_two_networks_are_refused(sets):
    with pytest.raises(UserError, match="features of two networks: 8 and 7 per image"):
        kid(sets[0], sets[1][:, 1:], np.random.default_rng(0))
