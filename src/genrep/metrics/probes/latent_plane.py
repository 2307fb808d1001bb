"""The plane of a two-dimensional latent: what its points decode to, and where held-out images lie."""

import numpy as np
import torch
from scipy.stats import norm
from torch import nn

from genrep.data.arrays import ImageSet
from genrep.metrics.native import NativeProtocol
from genrep.metrics.probes import Found, decoded, encoded
from genrep.params.training import RunParams

SIDE, POINTS = 15, 1000
ENDS = (0.02, 0.98)  # probabilities of the prior that the grid spans in each direction


def probe(
    networks: nn.ModuleDict, run: RunParams, protocol: NativeProtocol, images: ImageSet, device: torch.device
) -> Found:
    """No metric; of a VAE with two latents ``plane`` (SIDE, SIDE, C, H, W), first latent to the right and second up, at
    even quantiles of the prior, and ``latents`` (N, 2) with their ``latent_classes`` (N,).

    A conditional decoder is asked for the first class.
    """
    if "encoder" not in networks or networks["decoder"].latent != 2:
        return [], {}
    ticks = torch.from_numpy(norm.ppf(np.linspace(*ENDS, SIDE))).float().to(device)
    up, right = torch.meshgrid(ticks.flip(0), ticks, indexing="ij")
    z = torch.stack([right.flatten(), up.flatten()], dim=1)
    drawn = decoded(networks["decoder"], run, z, torch.zeros(len(z), dtype=torch.long, device=device))
    latents, labels = encoded(networks["encoder"], run, images, POINTS, device)
    return [], {
        "plane": drawn.view(SIDE, SIDE, *drawn.shape[1:]).numpy(),
        "latents": latents.float().cpu().numpy(),
        "latent_classes": labels.cpu().numpy(),
    }
