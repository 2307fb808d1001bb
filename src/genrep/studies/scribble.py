"""Scribble-guided editing (section 6.8 of the thesis, Figures 6.20 and 6.21): paint, noise, denoise, keep the face."""

import numpy as np
import torch
from torch import Tensor

from genrep.params.studies import ScribbleParams
from genrep.studies import regions
from genrep.studies.attributes import Probe, attribute, both_sides
from genrep.studies.concept import fitted_probe
from genrep.studies.denoising import noise_and_denoise
from genrep.studies.found import Found, Tiles, over, single, to_uint8
from genrep.studies.scribbles import scribble
from genrep.studies.subject import Subject

NEEDS = ("denoiser",)
SHOWN = 4


def study(subject: Subject, params: ScribbleParams) -> Found:
    """Paint the hair of held-out images without the attribute in the colour of those with it, and repair by denoising.

    Raises:
        UserError: a depth over T, an attribute that is unknown or one-sided, or too few images with hair.
    """
    denoiser = subject.model.denoiser
    assert denoiser is not None
    denoiser.check(params.depths, "scribble")
    probe, accuracy = fitted_probe(subject, params.attribute)
    lacking = ~attribute(subject.images, params.attribute)
    which = f"with {params.region} and {params.keep}, without {params.attribute}"
    among = lacking & regions.having(subject.images, params.region, params.keep)
    rows = subject.held_out(among=among, which=which)
    images = subject.pixels(rows)
    hair, face = (
        regions.checked(regions.regions(subject.images, name, rows), images.shape, name).to(subject.device)
        for name in (params.region, params.keep)
    )
    face = regions.checked(face & ~hair, images.shape, f"{params.keep} without {params.region}")
    colour = hair_colour(subject, params)
    painted = scribble(images, hair, colour, params.strokes, subject.rng("scribbles"))
    N, D, R = len(images), len(params.depths), subject.params.repeats
    depths = torch.tensor(params.depths).repeat_interleave(R).repeat(N)
    seconds: dict[str, float] = {}
    with subject.timed(seconds, "edit"):
        edited = noise_and_denoise(
            denoiser,
            painted.repeat_interleave(D * R, 0),
            depths,
            subject.generator("scribble"),
            subject.params.batch_size,
            face.repeat_interleave(D * R, 0),
        ).view(N, D, R, *images.shape[1:])
    metrics = [
        single("scribble_probe_accuracy", accuracy, str(params.attribute)),
        single("seconds_per_image/scribble", seconds["edit"] / (N * D * R)),
    ]
    protocol = (str(params.attribute), f"strokes={params.strokes}", f"repeats={R}", subject.features.protocol)
    found = {depth: measures(subject, images, edited[:, k], hair, face, probe) for k, depth in enumerate(params.depths)}
    for depth, measured in found.items():
        metrics += [over(f"scribble_{name}/t={depth}", values, *protocol) for name, values in measured.items()]
    best = max(found, key=lambda depth: float(found[depth]["score"].mean()))
    metrics += [over(f"scribble_{name}/best", values, f"t={best}", *protocol) for name, values in found[best].items()]
    mask = face.float().expand(-1, images.shape[1], -1, -1)
    shown = torch.cat([images[:, None], painted[:, None], mask[:, None], edited[:, :, 0]], dim=1)[:SHOWN]
    real = np.ones(shown.shape[:2], bool)
    real[:, 2] = False  # the mask
    columns = ("original", "painted", "kept", *(f"t = {depth}" for depth in params.depths))
    notes = [regions.described(subject.images, name) for name in (params.region, params.keep)]
    return Found(metrics, {"edited": Tiles(to_uint8(shown), columns=columns, real=real)}, notes=tuple(notes))


def hair_colour(subject: Subject, params: ScribbleParams) -> Tensor:
    """Mean colour of the hair of training images that have the attribute: (C,) in [0, 1].

    Raises:
        UserError: the attribute is unknown or one-sided.
    """
    train = subject.images.split("train")
    found = attribute(subject.images, params.attribute)[train] & regions.having(subject.images, params.region)[train]
    positive, _ = both_sides(found, params.attribute, f"the training images with {params.region}")
    rows = positive[: params.examples] + train.start
    images, mask = subject.pixels(rows).cpu(), regions.regions(subject.images, params.region, rows)
    weight = mask.to(images.dtype)
    return (images * weight).sum(dim=(0, 2, 3)) / weight.sum()


def measures(
    subject: Subject,
    images: Tensor,
    edited: Tensor,
    hair: Tensor,
    face: Tensor,
    probe: Probe,
) -> dict[str, np.ndarray]:
    """The numbers of one depth, averaged over the draws of noise: edited images (N, R, C, H, W).

    - ``scribble_strength``: the probe's score against the original's, in units of both sides' distance.
    - ``scribble_outside``: mean change of what was neither painted nor kept.
    - ``scribble_selectivity``: share of the summed change of the whole image that lies in the painted region; what was
      kept has not changed.
    - ``scribble_remoteness``: of the edited images from training images; 1 as unseen real images.
    - ``scribble_score``: strength times selectivity, over remoteness: a scribble that is left as it is looks
      like no photograph, and one that is forgotten has no strength.
    """
    N, R = edited.shape[:2]
    flat = edited.flatten(0, 1)
    strength = (probe(flat).view(N, R) - probe(images)[:, None]).mean(1).numpy()
    change = (edited - images[:, None]).abs().mean(1)  # (N, C, H, W)
    rest = ~(hair | face)
    inside = regions.inside_mean(change, hair).cpu().numpy()
    outside = np.nan_to_num(regions.inside_mean(change, rest).cpu().numpy())  # nothing lies outside
    remoteness = subject.remoteness((flat * 255).round().byte()).reshape(N, R).mean(1)
    kept = regions.inside_share(change, hair).cpu().numpy()
    return {
        "strength": strength,
        "inside": inside,
        "outside": outside,
        "selectivity": kept,
        "remoteness": remoteness,
        "score": strength * kept / np.maximum(remoteness, 1e-12),
    }
