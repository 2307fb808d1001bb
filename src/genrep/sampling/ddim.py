"""Denoising diffusion implicit models (Song et al., 2021, equation 12). The thesis samples with all T steps: this goes
beyond it.

    x_s = sqrt(ab_s) x_0 + sqrt(1 - ab_s - sigma^2) eps + sigma noise,
    sigma = eta sqrt((1 - ab_s) / (1 - ab_t)) sqrt(1 - ab_t / ab_s),

from step t to the next one kept, s < t, with x_0 what eps says of it and ab the product of 1 - beta. Of the T steps
every (T / steps)-th is kept, counted from the last. With all steps and eta 1 this is ancestral sampling with the
posterior's variance.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from genrep.params.samplers import DDIMParams
from genrep.params.training import RunParams
from genrep.sampling.denoising import Denoiser
from genrep.sampling.trajectories import sampler

NETWORKS = ("denoiser",)


def trajectory(
    networks: nn.ModuleDict, run: RunParams, labels: Tensor, shape: tuple[int, int, int], generator: torch.Generator
) -> Iterator[Tensor]:
    """Yield x_T and every x_s on the way to x_0, each (N, C, H, W)."""
    assert isinstance(run.sampler, DDIMParams)
    denoise = Denoiser(networks, run, labels, generator.device)
    process, eta = denoise.process, run.sampler.eta
    x = torch.randn(len(labels), *shape, generator=generator, device=generator.device)
    yield x
    kept = steps(process.steps, run.sampler.steps)
    for t, s in zip(kept, [*kept[1:], 0], strict=True):
        eps = denoise(x, t)
        signal_t, signal_s = process.signal(t), process.signal(s)
        sigma = eta * ((1 - signal_s) / (1 - signal_t) * (1 - signal_t / signal_s)) ** 0.5
        x = signal_s**0.5 * process.image(x, eps, t) + (1 - signal_s - sigma**2) ** 0.5 * eps
        if eta and s:
            x = x + sigma * torch.randn(x.shape, generator=generator, device=generator.device)
        yield x


def steps(total: int, kept: int) -> list[int]:
    """``kept`` of the steps 1..total (all if there are fewer), descending from the last one and evenly spaced."""
    kept = min(kept, total)
    return [round(total * (kept - k) / kept) for k in range(kept)]


sample, strips = sampler(trajectory)
