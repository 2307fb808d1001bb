"""The Inception network behind FID, KID and IS, in torch-fidelity's port of the TensorFlow graph of 2015-12-05."""

import io
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from genrep.errors import UserError
from genrep.metrics.optional import torch_fidelity
from genrep.metrics.protocol import InceptionProtocol
from genrep.metrics.resize import to_299

# Layers from pixels to the last 8x8 maps; torch-fidelity's own forward would resize in TensorFlow's way first.
BODY = (
    *("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "MaxPool_1", "Conv2d_3b_1x1", "Conv2d_4a_3x3", "MaxPool_2"),
    *("Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"),
    *("Mixed_7a", "Mixed_7b", "Mixed_7c"),
)


class Outputs(NamedTuple):
    """Of a batch, float32 on the CPU."""

    features: Tensor  # (B, 2048), after the last pooling
    logits: Tensor  # (B, 1008), without the bias, as Inception Scores have been computed from the first


class Inception:
    """The network under one protocol.

    Batch normalisation is folded into the convolutions and images are laid out channels last: the same values up to
    rounding, in half the time.

    Args:
        protocol: resizing, precision and so on.
        state: weights by torch-fidelity's names.
        device: where it runs.

    Raises:
        UserError: the weights are not of this network, or torch-fidelity is not installed.
    """

    def __init__(self, protocol: InceptionProtocol, state: dict[str, Tensor], device: torch.device | str = "cpu"):
        self.protocol, self.device = protocol, torch.device(device)
        self._dtype = torch.bfloat16 if protocol.precision == "bf16" else torch.float32
        network = build(state).to(self.device)
        self._fc = network.fc.weight
        for module in network.modules():
            if isinstance(getattr(module, "bn", None), nn.BatchNorm2d):
                module.conv, module.bn = fuse_conv_bn_eval(module.conv, module.bn), nn.Identity()
        body = nn.Sequential(*(getattr(network, name) for name in BODY))
        self._body = body.to(dtype=self._dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Outputs:
        """(B, C, H, W) uint8 RGB, or grey where the protocol repeats it.

        Raises:
            UserError: images that are not uint8, grey ones under a protocol that refuses them, or outputs that are
                not finite.
        """
        if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3):
            raise UserError(f"Inception needs uint8 images (B, 1 or 3, H, W), got {images.dtype} {tuple(images.shape)}")
        grey = images.shape[1] == 1
        if grey and self.protocol.grey == "refuse":
            raise UserError("Inception needs RGB images, got grey ones; a protocol with grey=repeat shows them as RGB")
        pixels = to_299(images.to(self.device), self.protocol.resize, self.protocol.quantise)
        # to [-1, 1]: PyTorch ports divide by 255 first, the TensorFlow graph subtracts 128
        pixels = pixels / 127.5 - 1 if self.protocol.resize == "legacy_pytorch" else (pixels - 128) / 128
        pixels = pixels.to(self._dtype).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            features = self._body(pixels).float().mean(dim=(2, 3))
        logits = features @ self._fc.T
        if not torch.isfinite(logits).all():
            raise UserError("Inception features hold NaN or infinite values; the images or the weights are broken")
        return Outputs(features.cpu(), logits.cpu())


def build(state: dict[str, Tensor]) -> Any:
    """torch-fidelity's network, in evaluation mode, with the given weights.

    Raises:
        UserError: they are not of this network.
    """
    network = torch_fidelity("feature_extractor_inceptionv3").FeatureExtractorInceptionV3
    file = io.BytesIO()  # it takes its weights from a file, and would download one otherwise
    torch.save(state, file)
    file.seek(0)
    try:
        return network("inception", ["2048", "logits_unbiased"], feature_extractor_weights_path=file)
    except RuntimeError as error:
        raise UserError(
            f"the weights are not of the Inception network: {str(error).splitlines()[-1].strip()}"
        ) from None
