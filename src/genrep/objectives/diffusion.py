"""L_simple of denoising diffusion models (Ho et al., 2020, equation 14), class-conditional.

    x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) eps,   loss = E ||eps - eps_theta(x_t, t, c)||^2

The condition is hidden with a fixed probability for classifier-free guidance (Ho and Salimans, 2022).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genrep.objectives.base import Batch, Losses, Noise, Phase, normal
from genrep.params.training import DiffusionObjectiveParams


@dataclass(frozen=True)
class Diffusion:
    """The forward process; index 0 of every tensor is t = 1."""

    beta: Tensor  # (T,)
    alpha_bar: Tensor  # (T,) product of 1 - beta up to t

    @classmethod
    def linear(cls, params: DiffusionObjectiveParams, device: torch.device) -> "Diffusion":
        """beta_t linear from its first value at t = 1 to its last at t = T; computed in double precision."""
        beta = torch.linspace(*params.beta, params.steps, dtype=torch.float64)
        return cls(beta.float().to(device), (1 - beta).cumprod(0).float().to(device))

    @property
    def steps(self) -> int:
        """T"""
        return len(self.beta)

    def noised(self, images: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        """A draw from q(x_t | x_0), equation 4: images and eps (B, C, H, W), t (B,) in 1..T."""
        signal = self.alpha_bar[t - 1][:, None, None, None]  # (B, 1, 1, 1)
        return signal.sqrt() * images + (1 - signal).sqrt() * eps


def phases(networks: nn.ModuleDict, params: DiffusionObjectiveParams) -> list[Phase]:
    """One phase over ``denoiser``."""
    denoiser = networks["denoiser"]
    device = next(denoiser.parameters()).device
    process = Diffusion.linear(params, device)

    def draw(batch: Batch, generator: torch.Generator) -> Noise:
        B = len(batch.images)
        return {
            "t": torch.randint(1, process.steps + 1, (B,), generator=generator, device=device),
            "eps": normal(batch, generator, *batch.images.shape),
            "keep": (torch.rand(B, generator=generator, device=device) >= params.class_dropout).float(),
        }

    def loss(batch: Batch, noise: Noise) -> Losses:
        x_t = process.noised(batch.images, noise["t"], noise["eps"])
        predicted = denoiser(x_t, noise["t"] / process.steps, batch.labels, noise["keep"])
        return {"loss": F.mse_loss(predicted, noise["eps"])}

    return [Phase("denoiser", ("denoiser",), draw, loss)]
