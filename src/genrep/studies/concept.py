"""Concept vectors (section 6.8 of the thesis, Figures 6.17 to 6.19): a direction in latent space for an attribute."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from genrep.params.studies import ConceptParams
from genrep.studies import regions, walks
from genrep.studies.abilities import Decoder, NotPossible
from genrep.studies.attributes import Probe, attribute, both_sides
from genrep.studies.found import Found, Tiles, over, single
from genrep.studies.latents import lerp, rescaled, slerp
from genrep.studies.search import search
from genrep.studies.subject import Subject

NEEDS = ("decoder",)
SHOWN = 4


def study(subject: Subject, params: ConceptParams) -> Found:
    """Find the vector, add it to samples without the attribute and, where the model has an encoder, to real images.

    The latents of images with and without the attribute are those that an encoder gives to training images, or else
    drawn ones, sorted by what a probe says of their images.

    Raises:
        UserError: the attribute is unknown or one-sided, or the region is unknown, empty or everything.
        NotPossible: all or none of the samples have it, or both sides have the same mean latent.
    """
    decoder = subject.model.decoder
    assert decoder is not None
    region = region_of(subject, params.region)
    probe, accuracy = fitted_probe(subject, params.attribute)
    positive, negative, source = examples(subject, decoder, probe, params)
    vector = concept_vector(positive, negative, params.attribute)
    length = torch.cat([positive, negative]).norm(dim=1).mean()
    amount = params.amount_for(subject.family)
    z = without(subject, decoder, probe, params)
    metrics = [single("probe_accuracy", accuracy, str(params.attribute))]
    seconds: dict[str, float] = {}
    with subject.timed(seconds, "edit"):
        decoder.images(z + amount * vector, subject.params.batch_size)
    metrics.append(single("seconds_per_image/concept", seconds["edit"] / len(z)))
    if subject.model.encoder is not None:
        metrics.append(single("seconds_per_image/encoded_concept", _encoded(subject, decoder, amount * vector)))
    shares = walks.shares(params.frames, subject.device)
    frames = walks.decoded(subject, lerp(z, z + amount * vector, shares))
    metrics += edits("concept", frames, probe, region, (str(params.attribute), f"amount={amount:g}", source))
    tiles = {"samples": Tiles(frames[:SHOWN].numpy(), columns=times(amount, shares))}
    if subject.model.encoder is not None and subject.params.search is not None:
        protocol = (str(params.attribute), f"amount={params.real_amount:g}", source, "mean length")
        frames = _real(subject, decoder, params, vector, length)
        metrics += edits("concept_real", frames, probe, region, protocol)
        real = np.ones((min(SHOWN, len(frames)), params.frames), bool)
        tiles["real"] = Tiles(frames[:SHOWN].numpy(), columns=times(params.real_amount, shares), real=real)
        notes: tuple[str, ...] = ()
    else:
        notes = (f"{subject.model.name} has no encoder, so no real image was edited",)
    return Found(metrics, tiles, notes=(regions.described(subject.images, params.region), *notes))


def times(amount: float, shares: Tensor) -> tuple[str, ...]:
    """How much of the vector each frame has had added, in words."""
    return tuple(f"{amount * share:.2g}x" for share in shares.tolist())


def fitted_probe(subject: Subject, name: str | int) -> tuple[Probe, float]:
    """A probe of the training images, and how often it tells held-out ones right.

    Raises:
        UserError: the attribute is unknown, or one side has no example.
    """
    found, train, test = (
        attribute(subject.images, name),
        subject.images.split("train"),
        subject.images.split("test"),
    )
    sides = both_sides(found[train], name, f"the training images of {subject.images.card['name']}")
    probe = Probe.fit(subject.training, *sides)
    held_out = both_sides(found[test], name, f"the test images of {subject.images.card['name']}")
    return probe, probe.accuracy(subject.images.images[test], *held_out)


def examples(subject: Subject, decoder: Decoder, probe: Probe, params: ConceptParams) -> tuple[Tensor, Tensor, str]:
    """Latents of images with and without the attribute, and where they come from."""
    encoder, wanted = subject.model.encoder, params.examples
    if encoder is not None:
        found = attribute(subject.images, params.attribute)[subject.images.split("train")]
        sides = both_sides(found, params.attribute, "the training images")
        rows = [subject.rng("concept", str(k)).permutation(side)[:wanted] for k, side in enumerate(sides)]
        first = subject.images.split("train").start
        chosen = [subject.pixels(np.sort(side) + first) for side in rows]
        means = [encoder.latents(part, subject.params.batch_size)[0] for part in chosen]
        return means[0], means[1], "encoded training images"
    z = decoder.draw(4 * wanted, subject.generator("concept", "pool"))
    having = (probe(decoder.images(z, subject.params.batch_size)) > 0.5).to(z.device)
    if having.all() or not having.any():
        share = "all" if having.all() else "none"
        which = f"{len(z)} samples of {subject.model.name}"
        raise NotPossible(f"{share} of {which} have the attribute {params.attribute!r} by the probe")
    return z[having][:wanted], z[~having][:wanted], "samples sorted by a probe"


def concept_vector(positive: Tensor, negative: Tensor, name: str | int) -> Tensor:
    """Difference of the mean latents: (N, D) and (M, D) -> (D,).

    Raises:
        NotPossible: it has no length.
    """
    vector = positive.mean(0) - negative.mean(0)
    if not vector.norm() > 1e-6 * torch.cat([positive, negative]).norm(dim=1).mean():
        raise NotPossible(f"the concept vector of {name!r} has no length: both sides have the same mean latent")
    return vector


def without(subject: Subject, decoder: Decoder, probe: Probe, params: ConceptParams) -> Tensor:
    """Drawn latents whose images lack the attribute: (images, D); those that lack it most where there are too few."""
    count = subject.params.images
    z = decoder.draw(8 * count, subject.generator("concept", "samples"))
    scores = probe(decoder.images(z, subject.params.batch_size)).to(z.device)
    lacking = (scores <= 0.5).nonzero()[:, 0]
    return z[lacking[:count] if len(lacking) >= count else scores.argsort()[:count]]


def region_of(subject: Subject, name: str) -> Tensor:
    """Where an edit belongs, by up to 100 test images: (1, 1, H, W) bool, on the CPU; raises as regions.typical."""
    return regions.typical(subject.images, name, subject.held_out(min(100, len(subject.real["pixels"].unseen))))


def edits(name: str, frames: Tensor, probe: Probe, region: Tensor, protocol: tuple[str, ...]) -> list[dict[str, Any]]:
    """How strongly the last of the frames (N, K, C, H, W) uint8 differs from the first, and where.

    - ``_strength``: the probe's score, in units of the distance between both sides' mean images.
    - ``_inside`` and ``_outside``: mean absolute change in the region and elsewhere.
    - ``_selectivity``: share of the summed change of the whole image that lies in the region; the region's share of the
      image where all pixels change alike.
    """
    before, after = frames[:, 0].float() / 255, frames[:, -1].float() / 255
    change = (after - before).abs()
    inside, outside = (regions.inside_mean(change, mask.expand(len(change), -1, -1, -1)) for mask in (region, ~region))
    return [
        over(f"{name}_strength", probe(after) - probe(before), *protocol),
        over(f"{name}_inside", inside, *protocol),
        over(f"{name}_outside", outside, *protocol),
        over(f"{name}_selectivity", regions.inside_share(change, region), *protocol, "of the summed change"),
    ]


def _encoded(subject: Subject, decoder: Decoder, change: Tensor) -> float:
    """Seconds for each of some held-out images to be encoded, changed and decoded."""
    encoder, size, seconds = subject.model.encoder, subject.params.batch_size, dict[str, float]()
    assert encoder is not None
    images = subject.pixels(subject.held_out())
    with subject.timed(seconds, "edit"):
        decoder.images(encoder.latents(images, size)[0] + change, size)
    return seconds["edit"] / len(images)


def _real(subject: Subject, decoder: Decoder, params: ConceptParams, vector: Tensor, length: Tensor) -> Tensor:
    """Held-out images without the attribute, recovered and edited: (N, K, C, H, W) uint8.

    The search starts from what the encoder says. The edited latent is set to the mean length of encoded images, and
    the way there is spherical (Figure 6.19).
    """
    encoder, schedule = subject.model.encoder, subject.params.search
    assert encoder is not None
    assert schedule is not None
    images = subject.pixels(subject.held_out(among=~attribute(subject.images, params.attribute)))
    start, _ = encoder.latents(images, subject.params.batch_size)
    z = search(decoder, images, start[:, None].clone(), schedule).latents[:, 0]
    target = rescaled(z + params.real_amount * vector, length)
    return walks.decoded(subject, slerp(z, target, walks.shares(params.frames, subject.device)))
