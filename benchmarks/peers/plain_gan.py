"""The garments' GANs in the loop that one writes first: fp32, contiguous memory, a DataLoader.

``plain_gan.py improved_gan|wgan_gp IMAGES STEPS`` prints images per second. The networks are ours, with torch's own
transposed convolutions for the faster ones of genrep.models.layers; everything around them is not. Both sides do the
same work: a step of the discriminator, then one of the generator on latents of its own.
"""

import os
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from genrep import models
from genrep.models.layers import ConvTranspose2d
from genrep.params import RunParams, load, run_of

WARM_UP = 2  # steps


def cross_entropy(logits: Tensor, target: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def gan(discriminator: nn.Module, run: RunParams) -> tuple[Callable, Callable]:
    def of_discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return (cross_entropy(discriminator(real), 1.0) + cross_entropy(discriminator(fake), 0.0)) / 2

    return of_discriminator, lambda fake: cross_entropy(discriminator(fake), 1.0)


def wgan_gp(critic: nn.Module, run: RunParams) -> tuple[Callable, Callable]:
    def of_critic(real: Tensor, fake: Tensor) -> Tensor:
        alpha = torch.rand(len(real), 1, 1, 1)
        between = (real + alpha * (fake - real)).requires_grad_()
        (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        penalty = (gradient.flatten(1).norm(dim=1) - 1).square().mean()
        return critic(fake).mean() - critic(real).mean() + run.objective.penalty * penalty

    return of_critic, lambda fake: -critic(fake).mean()


def main() -> None:
    name, path, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(os.cpu_count() or 1)
    run = run_of(load(), "fashion_mnist_is", name, "full")
    ConvTranspose2d.forward = nn.ConvTranspose2d.forward
    networks = models.build(run.network, (1, 28, 28), 10, seed=0)
    generator, discriminator = networks["generator"], networks["discriminator"]
    optimizers = [
        torch.optim.Adam(network.parameters(), lr=run.optimizer_for(phase).lr, betas=run.optimizer.betas)
        for network, phase in ((discriminator, "discriminator"), (generator, "generator"))
    ]
    of_discriminator, of_generator = {"improved_gan": gan, "wgan_gp": wgan_gp}[name](discriminator, run)
    pixels = torch.from_numpy(np.load(path)).permute(0, 3, 1, 2).float().contiguous() / 255
    loader = DataLoader(TensorDataset(pixels), batch_size=run.batch_size, shuffle=True, drop_last=True)

    def draw() -> Tensor:
        return generator(2 * torch.rand(run.batch_size, run.network.latent) - 1)

    for step, (real,) in enumerate(loader):
        if step == WARM_UP:
            started = time.perf_counter()
        if step == WARM_UP + steps:
            break
        for optimizer, loss in (
            (optimizers[0], lambda real=real: of_discriminator(real, draw().detach())),
            (optimizers[1], lambda: of_generator(draw())),
        ):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
    print(run.batch_size * steps / (time.perf_counter() - started))


if __name__ == "__main__":
    main()
