import numpy as np
import pytest
import torch

from genrep.errors import UserError
from genrep.metrics.inception_score import inception_score
from genrep.metrics.score_splits import split_score


@pytest.fixture
def logits() -> torch.Tensor:
    return 2 * torch.randn(103, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("splits", [1, 2])
def test_one_hot_answers_score_their_number_of_classes(splits):
    assert split_score(np.tile(np.eye(5), (6, 1)), splits) == pytest.approx((5, 0))


def test_one_split_is_the_score_of_all(logits):
    p = logits.softmax(1).numpy()
    assert split_score(p, 1) == (inception_score(p), 0)


@pytest.mark.parametrize("splits", [1, 2, 10])
def test_torch_fidelity_agrees(logits, splits):
    import genrep.compat  # noqa: F401

    metric = pytest.importorskip("torch_fidelity.metric_isc")
    reference = metric.isc_features_to_metric(logits, splits=splits, shuffle=False)
    found = split_score(logits.softmax(1).numpy(), splits)
    assert found.mean == pytest.approx(reference["inception_score_mean"], rel=1e-12)
    assert found.sd == pytest.approx(reference["inception_score_std"], rel=1e-10, abs=1e-12)


def test_too_few_images_are_counted(logits):
    with pytest.raises(UserError, match="in 10 splits needs at least 10 images, got 9"):
        split_score(logits[:9].softmax(1).numpy(), 10)
