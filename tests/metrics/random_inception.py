"""Random weights for the Inception network, and images to show it."""

import io

import torch
from torch import Tensor
from torch.nn import functional as F

from genrep.metrics.inception import Inception
from genrep.metrics.optional import torch_fidelity
from genrep.metrics.protocol import InceptionProtocol


def random_state(seed: int = 0) -> dict[str, Tensor]:
    """He initialisation, which keeps features apart where PyTorch's own would shrink them layer by layer.

    Batch normalisation gets statistics of its own too, so that folding it in is tested.
    """
    rng = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in _shapes().items():
        if name == "fc.weight":
            state[name] = torch.randn(shape, generator=rng)
        elif len(shape) == 4:
            state[name] = torch.randn(shape, generator=rng) * (2 / shape[1:].numel()) ** 0.5
        elif name.endswith(("running_var", "bn.weight")):
            state[name] = 0.8 + 0.4 * torch.rand(shape, generator=rng)
        else:
            state[name] = 0.1 * torch.randn(shape, generator=rng)
    return state


def telling(state: dict[str, Tensor], images: Tensor) -> dict[str, Tensor]:
    """The same with class weights at a right angle to what images have in common, so that classes differ by image.

    Args:
        state: random weights, which answer almost alike to every image.
        images: (N, 3, H, W) uint8 of the kind that will be shown.
    """
    network = Inception(InceptionProtocol(weights="0" * 64, resize="legacy_tensorflow"), state)
    features = network(images).features
    common = features.mean(dim=0, keepdim=True)  # (1, 2048)
    classes = state["fc.weight"] - (state["fc.weight"] @ common.T) @ common / common.square().sum()
    return state | {"fc.weight": classes * (3 / (features @ classes.T).std())}


def _shapes() -> dict[str, torch.Size]:
    class Unloaded(torch_fidelity("feature_extractor_inceptionv3").FeatureExtractorInceptionV3):
        def load_state_dict(self, state_dict):
            assert not state_dict

    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    state = Unloaded("shapes", ["2048"], feature_extractor_weights_path=nothing).state_dict()
    return {name: value.shape for name, value in state.items() if not name.endswith("num_batches_tracked")}


def random_images(count: int, channels: int, side: int, seed: int) -> Tensor:
    """(count, channels, side, side) uint8: smooth blobs of their own contrast and brightness, with some noise."""
    rng = torch.Generator().manual_seed(seed)
    smooth = F.interpolate(torch.rand(count, channels, 5, 5, generator=rng), size=(side, side), mode="bicubic")
    contrast = 0.2 + torch.rand(count, 1, 1, 1, generator=rng)
    noise = 0.15 * torch.rand(count, channels, side, side, generator=rng)
    return ((smooth * contrast + noise).clamp(0, 1) * 255).round().to(torch.uint8)
