"""Our U-Net of the thesis, as one side of ``benchmarks.diffusion``.

``python -m benchmarks.unet WHAT BATCH STEPS [TINY]``: WHAT is ``train`` (our loop on random pixels, without the moving
average, which the peer has not either) or ``sample`` (ancestral sampling by STEPS steps). Prints images per second and
the peak memory in bytes; the first step, or the first draw of two steps, is not counted.
"""

import os
import sys

import numpy as np
import torch

from genrep import models, sampling
from genrep.allocator import keep_freed_memory
from genrep.data.arrays import DeviceImages, ImageSet
from genrep.devices import peak_memory
from genrep.params import RunParams, load, run_of
from genrep.sampling.timing import seconds_of
from genrep.training.loop import Loop

TINY = {"channels": (32, 32, 64), "attention": (8,)}, 32  # network and pixels, to try the benchmark itself


def setting(tiny: bool, batch: int) -> tuple[RunParams, int]:
    """The run of ``params.yaml`` at full scale, with its shipped precision, and the side of its images."""
    run = run_of(load(), "thesis", "diffusion", "full")
    changes, side = TINY if tiny else ({}, 128)
    update = {"network": run.network.model_copy(update=changes), "batch_size": batch, "drop_last": False}
    return run.model_copy(update=update | {"ema": None, "ema_warm_up": False, "threads": os.cpu_count() or 1}), side


def train(run: RunParams, side: int, steps: int, device: torch.device) -> float:
    pixels = np.random.default_rng(0).integers(256, size=(run.batch_size * steps, side, side, 3), dtype=np.uint8)
    card = {"name": "benchmark", "classes": 1, "counts": {"train": len(pixels)}}
    images = DeviceImages(ImageSet(pixels, np.zeros(len(pixels), int), card), "train", run.data.range, device)
    loop = Loop(run, images, (3, side, side), 1, seed=0, device=device)
    loop.epoch(max_steps=1)
    return loop.epoch().images_per_second


def sample(run: RunParams, side: int, steps: int, device: torch.device) -> float:
    torch.set_num_threads(run.threads)
    sampler = run.sampler.model_copy(update={"average": None})
    run = run.model_copy(update={"sampler": sampler})
    networks = models.build(run.network, (3, side, side), 1, seed=0).eval()
    networks.to(device=device, memory_format=torch.channels_last)
    sampled = networks, run, (3, side, side), device
    seconds_of(sampled, run.batch_size, 2)
    return run.batch_size / seconds_of(sampled, run.batch_size, steps)


def main() -> None:
    keep_freed_memory()  # as the genrep command does
    what, batch, steps, *rest = sys.argv[1:]
    device = torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    run, side = setting("TINY" in rest, int(batch))
    assert sampling.steps(run) >= int(steps)
    rate = {"train": train, "sample": sample}[what](run, side, int(steps), device)
    print(rate, peak_memory(device))


if __name__ == "__main__":
    main()
