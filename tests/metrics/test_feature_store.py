import threading
import time

import numpy as np
import pytest
import torch

from genrep.errors import UserError
from genrep.files import write_json
from genrep.metrics.feature_store import FeatureStore, ImageFeatures
from genrep.metrics.images import ArrayImages, StreamImages
from genrep.metrics.inception import Outputs
from genrep.metrics.protocol import InceptionProtocol

PIXELS = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (9, 3, 8, 8), dtype=np.uint8))


class Stub:
    """Features that are the first pixels, as fast as tests like it; counts the images it sees."""

    def __init__(self, **options):
        self.protocol = InceptionProtocol(weights="ab" * 32, **options)
        self.seen = 0

    def __call__(self, images):
        self.seen += len(images)
        flat = images.flatten(1).float()
        return Outputs(flat.repeat(1, 11)[:, :2048], flat.repeat(1, 6)[:, :1008] / 50)


@pytest.fixture
def store(tmp_path) -> FeatureStore:
    return FeatureStore(tmp_path)


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_features_are_computed_once_per_set_and_protocol(store, batch_size):
    network, clean = Stub(), ArrayImages(PIXELS)
    first = store.features(network, clean, batch_size)
    assert first.features.shape == (9, 2048)
    assert first.features.dtype == np.float32
    assert np.array_equal(first.features, network(PIXELS).features)
    assert np.array_equal(first.logits, network(PIXELS).logits)
    assert first.protocol == "inception-abababab/clean"
    seen = network.seen
    again = store.features(network, ArrayImages(PIXELS))
    assert np.array_equal(first.features, again.features)
    assert network.seen == seen
    store.features(network, ArrayImages(255 - PIXELS))
    other = Stub(quantise=True)
    store.features(other, clean)
    assert (network.seen, other.seen) == (seen + 9, 9)


def test_arrays_stay_on_disk(store):
    assert isinstance(store.features(Stub(), ArrayImages(PIXELS)).features, np.memmap)


def test_probabilities_are_the_softmax_of_the_first_images(store):
    found = store.features(Stub(), ArrayImages(PIXELS))
    expected = torch.from_numpy(np.array(found.logits)).double().softmax(1)
    assert np.allclose(found.probabilities(), expected, rtol=1e-12)
    assert np.array_equal(found.probabilities(4), found.probabilities()[:4])


def test_moments_of_a_whole_set_are_kept(store, monkeypatch):
    found = store.features(Stub(), ArrayImages(PIXELS))
    first, part = store.moments(found), store.moments(found, 5)
    assert np.allclose(first.covariance, np.cov(found.features, rowvar=False))
    assert np.allclose(part.mean, found.features[:5].mean(axis=0))
    monkeypatch.delattr("genrep.metrics.feature_store.moments")
    assert np.array_equal(store.moments(found, 9).covariance, first.covariance)


def test_features_of_another_network_or_preprocessing_are_refused():
    def features(protocol):
        return ImageFeatures(protocol, "", np.zeros((2, 2)), np.zeros((2, 2)))

    features("inception-a/clean").compared_with(features("inception-a/clean"))
    with pytest.raises(UserError, match="features of inception-a/clean do not compare with those of inception-b/clean"):
        features("inception-a/clean").compared_with(features("inception-b/clean"))


def test_an_interrupted_set_leaves_nothing(store):
    def images():
        yield PIXELS[:4]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.features(Stub(), StreamImages(images(), 9, "id"))
    assert [path.name for path in store.folder.rglob("*") if path.is_file()] == [".lock"]
    assert len(store.features(Stub(), StreamImages([PIXELS], 9, "id"))) == 9


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (StreamImages([PIXELS], 10, "id"), "the stream of images ended after 9 of 10 images"),
        (StreamImages([PIXELS], 8, "id"), "holds more than the 8 images that it should"),
        (
            ArrayImages(PIXELS[:1].expand(5, -1, -1, -1)),
            "all 5 images of the image set have the same features: are they",
        ),
    ],
)
def test_wrong_counts_and_constant_images_are_named(store, images, message):
    with pytest.raises(UserError, match=message):
        store.features(Stub(), images)
    assert not list(store.folder.rglob("card.json"))


def test_features_that_changed_on_disk_are_refused(store):
    store.features(Stub(), ArrayImages(PIXELS))
    (path,) = store.folder.rglob("features.npy")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match=r"features\.npy is not what was stored; delete .* to compute it again"):
        store.features(Stub(), ArrayImages(PIXELS))


@pytest.mark.parametrize("card", [[], {"code": ""}])
def test_features_with_a_damaged_card_are_computed_again(store, card):
    network = Stub()
    first = store.features(network, ArrayImages(PIXELS))
    (path,) = store.folder.rglob("card.json")
    write_json(path, card)
    assert store.features(network, ArrayImages(PIXELS)).hash == first.hash
    assert network.seen == 2 * len(PIXELS)


def test_features_of_other_code_are_computed_again(store):
    network, images = Stub(), ArrayImages(PIXELS)
    first = store.features(network, images)
    store.moments(first)
    newer = FeatureStore(store.folder, "code")
    again = newer.features(network, images)
    assert network.seen == 2 * len(PIXELS)
    assert again.hash == first.hash != ""
    assert not list(store.folder.rglob("moments.npz"))
    newer.features(network, images)
    assert network.seen == 2 * len(PIXELS)


def test_a_second_process_waits_for_the_first(store):
    network, order = Stub(), []

    class Slow(StreamImages):
        def batches(self, size):
            order.append("looked at")
            time.sleep(0.3)
            yield from super().batches(size)

    def ask():
        store.features(network, Slow([PIXELS], 9, "id"))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order == ["looked at"]
