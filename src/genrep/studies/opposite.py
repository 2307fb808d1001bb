"""From a latent x to -x (section 6.6 of the thesis, Figure 6.10): straight through zero, and around it."""

import numpy as np
from torch import Tensor

from genrep.metrics.sharpness import sharpness
from genrep.params.studies import OppositeParams
from genrep.studies import walks
from genrep.studies.found import Found, Tiles, over
from genrep.studies.latents import half_circle, lerp
from genrep.studies.subject import Subject

NEEDS = ("decoder",)
SHOWN = 2


def study(subject: Subject, params: OppositeParams) -> Found:
    """Walk from drawn latents to their negatives; what happens in the middle is judged."""
    decoder = subject.model.decoder
    assert decoder is not None
    x = decoder.draw(subject.params.images, subject.generator("opposite"))
    shares = walks.shares(params.frames, subject.device)
    ways = {"linear": lerp(x, -x, shares), "spherical": half_circle(x, shares, subject.generator("opposite", "way"))}
    metrics, tiles, remoteness = [], {}, {}
    middle, frames_id = params.frames // 2, f"frames={params.frames}"
    for way, z in ways.items():
        frames = walks.decoded(subject, z)
        found = {
            "middle_remoteness": subject.remoteness(frames[:, middle]),
            "middle_sharpness": sharpness(frames[:, middle]),
            "jump": jump(frames),
        }
        remoteness[way] = found["middle_remoteness"]
        for name, values in found.items():
            protocol = (subject.features.protocol,) if name == "middle_remoteness" else ()
            metrics.append(over(f"{name}/{way}", values, *protocol, frames_id))
        tiles[way] = Tiles(frames[:SHOWN].numpy(), rows=[way] * SHOWN)
    # what is lost by going straight: 1 where the middle is as good as on the way around
    loss = remoteness["linear"] / np.maximum(remoteness["spherical"], 1e-12)
    metrics.append(over("middle_loss", loss, subject.features.protocol, frames_id))
    return Found(metrics, tiles)


def jump(frames: Tensor) -> np.ndarray:
    """Share of the whole way in pixels that is made across the middle frame: (P, K, C, H, W) uint8 -> (P,).

    2 / (K - 1) where all steps are alike, 1 where nothing changes but there.
    """
    values = frames.float()
    steps = (values[:, 1:] - values[:, :-1]).abs().mean(dim=(2, 3, 4)).double()  # (P, K - 1)
    middle = frames.shape[1] // 2
    across = steps[:, middle - 1 : middle + 1].sum(1)
    return (across / steps.sum(1).clamp(min=1e-12)).numpy()
