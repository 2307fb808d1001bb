import numpy as np
import torch

from genrep.metrics.features import Features, extract


def test_features_and_probabilities_are_the_classifiers(classifier, real):
    found = extract(classifier, real)
    assert found.features.shape == (50, 64)
    assert found.features.dtype == found.probabilities.dtype == np.float64
    with torch.inference_mode():
        expected = classifier(real.float() / 255).softmax(1)
    assert np.allclose(found.probabilities, expected, atol=1e-6)
    assert np.allclose(found.probabilities.sum(axis=1), 1, atol=1e-12)
    logits = found.features @ classifier.head.weight.detach().double().numpy().T
    logits += classifier.head.bias.detach().double().numpy()
    assert np.allclose(logits - logits[:, :1], np.log(found.probabilities / found.probabilities[:, :1]), atol=1e-5)


def test_batch_size_does_not_matter(classifier, real):
    one, other = extract(classifier, real, batch_size=50), extract(classifier, real, batch_size=7)
    assert len(one) == len(other) == 50
    assert np.allclose(one.features, other.features, atol=1e-5)
    assert np.allclose(one.probabilities, other.probabilities, atol=1e-6)


def test_rows_take_features_and_probabilities_together():
    every = Features(np.arange(4)[:, None], -np.arange(4)[:, None])
    some = every.rows([3, 1, 1])
    assert some.features[:, 0].tolist() == [3, 1, 1]
    assert some.probabilities[:, 0].tolist() == [-3, -1, -1]
    assert len(some) == 3
