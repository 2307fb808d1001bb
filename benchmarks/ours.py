"""Our own training loop, as one side of a benchmark: ``ours.py REPLICATION RUN IMAGES STEPS`` prints images per second.

The run is that of full scale, with its shipped precision; its first steps are not counted.
"""

import os
import sys
from pathlib import Path

import numpy as np
import torch

from genrep.allocator import keep_freed_memory
from genrep.data.arrays import DeviceImages, ImageSet
from genrep.params import load, run_of
from genrep.training.loop import Loop

WARM_UP = 2  # steps


def main() -> None:
    keep_freed_memory()  # as the genrep command does
    replication, name, path, steps = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
    run = run_of(load(), replication, name, "full").model_copy(update={"threads": os.cpu_count() or 1})
    pixels, device = np.load(path), torch.device("cpu")
    card = {"name": "benchmark", "classes": 10, "counts": {"train": len(pixels)}}
    images = ImageSet(pixels, np.arange(len(pixels)) % 10, card)
    loop = Loop(run, DeviceImages(images, "train", run.data.range, device), images.shape, 10, seed=0, device=device)
    loop.epoch(max_steps=WARM_UP)
    print(loop.epoch(max_steps=steps).images_per_second)


if __name__ == "__main__":
    main()
