"""Inpainting a hole (section 6.7 of the thesis, Figures 6.13 to 6.16).

A decoder's latent is searched by the known pixels, from several starts; a diffusion model generates the hole while the
known pixels are noised anew at every step, several times. Each start or run gives a filling.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genrep.params.studies import InpaintingParams
from genrep.studies import regions
from genrep.studies.abilities import Decoder, Denoiser, LacksAbility
from genrep.studies.denoising import Known, denoise, pasted
from genrep.studies.found import Found, Tiles, over, share, single, to_uint8
from genrep.studies.recovery import described
from genrep.studies.search import drawn_starts, search
from genrep.studies.subject import Subject

NEEDS = ()
SHOWN = 4
FILLINGS, WHOLE = 4, 2  # of an image that are shown, and with what the model makes of the known pixels


@dataclass(frozen=True)
class Filled:
    """What a model makes of whole images whose holes it was not shown; the best filling of each image first."""

    images: Tensor  # (N, S, C, H, W) in [0, 1], the known pixels as the model has them
    how: str


def study(subject: Subject, params: InpaintingParams) -> Found:
    """Fill the hole of each held-out image several times.

    Raises:
        LacksAbility: the model can neither decode a latent nor denoise.
        UserError: the region is unknown, empty or everything.
    """
    seconds: dict[str, float] = {}
    model = subject.model
    rows = subject.held_out(among=regions.having(subject.images, params.region), which=f"with a {params.region}")
    images = subject.pixels(rows)
    hole = regions.regions(subject.images, params.region, rows).to(subject.device)
    hole = regions.checked(hole, images.shape, params.region)
    if model.decoder is not None:
        with subject.timed(seconds, "filling"):
            filled = by_search(subject, model.decoder, images, hole)
    elif model.denoiser is not None:
        with subject.timed(seconds, "filling"):
            filled = by_denoising(subject, model.denoiser, images, hole)
    else:
        raise LacksAbility(f"{model.name} can neither decode a latent nor denoise, so it cannot fill a hole")
    N, S = filled.images.shape[:2]
    whole = pasted(Known(images[:, None], ~hole[:, None]), filled.images)  # (N, S, C, H, W)
    known = images.masked_fill(hole, 0)
    shown = [images, known, *whole[:, :FILLINGS].unbind(1), *filled.images[:, :WHOLE].unbind(1)]
    names = ["original", "hole", *(f"filling {s + 1}" for s in range(min(S, FILLINGS)))]
    names += [f"whole {s + 1}" for s in range(min(S, WHOLE))]
    tiles = np.stack([to_uint8(part[:SHOWN]) for part in shown], axis=1)
    each = single("seconds_per_image/inpainting", seconds["filling"] / (N * S), filled.how)
    return Found(
        [*measures(images, hole, filled, whole, params), each],
        {"filled": Tiles(tiles, columns=names, real=np.ones(tiles.shape[:2], bool))},
        notes=(regions.described(subject.images, params.region),),
    )


def by_search(subject: Subject, decoder: Decoder, images: Tensor, hole: Tensor) -> Filled:
    """Search latents by the pixels outside the hole (N, 1, H, W)."""
    schedule = subject.params.search
    assert schedule is not None
    starts = drawn_starts(decoder, len(images), schedule, subject.generator("inpainting"))
    found = search(decoder, images, starts, schedule, ~hole)
    return Filled(best_first(found.images, images, hole), described(schedule))


def by_denoising(subject: Subject, denoiser: Denoiser, images: Tensor, hole: Tensor) -> Filled:
    """Denoise pure noise as often as others search, with the known pixels put back at each step."""
    assert subject.params.search is not None
    runs = subject.params.search.starts
    generator, T = subject.generator("inpainting"), denoiser.process.steps
    known = Known(images.repeat_interleave(runs, 0), ~hole.repeat_interleave(runs, 0))
    x = torch.randn(known.images.shape, generator=generator, device=images.device)
    depths = torch.full((len(x),), T)
    eps = torch.randn(x.shape, generator=generator, device=images.device)
    x = torch.where(known.mask, denoiser.noised(denoiser.inside(known.images), depths.to(x.device), eps), x)
    found = denoise(denoiser, x, depths, generator, subject.params.batch_size, known)
    fillings = found.view(len(images), runs, *images.shape[1:])
    return Filled(best_first(fillings, images, hole), f"runs={runs}")


def best_first(fillings: Tensor, images: Tensor, hole: Tensor) -> Tensor:
    """Fillings (N, S, C, H, W) in the order of their error on the known pixels, which is all that a user would know."""
    errors = torch.stack([regions.inside_mean((one - images).abs(), ~hole) for one in fillings.unbind(1)], dim=1)
    rows = torch.arange(len(images), device=errors.device)[:, None]
    return fillings[rows, errors.argsort(1)]


def measures(
    images: Tensor, hole: Tensor, filled: Filled, whole: Tensor, params: InpaintingParams
) -> list[dict[str, Any]]:
    """The numbers of every image; of several fillings the best one counts for the fit.

    - ``inpainting_ring``: error of what the model makes of the known pixels next to the hole. A diffusion model has
      them put back until its last step, so that its error says no more than how well that step goes.
    - ``inpainting_seam``: how far the steps across the hole's edge are off from those of the original, in pixel values;
      the outermost pixels of a hole are those that the known ones bind, whatever is drawn further inside.
    - ``inpainting_hole``: error inside the hole against the original.
    - ``inpainting_diversity``: mean difference inside the hole between two fillings.
    - ``inpainting_solutions``: how many fillings differ by more than ``params.same``.
    - ``inpainting_alike``: share of the images whose fillings are all one.
    - ``inpainting_differing``: share of the further starts or runs that lead to another filling: 0 where all end in
      one, 1 where each ends in its own. Unlike the count it means the same for any number of starts.
    """
    ring = regions.ring(hole, params.ring)
    best = filled.images[:, 0]
    between = differences(filled.images, hole)  # (N, S, S)
    S, protocol = between.shape[1], (params.region, filled.how)
    pairs, groups = between.sum(dim=(1, 2)) / max(1, S * (S - 1)), solutions(between, params.same)
    return [
        over("inpainting_ring", regions.inside_mean((best - images).abs(), ring), *protocol, f"ring={params.ring}"),
        over("inpainting_seam", seam(whole[:, 0] - images, hole), *protocol),
        over("inpainting_hole", regions.inside_mean((best - images).abs(), hole), *protocol),
        over("inpainting_diversity", pairs, *protocol),
        over("inpainting_solutions", groups, *protocol, f"same={params.same:g}"),
        share("inpainting_alike", (groups == 1).cpu().numpy(), *protocol, f"same={params.same:g}"),
        over("inpainting_differing", (groups - 1) / max(1, S - 1), *protocol, f"same={params.same:g}"),
    ]


def seam(images: Tensor, hole: Tensor) -> Tensor:
    """Mean absolute difference of neighbouring pixels across the edge of a hole: (N, C, H, W) -> (N,)."""
    total, count = torch.zeros(len(images), device=images.device), torch.zeros(len(images), device=images.device)
    for axis in (-1, -2):
        crossing = hole.diff(dim=axis)  # True where the mask changes
        steps = images.diff(dim=axis).abs().mean(1, keepdim=True)
        total += (steps * crossing).sum(dim=(1, 2, 3))
        count += crossing.sum(dim=(1, 2, 3))
    return total / count


def differences(fillings: Tensor, hole: Tensor) -> Tensor:
    """Mean absolute difference inside the hole between any two fillings: (N, S, C, H, W) -> (N, S, S)."""
    S = fillings.shape[1]
    weight = hole.to(fillings.dtype)  # (N, 1, H, W)
    area = weight.mean(dim=(1, 2, 3))
    rows = [((fillings - fillings[:, [s]]).abs() * weight[:, None]).mean(dim=(2, 3, 4)) for s in range(S)]
    return torch.stack(rows, dim=1) / area[:, None, None]


def solutions(between: Tensor, same: float) -> Tensor:
    """Groups of fillings linked by differences below ``same``: (N, S, S) -> (N,) counts."""
    linked = between < same
    for _ in range(max(1, linked.shape[1].bit_length())):  # neighbours of neighbours, twice as far each time
        linked = (linked.float() @ linked.float()) > 0
    return (1 / linked.float().sum(2)).sum(1).round()
