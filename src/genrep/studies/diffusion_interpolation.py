"""Interpolation between real images by noising, mixing and denoising (section 6.6 of the thesis, Figure 6.12)."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from genrep.params.studies import DiffusionInterpolationParams
from genrep.studies import walks
from genrep.studies.abilities import Denoiser
from genrep.studies.denoising import denoise
from genrep.studies.found import Found, Tiles, over
from genrep.studies.subject import Subject

NEEDS = ("denoiser",)


def study(subject: Subject, params: DiffusionInterpolationParams) -> Found:
    """Walk between pairs of held-out images at every depth.

    Raises:
        UserError: a depth over T.
    """
    denoiser = subject.model.denoiser
    assert denoiser is not None
    denoiser.check(params.depths, "diffusion_interpolation")
    P, T, K = subject.params.images, len(params.depths), params.frames
    # neighbours in a row of images are the pairs
    images = subject.pixels(subject.held_out(P + 1))
    a, b = images[:-1], images[1:]
    depths = torch.tensor(params.depths).repeat_interleave(K).repeat(P)
    metrics: list[dict[str, Any]] = []
    tiles: dict[str, Tiles] = {}
    for variant in params.variants:
        rng = subject.generator("diffusion-interpolation", variant)
        mixed = mixtures(denoiser, a, b, params, rng, after=variant == "after")  # (P, T, K, C, H, W)
        flat = denoise(denoiser, mixed.flatten(0, 2), depths, rng, subject.params.batch_size)
        frames = (flat * 255).round().byte().cpu().view(P, T, K, *images.shape[1:])
        suffix = "" if variant == "after" else "/mixed before noising"
        protocol = (subject.features.protocol, f"frames={K}") + ("shared noise",) * params.shared_noise
        found = {depth: walks.measured(subject, frames[:, k]) for k, depth in enumerate(params.depths)}
        for depth, measured in found.items():
            metrics += [over(f"{name}/t={depth}{suffix}", values, *protocol) for name, values in measured.items()]
        if variant == "after":
            metrics += at_best(found, protocol)
        tiles[variant] = Tiles(
            frames[0].numpy(), rows=[f"t = {depth}" for depth in params.depths], real=np.ones((T, K), bool)
        )
    return Found(metrics, tiles)


def at_best(found: dict[int, dict[str, np.ndarray]], protocol: tuple[str, ...]) -> list[dict[str, Any]]:
    """The measures at the depth that costs least: what this model can do. At depth 0 it does nothing."""
    costs = {depth: float(measured["interpolation_cost"].mean()) for depth, measured in found.items() if depth > 0}
    if not costs:
        return []
    best = min(costs, key=costs.__getitem__)
    return [over(f"{name}/best", values, f"t={best}", *protocol) for name, values in found[best].items()]


def mixtures(
    denoiser: Denoiser,
    a: Tensor,
    b: Tensor,
    params: DiffusionInterpolationParams,
    generator: torch.Generator,
    after: bool,
) -> Tensor:
    """Noised mixtures of pairs of images (P, C, H, W) at every depth: (P, depths, frames, C, H, W) x_t."""
    shares = walks.shares(params.frames, a.device)[None, :, None, None, None]
    ends = [denoiser.inside(end) for end in (a, b)]
    parts = []
    for depth in params.depths:
        t = torch.full((len(a),), depth, device=a.device)
        if after:
            noise = [torch.randn(a.shape, generator=generator, device=a.device) for _ in ends]
            if params.shared_noise:
                noise[1] = noise[0]
            x, y = (denoiser.noised(end, t, eps)[:, None] for end, eps in zip(ends, noise, strict=True))
            parts.append((1 - shares) * x + shares * y)
        else:
            blend = ((1 - shares) * ends[0][:, None] + shares * ends[1][:, None]).flatten(0, 1)
            eps = torch.randn(blend.shape, generator=generator, device=a.device)
            noisy = denoiser.noised(blend, t.repeat_interleave(params.frames), eps)
            parts.append(noisy.view(len(a), params.frames, *a.shape[1:]))
    return torch.stack(parts, dim=1)
