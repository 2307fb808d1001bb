"""Trained runs on disk, opened for study."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from genrep.data.arrays import ImageSet
from genrep.errors import UserError
from genrep.identity import feature_code
from genrep.metrics.evaluate_inception import FEATURES
from genrep.metrics.feature_store import FeatureStore
from genrep.metrics.features import extract
from genrep.metrics.images import ArrayImages
from genrep.metrics.inception import Inception
from genrep.metrics.measure_inception import protocol
from genrep.metrics.weights import published_weights
from genrep.params import ReplicationParams
from genrep.studies.adapters import of_run
from genrep.studies.spaces import Space
from genrep.studies.subject import Subject
from genrep.training.folder import load_networks, provenance

CLASSIFIER_BATCH, INCEPTION_BATCH = 1000, 32  # images per pass
KEPT = 1000  # images of a set whose Inception features are kept on disk: other studies and models look at them, too


def open_subject(
    replication: ReplicationParams,
    name: str,
    folder: Path,
    classifier_folder: Path,
    images: ImageSet,
    classifier_images: ImageSet,
    device: torch.device,
) -> Subject:
    """A finished run as a subject.

    Args:
        replication: says how.
        name: of the run.
        folder: of the run.
        classifier_folder: of the classifier whose features are compared, unless those of the Inception network are.
        images: the run's data set.
        classifier_images: the classifier's.
        device: where the model goes.

    Raises:
        UserError: a run is not finished, was trained on other images, or the Inception weights are not here.
    """
    run, params = replication.runs[name], replication.studies
    assert params is not None
    trained_on(folder, images)
    networks = load_networks(folder, run, images, None, device)
    assert run.sampler is not None
    sampler = params.sampler_of(replication.model_of(name), run.sampler)
    model = of_run(name, networks, run, images.shape, images.card["classes"], device, sampler, params.label)
    if params.features == "inception":
        features = inception_space(replication, device)
    else:
        classifier_run = replication.runs[replication.classifier_of(name)]
        classifier = load_networks(classifier_folder, classifier_run, classifier_images, None, device)["classifier"]
        features = classifier_space(classifier, provenance(classifier_folder)["weights"])
    return Subject(model, replication.model_of(name), run, images, params, features)


def trained_on(folder: Path, images: ImageSet) -> None:
    """Refuse images that a run was not trained on; of another size they would not even fit its networks.

    Raises:
        UserError: they are other ones.
    """
    data = provenance(folder)["data"]
    if data["identity"] != images.card["identity"]:
        size = "x".join(map(str, images.shape[1:]))
        raise UserError(
            f"images of {images.card['name']}, {size}, are not those of {data['name']} that {folder} was trained on; "
            "prepare the data set again as it was, or train again"
        )


def classifier_space(classifier: nn.Module, weights: str) -> Space:
    """The layer before the logits of a trained classifier."""

    def rows(images: np.ndarray) -> np.ndarray:
        return np.concatenate([extract(classifier, part).features for part in _parts(images, CLASSIFIER_BATCH)])

    return Space("features", f"classifier-{weights[:8]}", rows)


def inception_space(replication: ReplicationParams, device: torch.device) -> Space:
    """The 2,048 features behind FID, under the protocol of the replication's Inception metrics.

    Raises:
        UserError: the weights are not here.
    """
    asked = replication.evaluation.inception
    assert asked is not None
    weights = published_weights(asked.weights)
    inception = Inception(protocol(asked, weights.identity), weights.load(), device)
    store = FeatureStore(FEATURES, feature_code())

    def rows(images: np.ndarray) -> np.ndarray:
        if len(images) >= KEPT:
            return store.features(inception, ArrayImages(images)).features
        return np.concatenate([inception(part).features.numpy() for part in _parts(images, INCEPTION_BATCH)])

    return Space("features", inception.protocol.features, rows)


def _parts(images: np.ndarray, size: int) -> Iterator[Tensor]:
    """(N, H, W, C) uint8, memory-mapped or not, in parts of (B, C, H, W)."""
    for start in range(0, len(images), size):
        yield torch.from_numpy(np.array(images[start : start + size])).permute(0, 3, 1, 2)
