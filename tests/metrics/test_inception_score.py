import numpy as np
import pytest
import torch
from torch.distributions import Categorical, kl_divergence

from genrep.metrics.inception_score import inception_score


@pytest.mark.parametrize("classes", [2, 10])
def test_balanced_certainty_scores_the_number_of_classes(classes):
    assert inception_score(np.tile(np.eye(classes), (7, 1))) == pytest.approx(classes)


@pytest.mark.parametrize("answer", [[1.0, 0.0, 0.0], [0.2, 0.3, 0.5]])
def test_one_answer_to_everything_scores_1(answer):
    assert inception_score(np.tile(answer, (20, 1))) == pytest.approx(1)


def test_certainty_scores_the_exponential_of_the_entropy_of_its_classes():
    share = np.array([0.7, 0.2, 0.1])
    expected = np.exp(-(share * np.log(share)).sum())
    assert inception_score(np.repeat(np.eye(3), [7, 2, 1], axis=0)) == pytest.approx(expected)


def test_divergence_is_that_of_torch():
    p = np.random.default_rng(0).dirichlet(np.ones(5), size=40)
    probabilities = torch.from_numpy(p)
    divergence = kl_divergence(Categorical(probabilities), Categorical(probabilities.mean(0)))
    assert inception_score(p) == pytest.approx(divergence.mean().exp().item())
