"""A subject of made-up images and probabilities."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from genrep.data.arrays import ImageSet
from genrep.metrics.extra import Reference, Subject
from genrep.metrics.features import Features

CLASSES = 4


class Brightness(nn.Module):
    """A classifier whose two features are the mean brightness of the upper and of the lower half."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, CLASSES)

    def embed(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([half.flatten(1).mean(1) for half in x.chunk(2, dim=2)], dim=1)


@pytest.fixture
def subject() -> Callable[..., Subject]:
    """``subject(images, classes, labels, ...)``: the classifier is sure of ``classes``, with 0.97."""

    def make(images, classes=None, labels=None, attributes=0, training=None, features=None) -> Subject:
        images = torch.as_tensor(np.ascontiguousarray(images), dtype=torch.uint8)
        classes = np.zeros(len(images), int) if classes is None else np.asarray(classes)
        probabilities = np.full((len(images), CLASSES), 0.01)
        probabilities[np.arange(len(images)), classes] = 0.97
        training = images if training is None else torch.as_tensor(np.ascontiguousarray(training), dtype=torch.uint8)
        array = training.permute(0, 2, 3, 1).numpy()
        real = ImageSet(array, np.zeros(len(array), np.int64), {"counts": {"train": len(array)}})
        classifier = Brightness()
        found = classifier.embed(images.float() / 255).double().numpy() if features is None else np.asarray(features)
        asked = None if labels is None else np.asarray(labels)
        judged = Features(found, probabilities)
        return Subject(images, judged, asked, attributes, 0.9, "classifier-x", Reference(real, classifier))

    return make
