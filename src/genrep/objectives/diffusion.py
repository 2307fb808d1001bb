"""L_simple of denoising diffusion models (Ho et al., 2020, equation 14).

    x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) eps,   loss = E ||eps - eps_theta(x_t, t)||^2

A class-conditional network is told the class as well; it is hidden with a fixed probability for classifier-free
guidance (Ho and Salimans, 2022).
"""

from dataclasses import dataclass
from itertools import accumulate
from operator import mul

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
    exact: tuple[float, ...]  # alpha_bar in double precision: 1 - alpha_bar loses digits at small t

    @classmethod
    def linear(cls, params: DiffusionObjectiveParams, device: torch.device) -> "Diffusion":
        """beta_t linear from its first value at t = 1 to its last at t = T; computed in double precision."""
        beta = torch.linspace(*params.beta, params.steps, dtype=torch.float64)
        first, last = params.beta
        rise = (last - first) / max(1, params.steps - 1)
        exact = tuple(accumulate((1 - first - rise * k for k in range(params.steps)), mul))
        return cls(beta.float().to(device), (1 - beta).cumprod(0).float().to(device), exact)

    @property
    def steps(self) -> int:
        """T"""
        return len(self.beta)

    def noised(self, images: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        """A draw from q(x_t | x_0), equation 4: images and eps (B, C, H, W), t (B,) in 1..T."""
        signal = self.alpha_bar[t - 1][:, None, None, None]  # (B, 1, 1, 1)
        return signal.sqrt() * images + (1 - signal).sqrt() * eps

    # -- one step t of 1..T for a whole batch, x_t and eps (B, C, H, W) ------------------------------------------------

    def signal(self, t: int) -> float:
        """alpha_bar_t; 1 at t = 0."""
        return self.exact[t - 1] if t else 1.0

    def image(self, x_t: Tensor, eps: Tensor, t: int) -> Tensor:
        """The x_0 that ``noised`` makes x_t of with this eps."""
        return (x_t - (1 - self.signal(t)) ** 0.5 * eps) / self.signal(t) ** 0.5

    def reverse_mean(self, x_t: Tensor, eps: Tensor, t: int) -> Tensor:
        """Mean of p(x_{t-1} | x_t) (equation 11): ``posterior_mean`` at the image that eps leads to."""
        beta, alpha_bar = self.beta[t - 1], self.alpha_bar[t - 1]
        return (x_t - beta / (1 - alpha_bar).sqrt() * eps) / (1 - beta).sqrt()

    def posterior_mean(self, image: Tensor, x_t: Tensor, t: int) -> Tensor:
        """Mean of q(x_{t-1} | x_t, x_0), equation 7."""
        now, before = self.signal(t), self.signal(t - 1)
        alpha = now / before
        return (before**0.5 * (1 - alpha) * image + alpha**0.5 * (1 - before) * x_t) / (1 - now)

    def posterior_variance(self, t: int) -> float:
        """Variance of q(x_{t-1} | x_t, x_0), equation 7; 0 at t = 1."""
        now, before = self.signal(t), self.signal(t - 1)
        return (1 - before) / (1 - now) * (1 - now / before)


def phases(networks: nn.ModuleDict, params: DiffusionObjectiveParams) -> list[Phase]:
    """One phase over ``denoiser``, which is told the class unless it says ``conditional = False``."""
    denoiser = networks["denoiser"]
    device = next(denoiser.parameters()).device
    process = Diffusion.linear(params, device)
    conditional = getattr(denoiser, "conditional", True)

    def draw(batch: Batch, generator: torch.Generator) -> Noise:
        B = len(batch.images)
        noise = {
            "t": torch.randint(1, process.steps + 1, (B,), generator=generator, device=device),
            "eps": normal(batch, generator, *batch.images.shape),
        }
        if conditional:
            noise["keep"] = (torch.rand(B, generator=generator, device=device) >= params.class_dropout).float()
        return noise

    def loss(batch: Batch, noise: Noise) -> Losses:
        x_t = process.noised(batch.images, noise["t"], noise["eps"])
        if conditional:
            predicted = denoiser(x_t, noise["t"] / process.steps, batch.labels, noise["keep"])
        else:
            predicted = denoiser(x_t, noise["t"])
        return {"loss": F.mse_loss(predicted, noise["eps"])}

    return [Phase("denoiser", ("denoiser",), draw, loss)]
