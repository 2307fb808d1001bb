"""Ancestral sampling (Ho et al., 2020, algorithm 2).

x_{t-1} = (x_t - beta_t / sqrt(1 - alpha_bar_t) eps) / sqrt(1 - beta_t) + sigma_t noise,   sigma_t^2 = beta_t

Ho et al.'s own code clips what eps says of x_0 to the range of the data before it takes the step, and offers the
posterior's variance; the run's sampler says whether to.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from genrep.params.samplers import AncestralParams
from genrep.params.training import RunParams
from genrep.sampling.denoising import Denoiser
from genrep.sampling.trajectories import sampler

NETWORKS = ("denoiser",)


def trajectory(
    networks: nn.ModuleDict, run: RunParams, labels: Tensor, shape: tuple[int, int, int], generator: torch.Generator
) -> Iterator[Tensor]:
    """Yield x_T, x_{T-1}, ..., x_0, each (N, C, H, W)."""
    assert isinstance(run.sampler, AncestralParams)
    denoise, device = Denoiser(networks, run, labels, generator.device), generator.device
    process = denoise.process
    x = torch.randn(len(labels), *shape, generator=generator, device=device)
    yield x
    for t in range(process.steps, 0, -1):
        eps = denoise(x, t)
        if run.sampler.clip:
            x = process.posterior_mean(process.image(x, eps, t).clamp(*run.data.range), x, t)
        else:
            x = process.reverse_mean(x, eps, t)
        if t > 1:
            posterior = run.sampler.variance == "posterior"
            sigma = process.posterior_variance(t) ** 0.5 if posterior else process.beta[t - 1].sqrt()
            x = x + sigma * torch.randn(x.shape, generator=generator, device=device)
        yield x


sample, strips = sampler(trajectory)
