"""``make bench``: our training speed against peers, on this machine's CPU, into ``benchmarks/RESULTS.md``.

Each comparison alternates the two sides, every repetition in a process of its own, and reports the median of the
repetitions and of their paired ratios. Let nothing else run meanwhile. Both sides see the same real images: shipped
ones, repeated. Hours are not needed: about a quarter of one on two cores.
"""

import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

import numpy as np
import torch
from tqdm import tqdm

from genrep.devices import device_name, resolve_precision
from genrep.errors import UserError
from genrep.files import write_text

REPETITIONS = 5
IMAGES = 6400  # 50 batches of 128, 25 of 256
HERE = Path(__file__).parent
KERAS = Path(".venvs/keras/bin/python")
OURS = (sys.executable, HERE / "ours.py")
OBJECTS = "cifar10-reduced"
PLAIN = "the same networks in a plain fp32 contiguous PyTorch loop with a DataLoader"


@dataclass(frozen=True)
class Comparison:
    """Two commands that print images per second; IMAGES in them stands for the file of images."""

    title: str
    ours: tuple[object, ...]
    peer: tuple[object, ...]
    peer_name: str
    required: float  # ratio
    images: str = "mnist-reduced"
    enlarged: int = 1  # times the side of the images


COMPARISONS = (
    Comparison(
        "VAE training",
        (*OURS, "mnist_timing", "vae-adam", "IMAGES", 50),
        (KERAS, HERE / "peers/keras_models.py", "vae", "IMAGES", 1),
        "the same networks in Keras, TensorFlow backend, graph-compiled step",
        1.3,
    ),
    Comparison(
        "GAN training",
        (*OURS, "mnist_timing", "gan-adam", "IMAGES", 50),
        (KERAS, HERE / "peers/keras_models.py", "gan", "IMAGES", 2),
        "the same networks in Keras, TensorFlow backend, graph-compiled step",
        1.3,
    ),
    Comparison(
        "diffusion training step",
        (*OURS, "mnist_timing", "diffusion-adam", "IMAGES", 2),
        (sys.executable, HERE / "peers/plain_diffusion.py", "IMAGES", 1),
        "the same U-Net in a plain fp32 contiguous PyTorch loop with a DataLoader",
        3.0,
    ),
    Comparison(
        "DCGAN training at 64x64",
        (*OURS, "gan_vs_vae", "gan_celeba", "IMAGES", 6),
        (sys.executable, HERE / "peers/plain_gan.py", "gan_vs_vae", "gan_celeba", "IMAGES", 4),
        PLAIN,
        2.2,
        OBJECTS,
        2,
    ),
    Comparison(
        "VAE training at 64x64",
        (*OURS, "gan_vs_vae", "vae_celeba", "IMAGES", 20),
        (sys.executable, HERE / "peers/plain_vae.py", "gan_vs_vae", "vae_celeba", "IMAGES", 10),
        PLAIN,
        2.5,
        OBJECTS,
        2,
    ),
    Comparison(
        "AC-GAN training, CIFAR-10",
        (*OURS, "char74k_cifar10", "acgan_cifar10", "IMAGES", 20),
        (sys.executable, HERE / "peers/plain_cifar10.py", "acgan_cifar10", "IMAGES", 10),
        PLAIN,
        2.0,
        OBJECTS,
    ),
    Comparison(
        "convolutional VAE training, CIFAR-10",
        (*OURS, "char74k_cifar10", "vae_cifar10", "IMAGES", 20),
        (sys.executable, HERE / "peers/plain_cifar10.py", "vae_cifar10", "IMAGES", 10),
        PLAIN,
        2.0,
        OBJECTS,
    ),
)


def main() -> None:
    if not KERAS.exists():
        sys.exit(f"{KERAS} does not exist; run: make bench")
    with tempfile.TemporaryDirectory() as folder:
        paths = {key: shipped_images(*key, Path(folder)) for key in {(c.images, c.enlarged) for c in COMPARISONS}}
        bar = tqdm(total=2 * REPETITIONS * len(COMPARISONS), unit="run", disable=None)
        rows = [row(comparison, paths[comparison.images, comparison.enlarged], bar) for comparison in COMPARISONS]
    text = "\n".join([*HEAD, *machine(), "", *TABLE_HEAD, *rows, ""])
    write_text(HERE / "RESULTS.md", text)
    print(text)


def shipped_images(name: str, times: int, folder: Path) -> Path:
    """A file of the shipped images of a reduced set, repeated, with sides enlarged ``times`` times."""
    with np.load(f"data/reduced/{name}.npz", allow_pickle=False) as shipped:
        images = shipped["images"]
    images = np.resize(images, (IMAGES, *images.shape[1:]))
    path = folder / f"{name}-{times}.npy"
    np.save(path, images.repeat(times, axis=1).repeat(times, axis=2))
    return path


def row(comparison: Comparison, path: Path, bar: tqdm, repetitions: int = REPETITIONS) -> str:
    pairs = [tuple(rate(side, path, bar) for side in (comparison.ours, comparison.peer)) for _ in range(repetitions)]
    ours, peer = (median(side) for side in zip(*pairs, strict=True))
    ratios = sorted(a / b for a, b in pairs)
    return (
        f"| {comparison.title} | {ours:,.0f} | {peer:,.0f} | {median(ratios):.2f} "
        f"| {ratios[0]:.2f} to {ratios[-1]:.2f} "
        f"| {comparison.required} | {comparison.peer_name} |"
    )


def rate(command: tuple[object, ...], path: Path, bar: tqdm) -> float:
    arguments = [str(path if part == "IMAGES" else part) for part in command]
    done = subprocess.run(arguments, capture_output=True, text=True)
    bar.update()
    bar.set_postfix_str(f"{done.stdout.split()[-1] if done.stdout else '-'} images/s")
    if done.returncode:
        raise UserError(f"{' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


HEAD = (
    "# Benchmarks",
    "",
    "Written by `make bench`. Training images per second: median of "
    f"{REPETITIONS} alternating repetitions, each in a process of its own.",
    "The ratio is the median of the paired ratios.",
    "",
)
TABLE_HEAD = (
    "| what | ours, images/s | peer, images/s | ratio | range | required | peer |",
    "|---|---|---|---|---|---|---|",
)


def machine() -> list[str]:
    cpu = torch.device("cpu")
    peer = subprocess.run([KERAS, "-c", PEER_VERSIONS], capture_output=True, text=True).stdout.split()
    return [
        f"- date: {date.today().isoformat()}",
        f"- machine: {device_name(cpu)}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}; "
        f"our precision: {resolve_precision('auto', cpu)}",
        f"- Python {platform.python_version()}, torch {torch.__version__}; peer: Keras {peer[0]}, TensorFlow {peer[1]}",
    ]


PEER_VERSIONS = "from importlib.metadata import version as v; print(v('keras'), v('tensorflow-cpu'))"

if __name__ == "__main__":
    main()
