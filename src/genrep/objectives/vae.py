"""Evidence lower bound of a VAE with Bernoulli or Gaussian pixels (Kingma and Welling, 2014).

    loss = -log p(x|z) + KL(q(z|x) || N(0, I)),   z = mu + sigma * eps,   eps ~ N(0, I)

Both terms are in nats per image: summed over pixels and latents, averaged over the batch. A conditional encoder or
decoder is told the class.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genrep.data.arrays import DeviceImages
from genrep.devices import resolve_precision
from genrep.models.latent import told
from genrep.objectives.base import Batch, Losses, Noise, Phase, normal
from genrep.params.training import RunParams, VAEObjectiveParams


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) || N(0, I)) per image: (B, latent) twice -> (B,)."""
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(dim=1)


def bernoulli_nll(logits: Tensor, images: Tensor) -> Tensor:
    """-log p(x|z) per image, with grey values in [0, 1] as probabilities: (B, C, H, W) twice -> (B,)."""
    return F.binary_cross_entropy_with_logits(logits, images, reduction="none").flatten(1).sum(dim=1)


def gaussian_nll(means: Tensor, images: Tensor, sd: float) -> Tensor:
    """-log p(x|z) per image up to its constant, ||x - mean||^2 / (2 sd^2): (B, C, H, W) twice -> (B,)."""
    return (images - means).square().flatten(1).sum(dim=1) / (2 * sd**2)


def phases(networks: nn.ModuleDict, params: VAEObjectiveParams) -> list[Phase]:
    """One phase over ``encoder`` and ``decoder``; images in [0, 1]."""
    encoder: Any = networks["encoder"]
    decoder: Any = networks["decoder"]
    exponent = 0.5 if params.noise == "deviation" else 1.0

    def nll(output: Tensor, images: Tensor) -> Tensor:
        if params.gaussian_sd is None:
            value = bernoulli_nll(output, images)
        else:
            value = gaussian_nll(decoder.to_pixels(output), images, params.gaussian_sd)
        return value / images.shape[1] if params.channels == "mean" else value

    def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
        value = kl_to_standard_normal(mean, log_variance)
        return value / mean.shape[1] if params.kl == "mean" else value

    def draw(batch: Batch, generator: torch.Generator) -> Noise:
        return {"eps": normal(batch, generator, len(batch.images), decoder.latent)}

    def loss(batch: Batch, noise: Noise) -> Losses:
        mean, log_variance = told(encoder, batch.images, batch.labels)
        z = mean + (exponent * log_variance).exp() * noise["eps"]
        reconstruction = nll(told(decoder, z, batch.labels), batch.images).mean()
        kl = divergence(mean, log_variance).mean()
        return {"loss": reconstruction + kl, "reconstruction": reconstruction, "kl": kl}

    return [Phase("vae", ("encoder", "decoder"), draw, loss)]


@torch.no_grad()
def after_training(networks: nn.ModuleDict, run: RunParams, data: DeviceImages) -> None:
    """Encode every training image and fit ``posterior``, where the networks have one, to means and deviations."""
    if "posterior" not in networks:
        return
    encoder: Any = networks["encoder"]
    posterior: Any = networks["posterior"]
    device = next(encoder.parameters()).device
    bf16 = resolve_precision(run.precision, device) == "bf16"
    means, deviations = [], []
    for images, _ in data.batches(run.batch_size):
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            mean, log_variance = encoder(images)
        means.append(mean.cpu())
        deviations.append((0.5 * log_variance).exp().cpu())
    posterior.fit(torch.cat(means), torch.cat(deviations))
