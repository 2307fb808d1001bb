"""The diffusion model's U-Net in the loop that one writes first: fp32, contiguous memory, a DataLoader.

``plain_diffusion.py IMAGES STEPS`` prints images per second. The network is ours, with torch's own transposed
convolutions for the faster ones of genrep.models.layers; everything around it is not.
"""

import os
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from genrep import models
from genrep.models.layers import ConvTranspose2d
from genrep.params import load, run_of

WARM_UP = 1  # steps


def main() -> None:
    path, steps = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(os.cpu_count() or 1)
    run = run_of(load(), "mnist_timing", "diffusion-adam", "full")
    pixels = torch.from_numpy(np.load(path)).permute(0, 3, 1, 2).float().contiguous() / 255
    data = TensorDataset(pixels, torch.arange(len(pixels)) % 10)
    loader = DataLoader(data, batch_size=run.batch_size, shuffle=True)
    T = run.objective.steps
    ConvTranspose2d.forward = nn.ConvTranspose2d.forward
    alpha_bar = (1 - torch.linspace(*run.objective.beta, T)).cumprod(0)
    denoiser = models.build(run.network, (1, 28, 28), 10, seed=0)["denoiser"]
    optimizer = torch.optim.Adam(denoiser.parameters(), lr=run.optimizer.lr)
    for step, (images, labels) in enumerate(loader):
        if step == WARM_UP:
            started = time.perf_counter()
        if step == WARM_UP + steps:
            break
        t = torch.randint(1, T + 1, (len(images),))
        eps = torch.randn_like(images)
        signal = alpha_bar[t - 1][:, None, None, None]
        noisy = signal.sqrt() * images + (1 - signal).sqrt() * eps
        keep = (torch.rand(len(images)) >= run.objective.class_dropout).float()
        loss = F.mse_loss(denoiser(noisy, t / T, labels, keep), eps)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(run.batch_size * steps / (time.perf_counter() - started))


if __name__ == "__main__":
    main()
