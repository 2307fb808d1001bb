"""``python -m benchmarks.studies``: neighbours and latent recovery at the sizes of the thesis, into ``STUDIES.md``.

Random images and weights: the time does not depend on what a network has learnt. Each side runs in a process of its
own, whose peak memory is that of the side. Let nothing else run meanwhile.
"""

import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import torch

from genrep import models
from genrep.devices import device_name
from genrep.files import write_text
from genrep.metrics.neighbours import furthest, nearest
from genrep.models.latent import latents
from genrep.params.networks import ResidualVAEParams
from genrep.params.studies import SearchParams
from genrep.studies.abilities import Decoder
from genrep.studies.search import search

THREADS = 2
QUERIES, SAMPLES, TRAINING = 64, 8096, 10_000  # images of 64x64 in colour
IMAGES, STARTS, STEPS = 16, 8, 2
SMALL = ResidualVAEParams(
    kind="residual_vae", latent=128, channels=(32, 32, 64, 64, 128), blocks=1, attention=(16,), groups=8
)


def neighbours(folder: Path) -> None:
    """64 queries among all samples, near and far, and among training images, which are mapped from a file."""
    rng = np.random.default_rng(0)
    samples = rng.integers(0, 256, (SAMPLES, 64, 64, 3), dtype=np.uint8)
    training = np.load(folder / "training.npy", mmap_mode="r")
    start = time.perf_counter()
    nearest(samples[:QUERIES], samples, k=8)
    furthest(samples[:QUERIES], samples, k=7)
    nearest(samples[:QUERIES], training, k=50)
    report(time.perf_counter() - start)


def recovery(together: bool) -> None:
    """Steps of latent recovery, all starts as one batch or one start after another."""
    decoder = models.build(SMALL, (3, 64, 64), 1, seed=0)["decoder"].eval().requires_grad_(False)
    decoder.to(memory_format=torch.channels_last)
    wrapped = Decoder(SMALL.latent, lambda n, g: latents(decoder, n, g), lambda z: decoder(z).sigmoid())
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(IMAGES, 3, 64, 64, generator=generator)
    starts = torch.randn(IMAGES, STARTS, SMALL.latent, generator=generator)
    schedule = SearchParams(starts=STARTS, steps=STEPS, lr=0.05)
    start = time.perf_counter()
    for part in [starts] if together else starts.split(1, dim=1):
        search(wrapped, images, part, schedule)
    report(time.perf_counter() - start)


def report(seconds: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # GiB on Linux
    print(f"{seconds} {peak}")


def run(*arguments: object) -> tuple[float, float]:
    """Seconds and peak memory (GiB) of one side."""
    command = [sys.executable, "-m", "benchmarks.studies", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": str(THREADS)})
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    seconds, peak = map(float, done.stdout.split())
    return seconds, peak


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rng = np.random.default_rng(1)
        np.save(folder / "training.npy", rng.integers(0, 256, (TRAINING, 64, 64, 3), dtype=np.uint8))
        found, peak = run("neighbours", folder)
    (batch, batch_peak), (single, _) = run("recovery", "together"), run("recovery", "apart")
    each = IMAGES * STARTS * STEPS
    lines = [
        "# Benchmarks of the studies",
        "",
        f"Written by `python -m benchmarks.studies` on {THREADS} threads, every side in a process of its own.",
        "",
        f"- date: {date.today().isoformat()}",
        f"- machine: {device_name(torch.device('cpu'))}, {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}",
        f"- Python {platform.python_version()}, torch {torch.__version__}",
        "",
        "| what | measured | required | peak memory |",
        "|---|---|---|---|",
        f"| neighbours of {QUERIES} queries among {SAMPLES:,} samples (near and far) and {TRAINING:,} training images, "
        f"64x64, pixels | {found:.1f} s | under 10 s, 1.5 GiB | {peak:.2f} GiB |",
        f"| latent recovery of {IMAGES} images x {STARTS} starts as one batch, residual VAE at 64x64, per latent and "
        f"step | {1e3 * batch / each:.1f} ms | one batch | {batch_peak:.2f} GiB |",
        f"| the same, one start after another | {1e3 * single / each:.1f} ms | - | - |",
        "",
    ]
    write_text(Path(__file__).with_name("STUDIES.md"), "\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    match sys.argv[1:]:
        case []:
            main()
        case ["neighbours", folder]:
            neighbours(Path(folder))
        case ["recovery", how]:
            recovery(how == "together")
