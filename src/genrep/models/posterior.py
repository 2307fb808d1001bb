"""What a VAE's encoder makes of the training images as a whole (section 3.6 of the thesis)."""

import torch
from torch import Tensor, nn


class Posterior(nn.Module):
    """Two multivariate normals: one over the encoded means, one over the encoded standard deviations.

    Fitted after training and saved with the networks; it has no parameters of its own. Until then all means are 0 and
    all deviations 1: the prior.
    """

    mean: Tensor  # (2, latent): of the encoded means, and of the deviations
    factor: Tensor  # (2, latent, latent): times its transpose, the covariance of either

    def __init__(self, latent: int):
        super().__init__()
        self.latent = latent
        self.register_buffer("mean", torch.stack([torch.zeros(latent), torch.ones(latent)]))
        self.register_buffer("factor", torch.zeros(2, latent, latent))

    @torch.no_grad()
    def fit(self, means: Tensor, deviations: Tensor) -> None:
        """Fit both normals to (N, latent) encoded means and deviations; computed in double precision."""
        for index, values in enumerate((means, deviations)):
            values = values.double().cpu()
            self.mean[index] = values.mean(0)
            self.factor[index] = root(torch.cov(values.T).view(self.latent, self.latent))

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """z = m + s eps with m and s from the two normals and eps from N(0, I): (count, latent)."""
        m, s, eps = torch.randn(3, count, self.latent, generator=generator, device=generator.device)
        m, s = (mean + noise @ factor.T for mean, noise, factor in zip(self.mean, (m, s), self.factor, strict=True))
        return m + s * eps


def root(covariance: Tensor) -> Tensor:
    """A with A A^T = covariance, also where that is singular (fewer images than dimensions): (D, D) -> (D, D)."""
    values, vectors = torch.linalg.eigh(covariance)
    return vectors * values.clamp(min=0).sqrt()
