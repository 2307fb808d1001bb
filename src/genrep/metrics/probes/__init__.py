"""What is asked of a trained model itself rather than of a set of its samples (``evaluation.probes``).

One module each; it offers ``probe(networks, run, protocol, images, device)``, which returns metrics and images for
figures, both empty where the model has not what is asked about. A probe's metrics have no sample count (n is None).
"""

from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genrep.data.arrays import ImageSet
from genrep.metrics.native import NativeProtocol
from genrep.models.latent import told
from genrep.params.training import RunParams
from genrep.sampling import to_uint8

Found = tuple[list[dict[str, Any]], dict[str, np.ndarray]]


def probe(
    name: str, networks: nn.ModuleDict, run: RunParams, protocol: NativeProtocol, images: ImageSet, device: torch.device
) -> Found:
    """The metrics and images of the probe ``name`` on the networks of a finished run, all of its roles."""
    return import_module(f"genrep.metrics.probes.{name}").probe(networks, run, protocol, images, device)


def entry(identifier: str, value: float) -> dict[str, Any]:
    """A probe's metric."""
    return {
        "id": identifier,
        "name": identifier.split("/")[0],
        "n": None,
        "value": value,
        "ci_low": None,
        "ci_high": None,
    }


@torch.inference_mode()
def decoded(network: Any, run: RunParams, z: Tensor, labels: Tensor, batch_size: int = 500) -> Tensor:
    """(N, latent) -> (N, C, H, W) uint8 of a decoder or generator; labels (N,) are told to a conditional one."""
    parts = zip(z.split(batch_size), labels.split(batch_size), strict=True)
    return torch.cat([to_uint8(network.to_pixels(told(network, *part)), run.data.range) for part in parts])


@torch.inference_mode()
def encoded(encoder: Any, run: RunParams, images: ImageSet, count: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Latent means (N, latent) and classes (N,) of up to ``count`` held-out images, evenly spread over them."""
    rows = images.split("test")
    found = rows.stop - rows.start
    chosen = rows.start + np.unique(np.linspace(0, found - 1, min(count, found)).astype(int))
    pixels = torch.from_numpy(np.array(images.images[chosen])).permute(0, 3, 1, 2).to(device)
    low, high = run.data.range
    labels = torch.from_numpy(np.array(images.labels[chosen])).to(device)
    parts = zip((pixels.float() * ((high - low) / 255) + low).split(500), labels.split(500), strict=True)
    return torch.cat([told(encoder, *part)[0] for part in parts]), labels
