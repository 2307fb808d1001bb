import pytest
import torch
from torch import nn

from genrep.models import build
from tests.models.layers import conv, count, linear, norm_layer


@pytest.fixture(scope="module")
def classifier(full) -> nn.Module:
    return build(full["classifier"], (1, 28, 28), 10, seed=0)["classifier"]


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def test_parameters(classifier):
    stages = sum(conv(i, o) + conv(o, o) + 2 * norm_layer(o) for i, o in ((1, 32), (32, 64)))
    assert count(classifier) == stages + linear(7 * 7 * 64, 64) + linear(64, 10) == 266_794


def test_logits_are_linear_in_the_features(classifier, images):
    classifier.eval()
    features = classifier.embed(images)
    assert features.shape == (4, 64)
    assert features.min() == 0  # after a ReLU
    logits = classifier(images)
    assert logits.shape == (4, 10)
    assert torch.allclose(logits, features @ classifier.head.weight.T + classifier.head.bias, atol=1e-5)


def test_evaluation_mode_drops_nothing_and_judges_each_image_alone(classifier, images):
    classifier.train()
    assert not torch.equal(classifier(images), classifier(images))
    classifier.eval()
    assert torch.allclose(classifier(images)[:2], classifier(images[:2]), atol=1e-5)
