"""What all interpolations are judged by: how straight they are, and whether what lies between looks real."""

import numpy as np
import torch
from torch import Tensor

from genrep.studies.spaces import stored
from genrep.studies.subject import Subject


def shares(frames: int, device: torch.device) -> Tensor:
    """Evenly spaced from 0 to 1: (frames,)."""
    return torch.linspace(0, 1, frames, device=device)


def measured(subject: Subject, frames: Tensor) -> dict[str, np.ndarray]:
    """Judge walks in feature space.

    Args:
        subject: gives the space.
        frames: (P, K, C, H, W) uint8.

    Returns:
        By name, (P,) each; lengths are over the mean distance of the ends, since those of one pair may all but meet:

        - ``path_length``: way through feature space over the distance of its ends; on average 1 for straight lines.
        - ``remoteness``: of the images between the ends from training images; 1 as unseen real images.
        - ``detour``: distance of the image that is least like either end from the nearer one, over the ends' distance.
        - ``interpolation_cost``: path length times remoteness. A mere blend is remote from real images, and a walk that
          forgets its ends is long.
    """
    P, K = frames.shape[:2]
    features = subject.features.rows(stored(frames.flatten(0, 1))).reshape(P, K, -1).astype(np.float64)
    ends = max(float(np.linalg.norm(features[:, -1] - features[:, 0], axis=1).mean()), 1e-12)
    to_ends = np.stack([np.linalg.norm(features - features[:, [end]], axis=2) for end in (0, -1)])  # (2, P, K)
    between = subject.remoteness(frames[:, 1:-1].flatten(0, 1)).reshape(P, K - 2)
    length, remoteness = np.linalg.norm(np.diff(features, axis=1), axis=2).sum(1) / ends, between.mean(1)
    detour = to_ends.min(0).max(1) / ends
    return {
        "path_length": length,
        "remoteness": remoteness,
        "detour": detour,
        "interpolation_cost": length * remoteness,
    }


def decoded(subject: Subject, z: Tensor) -> Tensor:
    """Latents (P, K, D) -> (P, K, C, H, W) uint8 on the CPU."""
    decoder = subject.model.decoder
    assert decoder is not None
    images = decoder.images(z.flatten(0, 1), subject.params.batch_size)
    return (images * 255).round().byte().cpu().view(*z.shape[:2], *images.shape[1:])
