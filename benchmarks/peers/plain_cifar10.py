"""The AC-GAN and the convolutional VAE in the loop that one writes first: fp32, contiguous memory, a DataLoader.

``plain_cifar10.py acgan_cifar10|vae_cifar10 IMAGES STEPS`` prints images per second. The networks are ours, with
torch's own layers for the faster ones (dropout, transposed convolutions, also those that keep the resolution).
Everything around them is not.
"""

import os
import sys
import time
from collections.abc import Callable

import torch
from plain_gan import images
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from genrep import models
from genrep.models.layers import ConvTranspose2d, Dropout
from genrep.params import RunParams, load, run_of

WARM_UP = 2  # steps
CLASSES = 10


def plain(network: nn.Module, mirrored: bool = False) -> nn.Module:
    """The same layers by torch itself; ``mirrored``: transposed convolutions that keep the resolution as such."""
    for name, layer in network.named_children():
        if isinstance(layer, Dropout):
            setattr(network, name, nn.Dropout(layer.p))
        elif mirrored and isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3):
            setattr(network, name, nn.ConvTranspose2d(layer.in_channels, layer.out_channels, 3, padding=1))
        else:
            plain(layer, mirrored)
    return network


def acgan(networks: nn.ModuleDict, run: RunParams) -> Callable[[Tensor, Tensor], None]:
    """One step of each player."""
    generator, discriminator = plain(networks["generator"]), plain(networks["discriminator"])
    settings = {"lr": run.optimizer.lr, "betas": run.optimizer.betas, "weight_decay": 2 * run.optimizer.l2}
    of_d = torch.optim.Adam(discriminator.parameters(), **settings)
    of_g = torch.optim.Adam(generator.parameters(), **settings)

    def fake(count: int) -> tuple[Tensor, Tensor]:
        labels = torch.randint(CLASSES, (count,))
        return generator(run.network.prior_sd * torch.randn(count, run.network.latent), labels), labels

    def judged(shown: Tensor, labels: Tensor, target: Tensor) -> Tensor:
        scores, classes = discriminator(shown)
        return F.binary_cross_entropy_with_logits(scores, target) + F.cross_entropy(classes, labels)

    def step(real: Tensor, labels: Tensor) -> None:
        B = len(real)
        with torch.no_grad():
            drawn, asked = fake(B)
        of_d.zero_grad()
        loss = judged(real, labels, 1 - 0.3 * torch.rand(B)) + judged(drawn, asked, torch.zeros(B))
        (loss / 2).backward()
        of_d.step()
        of_g.zero_grad()
        judged(*fake(2 * B), torch.ones(2 * B)).backward()
        of_g.step()

    return step


def vae(networks: nn.ModuleDict, run: RunParams) -> Callable[[Tensor, Tensor], None]:
    """One step of the bound."""
    encoder, decoder = networks["encoder"], plain(networks["decoder"], mirrored=True)
    optimizer = torch.optim.RMSprop(
        [*encoder.parameters(), *decoder.parameters()], run.optimizer.lr, run.optimizer.alpha, run.optimizer.eps
    )

    def step(real: Tensor, labels: Tensor) -> None:
        mean, log_variance = encoder(real)
        z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        nll = F.binary_cross_entropy_with_logits(decoder(z), real, reduction="none").sum((1, 2, 3)).mean()
        kl = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1).mean()
        optimizer.zero_grad()
        (nll + kl).backward()
        optimizer.step()

    return step


def main() -> None:
    name, path, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(os.cpu_count() or 1)
    run = run_of(load(), "char74k_cifar10", name, "full")
    ConvTranspose2d.forward = nn.ConvTranspose2d.forward
    pixels = images(path, run)
    data = TensorDataset(pixels, torch.arange(len(pixels)) % CLASSES)
    loader = DataLoader(data, batch_size=run.batch_size, shuffle=True)
    networks = models.build(run.network, tuple(pixels.shape[1:]), CLASSES, seed=0)
    step = acgan(networks, run) if "generator" in networks else vae(networks, run)
    for number, (batch, labels) in enumerate(loader):
        if number == WARM_UP:
            started = time.perf_counter()
        if number == WARM_UP + steps:
            break
        step(batch, labels)
    print(run.batch_size * steps / (time.perf_counter() - started))


if __name__ == "__main__":
    main()
