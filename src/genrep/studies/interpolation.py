"""Interpolation between samples in the latent space (section 6.6 of the thesis, Figures 6.9 and 6.11)."""

from genrep.params.studies import InterpolationParams
from genrep.studies import walks
from genrep.studies.found import Found, Tiles, over
from genrep.studies.latents import lerp, slerp
from genrep.studies.subject import Subject

NEEDS = ("decoder",)
SHOWN = 2
WAYS = {"spherical": slerp, "linear": lerp}


def study(subject: Subject, params: InterpolationParams) -> Found:
    """Walk between pairs of drawn latents, along the sphere and straight."""
    decoder = subject.model.decoder
    assert decoder is not None
    drawn = decoder.draw(2 * subject.params.images, subject.generator("interpolation"))
    a, b = drawn.chunk(2)
    metrics, tiles = [], {}
    shares = walks.shares(params.frames, subject.device)
    for way, between in WAYS.items():
        frames = walks.decoded(subject, between(a, b, shares))
        for name, values in walks.measured(subject, frames).items():
            metrics.append(over(f"{name}/{way}", values, subject.features.protocol, f"frames={params.frames}"))
        tiles[way] = Tiles(frames[:SHOWN].numpy(), rows=[way] * SHOWN)
    return Found(metrics, tiles)
