"""What the machine can do: a bare stack of 3x3 convolutions, bf16, channels_last, forward and backward, in FLOP/s."""

import os
import time

import torch
from torch import nn

from genrep.allocator import keep_freed_memory
from genrep.devices import has_bf16, synchronize

CHANNELS, SIDE, LAYERS, BATCH = 256, 32, 8, 16


def main() -> None:
    keep_freed_memory()
    torch.set_num_threads(os.cpu_count() or 1)
    device = torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    stack = nn.Sequential(*(nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1) for _ in range(LAYERS)))
    stack.to(device=device, memory_format=torch.channels_last)
    images = torch.randn(BATCH, CHANNELS, SIDE, SIDE, device=device).to(memory_format=torch.channels_last)
    best = 0.0
    for _ in range(6):
        synchronize(device)
        started = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=has_bf16(device)):
            output = stack(images.requires_grad_())
        output.float().sum().backward()
        synchronize(device)
        best = max(best, 3 * 2 * 9 * CHANNELS**2 * SIDE**2 * LAYERS * BATCH / (time.perf_counter() - started))
    print(best)


if __name__ == "__main__":
    main()
