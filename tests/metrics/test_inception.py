"""Network, FID, KID and IS against clean-fid, pytorch-fid and torch-fidelity, all with the same random weights."""

from functools import cache

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from scipy.special import softmax
from torch import Tensor

import genrep.compat  # noqa: F401
from genrep.errors import UserError
from genrep.files import sha256_file
from genrep.metrics.fid import fid, moments
from genrep.metrics.inception import BODY, Inception, Outputs, build
from genrep.metrics.kid import kid
from genrep.metrics.protocol import InceptionProtocol
from genrep.metrics.score_splits import split_score
from genrep.metrics.weights import Weights
from tests.metrics.random_inception import random_images, random_state

pytest.importorskip("torch_fidelity")
STATE = "0" * 64


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return random_state()


@pytest.fixture(scope="module")
def reference(state) -> torch.nn.Module:
    return build(state)


@pytest.fixture(scope="module")
def ours(state):
    """Our network under a protocol, built once for each."""

    @cache
    def build_once(**options) -> Inception:
        return Inception(InceptionProtocol(weights=STATE, **options), state)

    return build_once


def joined(parts) -> Outputs:
    return Outputs(*(torch.cat(x) for x in zip(*parts, strict=True)))


@torch.inference_mode()
def torch_fidelity_outputs(network, images: Tensor) -> Outputs:
    return joined(network(part) for part in images.split(16))


@torch.inference_mode()
def clean_fid_outputs(network, images: Tensor) -> Outputs:
    """clean-fid's resizing and normalisation, torch-fidelity's layers: clean-fid has its own in a TorchScript file."""
    from cleanfid.resize import build_resizer

    resize = build_resizer("clean")
    parts = []
    for image in images.permute(0, 2, 3, 1).numpy():
        x = (torch.from_numpy(resize(image)).permute(2, 0, 1)[None] - 128) / 128
        for name in BODY:
            x = getattr(network, name)(x)
        features = network.AvgPool(x).flatten(1)
        parts.append((features, features @ network.fc.weight.T))
    return joined(parts)


@torch.inference_mode()
def pytorch_fid_outputs(monkeypatch, state, images: Tensor) -> Outputs:
    from cleanfid.resize import build_resizer
    from pytorch_fid import inception

    monkeypatch.setattr(inception, "load_state_dict_from_url", lambda *args, **kwargs: state)
    network = inception.InceptionV3().eval()
    resize = build_resizer("legacy_pytorch")
    parts = []
    for image in images.permute(0, 2, 3, 1).numpy():
        x = torch.from_numpy(resize(image)).permute(2, 0, 1)[None] / 255
        (maps,) = network(x)
        features = maps.flatten(1)
        parts.append((features, features @ state["fc.weight"].T))
    return joined(parts)


def outputs_of(name, monkeypatch, state, reference, images: Tensor) -> Outputs:
    if name == "legacy_tensorflow":
        return torch_fidelity_outputs(reference, images)
    if name == "clean":
        return clean_fid_outputs(reference, images)
    return pytorch_fid_outputs(monkeypatch, state, images)


def relative(found: Tensor, expected: Tensor) -> float:
    """Largest difference against the spread over images, which is what metrics see."""
    return float((found - expected).abs().max() / expected.std(dim=0).mean())


@pytest.mark.parametrize("resize", ["legacy_tensorflow", "clean", "legacy_pytorch"])
def test_features_and_logits_are_the_references(monkeypatch, state, reference, ours, resize):
    images = random_images(4, 3, 32, seed=1)
    expected = outputs_of(resize, monkeypatch, state, reference, images)
    found = ours(resize=resize)(images)
    assert found.features.shape == (4, 2048)
    assert found.logits.shape == (4, 1008)
    assert relative(found.features, expected.features) < 1e-3
    assert relative(found.logits, expected.logits) < 1e-3


def test_batch_size_does_not_matter(ours):
    network, images = ours(), random_images(5, 3, 28, seed=2)
    whole, parts = network(images), joined(network(part) for part in images.split(2))
    assert relative(parts.features, whole.features) < 1e-4


def test_grey_is_repeated_only_where_the_protocol_says_so(ours):
    images = random_images(2, 1, 28, seed=3)
    repeating = ours(grey="repeat")
    assert torch.allclose(repeating(images).features, repeating(images.expand(-1, 3, -1, -1)).features, atol=1e-5)
    with pytest.raises(UserError, match="needs RGB images, got grey ones; a protocol with grey=repeat"):
        ours()(images)
    with pytest.raises(UserError, match=r"needs uint8 images .*, got torch\.float32 \(2, 1, 28, 28\)"):
        repeating(images / 255)


