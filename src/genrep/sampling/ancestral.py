"""Ancestral sampling (Ho et al., 2020, algorithm 2) with classifier-free guidance (Ho and Salimans, 2022).

x_{t-1} = (x_t - beta_t / sqrt(1 - alpha_bar_t) eps) / sqrt(1 - beta_t) + sqrt(beta_t) noise
eps     = (1 + w) eps_theta(x_t, t, c) - w eps_theta(x_t, t)
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from genrep.data.arrays import ImageSet
from genrep.devices import resolve_precision
from genrep.objectives.diffusion import Diffusion
from genrep.params.training import AncestralParams, DiffusionObjectiveParams, RunParams
from genrep.rng import generator as seeded

NETWORKS = ("denoiser",)
STRIP = 12  # moments of a strip


def trajectory(
    networks: nn.ModuleDict, run: RunParams, labels: Tensor, shape: tuple[int, int, int], generator: torch.Generator
) -> Iterator[Tensor]:
    """Yield x_T, x_{T-1}, ..., x_0, each (N, C, H, W)."""
    device, N = generator.device, len(labels)
    assert isinstance(run.objective, DiffusionObjectiveParams)
    assert isinstance(run.sampler, AncestralParams)
    process = Diffusion.linear(run.objective, device)
    bf16 = resolve_precision(run.precision, device) == "bf16"
    w = run.sampler.guidance
    labels = labels.to(device)
    guided = labels.repeat(2) if w else labels
    keep = torch.ones(len(guided), device=device)
    keep[N:] = 0
    x = torch.randn(N, *shape, generator=generator, device=device)
    yield x
    for t in range(process.steps, 0, -1):
        beta, alpha_bar = process.beta[t - 1], process.alpha_bar[t - 1]
        time = torch.full((len(guided),), t / process.steps, device=device)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            eps = networks["denoiser"](x.repeat(2, 1, 1, 1) if w else x, time, guided, keep)
        eps = eps.float()  # the update is a difference of large terms
        if w:
            eps = (1 + w) * eps[:N] - w * eps[N:]
        x = (x - beta / (1 - alpha_bar).sqrt() * eps) / (1 - beta).sqrt()
        if t > 1:
            x = x + beta.sqrt() * torch.randn(x.shape, generator=generator, device=device)
        yield x


def sample(
    networks: nn.ModuleDict, run: RunParams, labels: Tensor, shape: tuple[int, int, int], generator: torch.Generator
) -> Tensor:
    """(N,) labels -> (N, C, H, W) pixels in the run's range."""
    for x in trajectory(networks, run, labels, shape, generator):  # noqa: B007 - the last one counts
        pass
    return x


def noising(run: RunParams, images: Tensor, moments: np.ndarray, generator: torch.Generator) -> Iterator[Tensor]:
    """Yield x_t of the forward process at fractions of T (0 to 1), each with noise of its own.

    Args:
        run: its objective says T and beta.
        images: (N, C, H, W) in the run's range.
        moments: fractions of T, 0 for the images themselves.
        generator: on the CPU.
    """
    assert isinstance(run.objective, DiffusionObjectiveParams)
    process = Diffusion.linear(run.objective, images.device)
    for moment in moments:
        t = round(float(moment) * process.steps)
        if t == 0:
            yield images
        else:
            eps = torch.randn(images.shape, generator=generator).to(images.device)
            yield process.noised(images, torch.full((len(images),), t, device=images.device), eps)


def strips(
    networks: nn.ModuleDict, run: RunParams, images: ImageSet, seed: int, device: torch.device
) -> dict[str, list[Tensor]]:
    """STRIP moments, evenly spaced, of noising the first four training images (``forward``) and of drawing four
    samples (``reverse``): (4, C, H, W) each, in the run's range."""
    chosen = np.linspace(0, 1, STRIP)
    first = images.split(run.data.split).start
    real = torch.from_numpy(np.array(images.images[first : first + 4])).permute(0, 3, 1, 2)
    low, high = run.data.range
    pixels = real.to(device).float() / 255 * (high - low) + low
    labels = torch.tensor([0, 1, 2, 3])
    reverse = list(trajectory(networks, run, labels, images.shape, seeded(seed, "strip", device=device)))
    return {
        "forward": list(noising(run, pixels, chosen, seeded(seed, "strip"))),
        "reverse": [reverse[s] for s in (chosen * (len(reverse) - 1)).round().astype(int)],
    }
