"""``make bench-diffusion``: the thesis's U-Net against that of the diffusers library, into ``benchmarks/DIFFUSION.md``.

The two sides take turns, every repetition in a process of its own; a ratio is the median of the paired ratios. Let
nothing else run meanwhile. ``python -m benchmarks.diffusion TINY`` tries it out on small networks and writes nothing.
"""

import os
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path
from statistics import median

import torch
from tqdm import tqdm

from genrep.data.catalogue import data_set
from genrep.devices import device_name, resolve_precision
from genrep.files import write_text
from genrep.flops import training_flops_per_image
from genrep.params import load, run_of

OURS, PEER = "benchmarks.unet", "benchmarks.peers.diffusers_unet"
REPETITIONS = 3
GPU = torch.cuda.is_available()
BATCH, STEPS = (32, 20) if GPU else (4, 2)  # of training
DRAWN, DENOISED = (32, 50) if GPU else (4, 4)  # images and steps of sampling
SMALL, LARGE = (8, 32) if GPU else (1, 4)  # batches whose difference gives the memory per image
PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12}  # dense bf16, FLOP/s, as their maker states them
# what, how the peer runs, ratio required on a GPU and on a CPU
COMPARISONS = (
    ("train", "default", 1.5, 3.0),
    ("train", "bf16", None, None),
    ("sample", "default", None, 3.0),
    ("sample", "bf16", 1.5, None),
)
TITLES = {"train": "training step", "sample": "sampling"}
PEERS = {"default": "diffusers as it comes: fp32, contiguous", "bf16": "diffusers with bf16 autocast and channels_last"}


def run(module: str, *arguments: object) -> list[float]:
    command = [sys.executable, "-m", module, *map(str, arguments), *sys.argv[1:]]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return [float(word) for word in done.stdout.splitlines()[-1].split()]  # peers may warn before


def compared(what: str, how: str, required: float | None, bar: tqdm) -> tuple[str, float]:
    """A row of the table, and our rate."""
    size = (BATCH, STEPS) if what == "train" else (DRAWN, DENOISED)
    pairs = []
    for _ in range(REPETITIONS):
        pairs.append((run(OURS, what, *size)[0], run(PEER, what, *size, how)[0]))
        bar.update(2)
    ours, peer = (median(side) for side in zip(*pairs, strict=True))
    ratios = sorted(a / b for a, b in pairs)
    title = f"{TITLES[what]}, batch {size[0]}" + f", {size[1]} steps" * (what == "sample")
    cells = (title, f"{ours:.4g}", f"{peer:.4g}", f"{median(ratios):.2f}", f"{ratios[0]:.2f} to {ratios[-1]:.2f}")
    return f"| {' | '.join((*cells, str(required or '-'), PEERS[how]))} |", ours


def per_image(module: str, *how: str) -> float:
    """Bytes that one more image of a batch takes in a training step."""
    return (run(module, "train", LARGE, 1, *how)[1] - run(module, "train", SMALL, 1, *how)[1]) / (LARGE - SMALL)


def main() -> None:
    bar = tqdm(total=2 * REPETITIONS * len(COMPARISONS), unit="run", disable=None)
    rows, rates = [], {}
    for what, how, on_gpu, on_cpu in COMPARISONS:
        row, rates[what] = compared(what, how, on_gpu if GPU else on_cpu, bar)
        rows.append(row)
    device = torch.device("cuda", 0) if GPU else torch.device("cpu")
    params = run_of(load(), "thesis", "diffusion", "full")
    entry = data_set(params.data.set)
    achieved = rates["train"] * training_flops_per_image(params, entry.shape, entry.classes)
    peak = next((value for name, value in PEAKS.items() if name in device_name(device)), None)
    bare = run("benchmarks.convolutions")[0]
    sizes = {name: per_image(*side) for name, side in SIDES.items()}
    text = "\n".join(
        [
            *HEAD,
            f"- date: {date.today().isoformat()}",
            f"- machine: {device_name(device)}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}; "
            f"our precision: {resolve_precision('auto', device)}",
            f"- Python {platform.python_version()}, torch {torch.__version__}",
            f"- our training step: {achieved / 1e9:,.0f} GFLOP/s; a bare stack of 3x3 convolutions: {bare / 1e9:,.0f}"
            + (
                f"; peak of the device: {peak / 1e9:,.0f}, of which the step uses {achieved / peak:.0%}" if peak else ""
            ),
            "- memory of one more image in a training step: "
            + "; ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in sizes.items()),
            "",
            "| what | ours, images/s | peer, images/s | ratio | range | required | peer |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )
    print(text)
    if len(sys.argv) == 1:
        write_text(Path(__file__).with_name("DIFFUSION.md"), text)


SIDES = {"ours": (OURS,), "diffusers": (PEER, "default"), "diffusers, bf16": (PEER, "bf16")}
HEAD = (
    "# The diffusion model of the thesis against diffusers",
    "",
    "Written by `make bench-diffusion`: the U-Net of 110 million parameters at 128x128, random weights and pixels.",
    f"Images per second: median of {REPETITIONS} alternating repetitions, each in a process of its own; the ratio is",
    "the median of the paired ratios.",
    "",
)

if __name__ == "__main__":
    main()