def test_bf16_is_close(ours):
    images = random_images(3, 3, 28, seed=4)
    full, half = ours()(images), ours(precision="bf16")(images)
    assert half.features.dtype == torch.float32
    assert 0 < (half.features - full.features).norm() < 0.05 * full.features.norm()


def test_verified_file_is_the_network(state, ours, tmp_path):
    path = tmp_path / "inception.safetensors"
    save_file(state, path)
    weights = Weights(path, sha256=sha256_file(path))
    network = Inception(InceptionProtocol(weights=weights.identity, resize="legacy_tensorflow"), weights.load())
    assert network.protocol.network == f"inception-{sha256_file(path)[:8]}"
    images = random_images(1, 3, 28, seed=5)
    assert torch.equal(network(images).features, ours(resize="legacy_tensorflow")(images).features)


def test_bad_weights_are_named(state):
    with pytest.raises(UserError, match="the weights are not of the Inception network: ") as caught:
        build({name: value for name, value in state.items() if not name.startswith("Mixed_7c")})
    assert "\n" not in str(caught.value)
    broken = state | {"Conv2d_1a_3x3.conv.weight": state["Conv2d_1a_3x3.conv.weight"] * torch.nan}
    with pytest.raises(UserError, match="NaN or infinite"):
        Inception(InceptionProtocol(weights=STATE), broken)(random_images(1, 3, 28, seed=6))


# FID, KID and IS of the references on the same images. With few images only the features that vary most: a reference
# that takes the root of a singular covariance is itself wrong by the square root of the rounding error.
CASES = [
    pytest.param("legacy_tensorflow", 12, 4, id="legacy_tensorflow-12"),
    *(
        pytest.param(resize, 32, 16, id=f"{resize}-32", marks=pytest.mark.slow)
        for resize in ("legacy_tensorflow", "clean", "legacy_pytorch")
    ),
]


@pytest.mark.parametrize(("resize", "count", "dimensions"), CASES)
def test_metrics_are_the_references(monkeypatch, record_property, state, reference, ours, resize, count, dimensions):
    from cleanfid.fid import fid_from_feats, kernel_distance
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torch_fidelity.metric_isc import isc_features_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric

    network = ours(resize=resize)
    drawn, real = random_images(count, 3, 32, seed=7), 255 - random_images(count, 3, 32, seed=8)
    found = [joined(network(part) for part in x.split(16)) for x in (drawn, real)]
    expected = [outputs_of(resize, monkeypatch, state, reference, x) for x in (drawn, real)]

    columns = expected[1].features.std(dim=0).topk(dimensions).indices
    mine = [x.features[:, columns].numpy() for x in found]
    theirs = [x.features[:, columns].double() for x in expected]
    # random weights answer alike to every image: an offset and a scale for both sides make answers differ
    offset, scale = expected[0].logits.mean(dim=0), 2 / expected[0].logits.std(dim=0).mean()
    logits = [((x.logits - offset) * scale).double() for x in (found[0], expected[0])]
    size = count // 2
    kid_mine = kid(*mine, np.random.RandomState(3), 5, size)
    kid_theirs = kid_features_to_metric(*theirs, kid_subsets=5, kid_subset_size=size, rng_seed=3, verbose=False)
    is_mine = split_score(softmax(logits[0].numpy(), axis=1), 2)
    is_theirs = isc_features_to_metric(logits[1], splits=2, shuffle=False)
    statistics = [fid_features_to_statistics(x) for x in theirs]
    distance = fid(*map(moments, mine))
    pairs = {
        "FID, torch-fidelity": (
            distance,
            fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"],
        ),
        "FID, clean-fid": (distance, fid_from_feats(*(x.numpy() for x in theirs))),
        "KID, torch-fidelity": (kid_mine.mean, kid_theirs["kernel_inception_distance_mean"]),
        "KID, clean-fid": (
            kid(*mine, np.random.default_rng(0), 1, count).mean,
            kernel_distance(*(x.numpy() for x in theirs), num_subsets=1, max_subset_size=count),
        ),
        "IS, torch-fidelity": (is_mine.mean, is_theirs["inception_score_mean"]),
        "IS sd, torch-fidelity": (is_mine.sd, is_theirs["inception_score_std"]),
    }
    differences = {name: abs(a - b) / abs(b) for name, (a, b) in pairs.items()}
    for name, difference in differences.items():
        record_property(name, f"{pairs[name][0]:.6g}, relative difference {difference:.1e}")
    assert max(differences.values()) < 1e-4, differences
    assert is_mine.mean > 1.5
