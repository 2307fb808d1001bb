"""Evidence lower bound of a VAE and its parts (Kingma and Welling, 2014), in nats per image.

    ELBO = E_q log p(x|z) - KL(q(z|x) || N(0, I)),   log p(x) >= ELBO

Here the ELBO is a log-likelihood bound: larger is better, and with grey values as Bernoulli probabilities it is
negative. A report that prints a positive "ELBO" prints its negative, the loss.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from genrep.errors import UserError
from genrep.objectives.vae import bernoulli_nll, kl_to_standard_normal


class ELBO(NamedTuple):
    """Means over images, in nats."""

    elbo: float  # log_likelihood - kl
    log_likelihood: float  # E_q log p(x|z)
    kl: float  # at least 0

    @property
    def loss(self) -> float:
        """The bound with the sign of a loss: smaller is better."""
        return -self.elbo


@torch.inference_mode()
def parts(
    networks: nn.ModuleDict,
    images: Tensor,
    value_range: tuple[float, float],
    generator: torch.Generator,
    draws: int = 1,
    nll: Callable[[Tensor, Tensor], Tensor] = bernoulli_nll,
    batch_size: int = 500,
) -> tuple[np.ndarray, np.ndarray]:
    """Log-likelihood and divergence of each image under a trained VAE, (N,) float64 each.

    Args:
        networks: ``encoder`` (images -> mean and log variance) and ``decoder`` (latent -> logits or means), in
            evaluation mode, on the generator's device.
        images: (N, C, H, W) uint8.
        value_range: what pixel values 0 and 255 become.
        generator: of the latents.
        draws: latents per image, averaged over.
        nll: -log p(x|z) per image from the decoder's output and the images.
        batch_size: images per pass; part of the protocol, since it changes the order of draws.

    Raises:
        UserError: no images, or a bound that is not finite.
    """
    if len(images) == 0:
        raise UserError("an ELBO needs at least 1 image, got 0")
    encoder: Any = networks["encoder"]
    decoder: Any = networks["decoder"]
    low, high = value_range
    likelihoods, divergences = [], []
    for part in images.split(batch_size):
        x = part.to(generator.device).float() * ((high - low) / 255) + low
        mean, log_variance = encoder(x)
        divergences.append(kl_to_standard_normal(mean, log_variance).double().cpu())
        deviation = (0.5 * log_variance).exp()
        total = torch.zeros(len(x), dtype=torch.float64)
        for _ in range(draws):
            eps = torch.randn(mean.shape, generator=generator, device=generator.device)
            total -= nll(decoder(mean + deviation * eps), x).double().cpu()
        likelihoods.append(total / draws)
    likelihood, kl = (torch.cat(values).numpy() for values in (likelihoods, divergences))
    if not np.isfinite(likelihood.mean() - kl.mean()):
        raise UserError(
            f"the ELBO is not finite (log likelihood {likelihood.mean()}, KL {kl.mean()}); the model has diverged"
        )
    return likelihood, kl


def elbo(networks: nn.ModuleDict, images: Tensor, *protocol: Any, **more: Any) -> ELBO:
    """Bound of a trained VAE on a set of images; takes and raises what ``parts`` does."""
    likelihood, kl = (float(values.mean()) for values in parts(networks, images, *protocol, **more))
    return ELBO(likelihood - kl, likelihood, kl)
