"""The U-Net of the diffusers library at the thesis's size, as the other side of ``benchmarks.diffusion``.

``python -m benchmarks.peers.diffusers_unet WHAT BATCH STEPS HOW [TINY]``: WHAT is ``train`` or ``sample`` (by
DDPMPipeline), HOW is ``default`` (fp32, contiguous memory) or ``bf16`` (autocast and channels_last). Prints images per
second and the peak memory in bytes.
"""

import os
import sys
import time

import torch
from torch.nn import functional as F

import genrep.compat  # noqa: F401 - diffusers imports torchvision
from genrep.devices import peak_memory, synchronize


def network(tiny: bool):
    from diffusers import UNet2DModel

    widths, attention, side = ((32, 32, 64), 2, 32) if tiny else ((128, 128, 256, 256, 512, 512), 3, 128)
    down = ["DownBlock2D"] * len(widths)
    down[attention] = "AttnDownBlock2D"
    up = [name.replace("Down", "Up") for name in reversed(down)]
    return UNet2DModel(
        sample_size=side, layers_per_block=2, block_out_channels=widths, down_block_types=down, up_block_types=up
    )


def train(unet, batch: int, steps: int, bf16: bool, layout: torch.memory_format, device: torch.device) -> float:
    from diffusers import DDPMScheduler

    scheduler = DDPMScheduler()
    optimizer = torch.optim.AdamW(unet.parameters(), lr=1e-4)
    side = unet.config.sample_size
    for step in range(steps + 1):
        if step == 1:
            synchronize(device)
            started = time.perf_counter()
        images = torch.rand(batch, 3, side, side, device=device).to(memory_format=layout) * 2 - 1
        noise, t = torch.randn_like(images), torch.randint(0, 1000, (batch,), device=device)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            predicted = unet(scheduler.add_noise(images, noise, t), t).sample
        loss = F.mse_loss(predicted.float(), noise)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    synchronize(device)
    return batch * steps / (time.perf_counter() - started)


def sample(unet, batch: int, steps: int, bf16: bool, layout: torch.memory_format, device: torch.device) -> float:
    from diffusers import DDPMPipeline, DDPMScheduler

    pipeline = DDPMPipeline(unet.eval(), DDPMScheduler()).to(device)
    pipeline.set_progress_bar_config(disable=True)
    for count in (2, steps):
        synchronize(device)
        started = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            pipeline(batch, num_inference_steps=count, output_type="np")
        synchronize(device)
    return batch / (time.perf_counter() - started)


def main() -> None:
    what, batch, steps, how, *rest = sys.argv[1:]
    torch.set_num_threads(os.cpu_count() or 1)
    device = torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    layout = torch.channels_last if how == "bf16" else torch.contiguous_format
    unet = network("TINY" in rest).to(device=device, memory_format=layout)
    rate = {"train": train, "sample": sample}[what](unet, int(batch), int(steps), how == "bf16", layout, device)
    print(rate, peak_memory(device))


if __name__ == "__main__":
    main()
