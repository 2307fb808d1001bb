"""``make bench``: our training speed against peers, on this machine's CPU, into ``benchmarks/RESULTS.md``.

Each comparison alternates the two sides, every repetition in a process of its own, and reports the median of the
repetitions and of their paired ratios. Let nothing else run meanwhile. Both sides see the same real images: the shipped
ones, repeated. Hours are not needed: about a quarter of an hour on two cores.
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
PLAIN = (sys.executable, HERE / "peers/plain_gan_and_vae.py")
PLAIN_NAME = "the same networks in a plain fp32 contiguous PyTorch loop with a DataLoader"
SHIPPED = {"DIGITS": "mnist-reduced", "OBJECTS": "cifar10-reduced"}


@dataclass(frozen=True)
class Comparison:
    """Two commands that print images per second; in them a key of ``SHIPPED`` stands for a file of such images."""

    title: str
    ours: tuple[object, ...]
    peer: tuple[object, ...]
    peer_name: str
    required: float  # ratio


COMPARISONS = (
    Comparison(
        "VAE training",
        (*OURS, "mnist_timing", "vae-adam", "DIGITS", 50),
        (KERAS, HERE / "peers/keras_models.py", "vae", "DIGITS", 1),
        "the same networks in Keras, TensorFlow backend, graph-compiled step",
        1.3,
    ),
    Comparison(
        "GAN training",
        (*OURS, "mnist_timing", "gan-adam", "DIGITS", 50),
        (KERAS, HERE / "peers/keras_models.py", "gan", "DIGITS", 2),
        "the same networks in Keras, TensorFlow backend, graph-compiled step",
        1.3,
    ),
    Comparison(
        "diffusion training step",
        (*OURS, "mnist_timing", "diffusion-adam", "DIGITS", 2),
        (sys.executable, HERE / "peers/plain_diffusion.py", "DIGITS", 1),
        "the same U-Net in a plain fp32 contiguous PyTorch loop with a DataLoader",
        3.0,
    ),
    Comparison(
        "AC-GAN training, CIFAR-10",
        (*OURS, "char74k_cifar10", "acgan_cifar10", "OBJECTS", 20),
        (*PLAIN, "acgan_cifar10", "OBJECTS", 10),
        PLAIN_NAME,
        2.0,
    ),
    Comparison(
        "convolutional VAE training, CIFAR-10",
        (*OURS, "char74k_cifar10", "vae_cifar10", "OBJECTS", 20),
        (*PLAIN, "vae_cifar10", "OBJECTS", 10),
        PLAIN_NAME,
        2.0,
    ),
)


def main() -> None:
    if not KERAS.exists():
        sys.exit(f"{KERAS} does not exist; run: make bench")
    with tempfile.TemporaryDirectory() as folder:
        files = {key: written(name, Path(folder)) for key, name in SHIPPED.items()}
        bar = tqdm(total=2 * REPETITIONS * len(COMPARISONS), unit="run", disable=None)
        rows = [row(comparison, files, bar) for comparison in COMPARISONS]
    text = "\n".join([*HEAD, *machine(), "", *TABLE_HEAD, *rows, ""])
    write_text(HERE / "RESULTS.md", text)
    print(text)


def written(name: str, folder: Path) -> Path:
    """A file of ``IMAGES`` shipped images, (N, H, W, C) uint8, beginning again where there are too few."""
    with np.load(f"data/reduced/{name}.npz", allow_pickle=False) as shipped:
        images = shipped["images"]
    path = folder / f"{name}.npy"
    np.save(path, np.resize(images, (IMAGES, *images.shape[1:])))
    return path


def row(comparison: Comparison, files: dict[str, Path], bar: tqdm) -> str:
    pairs = [tuple(rate(side, files, bar) for side in (comparison.ours, comparison.peer)) for _ in range(REPETITIONS)]
    ours, peer = (median(side) for side in zip(*pairs, strict=True))
    ratios = sorted(a / b for a, b in pairs)
    return (
        f"| {comparison.title} | {ours:,.0f} | {peer:,.0f} | {median(ratios):.2f} "
        f"| {ratios[0]:.2f} to {ratios[-1]:.2f} "
        f"| {comparison.required} | {comparison.peer_name} |"
    )


def rate(command: tuple[object, ...], files: dict[str, Path], bar: tqdm) -> float:
    arguments = [str(files.get(str(part), part)) for part in command]
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
