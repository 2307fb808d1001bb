"""A VAE in the loop that one writes first: fp32, contiguous memory, a DataLoader.

``plain_vae.py REPLICATION RUN IMAGES STEPS`` prints images per second. The networks are ours, with torch's own
transposed convolutions for the faster ones of genrep.models.layers; everything around them is not.
"""

import os
import sys

import torch
from plain_gan import images, rate
from torch import Tensor, nn
from torch.nn import functional as F

from genrep import models
from genrep.models.layers import ConvTranspose2d
from genrep.params import load, run_of


def main() -> None:
    replication, name, path, steps = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    torch.set_num_threads(os.cpu_count() or 1)
    run = run_of(load(), replication, name, "full")
    ConvTranspose2d.forward = nn.ConvTranspose2d.forward
    pixels = images(path, run)
    networks = models.build(run.network, tuple(pixels.shape[1:]), 10, seed=0)
    encoder, decoder = networks["encoder"], networks["decoder"]
    optimizer = torch.optim.Adam(networks.parameters(), lr=run.optimizer.lr)

    def update(x: Tensor) -> None:
        mean, log_variance = encoder(x)
        logits = decoder(mean + (0.5 * log_variance).exp() * torch.randn_like(mean))
        divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum()
        loss = (F.binary_cross_entropy_with_logits(logits, x, reduction="sum") + divergence) / len(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    print(rate(run, pixels, steps, update))


if __name__ == "__main__":
    main()
