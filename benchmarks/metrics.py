"""``make bench-metrics``: the metric layer against clean-fid, pytorch-fid and scipy, into ``benchmarks/METRICS.md``.

Also the training of two GANs against a plain loop.

Random weights and images: rates and differences do not depend on what the network has learnt. Every side runs in a
process of its own, the two sides in turn; medians are reported. Let nothing else run meanwhile: three quarters of an
hour on two cores. The options make it smaller, to try it; their defaults are what the figures are required of.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from statistics import median

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from tqdm import tqdm

from benchmarks.run import HERE, OURS, Comparison, shipped_images
from benchmarks.run import row as training_row
from genrep.devices import device_name
from genrep.files import write_text
from genrep.metrics.fid import fid, moments
from genrep.metrics.repeats import repeated_draws
from tests.metrics.random_inception import random_images, random_state

FEATURES = "benchmarks.inception"
DRAWS = 4
PEERS = {"clean-fid": "clean", "pytorch-fid": "legacy_pytorch"}


def run(module: str, *arguments: object) -> list[float]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    print(" ".join(command[2:]), file=sys.stderr, flush=True)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return [float(word) for word in done.stdout.splitlines()[-1].split()]  # peers may warn before


def write_images(folder: Path, count: int) -> Path:
    folder.mkdir()
    for index, image in enumerate(random_images(count, 3, 64, seed=0).permute(0, 2, 3, 1).numpy()):
        Image.fromarray(image).save(folder / f"{index:05}.png")
    return folder


def rates(weights: Path, folder: Path, images: Path, repetitions: int) -> list[str]:
    """Ours in both precisions beside each peer, with the same resizing."""
    rows = []
    for peer, resize in PEERS.items():
        found: dict[str, list[float]] = {"peer": [], "fp32": [], "bf16": []}
        for _ in range(repetitions):
            found["peer"] += run("benchmarks.peers.inception", peer, weights, images, folder / "peer.npy")
            for precision in ("fp32", "bf16"):
                found[precision] += run(FEATURES, weights, images, resize, precision, folder / "ours.npy")
        theirs = median(found["peer"])
        for precision, required in (("fp32", "1.5"), ("bf16", "-")):
            ratio = median(a / b for a, b in zip(found[precision], found["peer"], strict=True))
            what = f"Inception features, {precision}, {resize}, images/s"
            rows.append(row(what, f"{median(found[precision]):.1f}", f"{theirs:.1f}", f"{ratio:.2f}", required, peer))
    return rows


def equality(weights: Path, folder: Path, images: Path) -> tuple[list[str], str]:
    """Largest difference of a feature against its spread over images, and what it does to the FID of two halves.

    Also how far an FID spreads over draws, beside which differences can be judged.
    """
    rows, spread = [], ""
    for peer, resize in PEERS.items():
        run("benchmarks.peers.inception", peer, weights, images, folder / "peer.npy")
        expected = np.load(folder / "peer.npy").astype(np.float64)
        theirs = of_halves(expected)
        for precision in ("fp32", "bf16"):
            run(FEATURES, weights, images, resize, precision, folder / "ours.npy")
            found = np.load(folder / "ours.npy").astype(np.float64)
            spread = spread or over_draws(found)
            largest = np.abs(found - expected).max() / expected.std(axis=0).mean()
            ours = of_halves(found)
            what = f"{resize}, {precision}"
            rows.append(
                row(what, peer, f"{largest:.1e}", f"{theirs:.5f}", f"{ours:.5f}", f"{abs(ours / theirs - 1):.1e}")
            )
    return rows, spread


def over_draws(features: np.ndarray) -> str:
    """FID of disjoint draws of one half against the other half."""
    drawn, real = features[: len(features) // 2], moments(features[len(features) // 2 :])
    n = len(drawn) // DRAWS
    found = repeated_draws(lambda rows: fid(moments(drawn[rows]), real), len(drawn), n, DRAWS, np.random.default_rng(0))
    return (
        f"{DRAWS} disjoint draws of {n} images have a mean of {found.mean:.4g}, a standard deviation of {found.sd:.2g}"
    )


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def of_halves(features: np.ndarray) -> float:
    half = len(features) // 2
    return fid(moments(features[:half]), moments(features[half:]))


def frechet(folder: Path, repetitions: int) -> str:
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(2048, 2048)) * np.exp(-np.arange(2048) / 300)[:, None]
    a, b = (np.cov(np.maximum(rng.normal(size=(4096, 2048)) @ mixing, 0), rowvar=False) for _ in range(2))
    path = folder / "covariances.npz"
    np.savez(path, a=a, b=b)
    pairs = [[run("benchmarks.frechet", side, path) for side in ("ours", "scipy")] for _ in range(repetitions)]
    mine, peer = (median(side[k][1] for side in pairs) for k in (0, 1))
    ratio = median(theirs[1] / ours[1] for ours, theirs in pairs)
    difference = f"scipy.linalg.sqrtm; traces differ by {abs(pairs[0][0][0] / pairs[0][1][0] - 1):.0e}"
    what = "Frechet distance, 2048 features, seconds"
    return row(what, f"{mine:.1f}", f"{peer:.1f}", f"{ratio:.1f}", "5", difference)


def training(folder: Path, repetitions: int, steps: int) -> list[str]:
    """Two GANs of ``fashion_mnist_is`` at full scale in our loop and in a plain one."""
    words = "the same networks in a plain fp32 contiguous PyTorch loop with a DataLoader"
    path, peer = shipped_images("fashion-mnist-reduced", 1, folder), HERE / "peers/plain_gan.py"
    return [
        training_row(
            Comparison(
                f"{name} training",
                (*OURS, "fashion_mnist_is", name, "IMAGES", steps),
                (sys.executable, peer, "fashion_mnist_is", name, "IMAGES", steps),
                words,
                required,
            ),
            path,
            tqdm(total=2 * repetitions, desc=name, unit="run", disable=None),
            repetitions,
        )
        for name, required in (("improved_gan", 1.4), ("wgan_gp", 1.3))
    ]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=512, help="images that rates are measured on")
    parser.add_argument("--equal", type=int, default=2048, help="images that equality is shown on")
    parser.add_argument("--count", type=int, default=50_000, help="images that the peak memory is measured on")
    parser.add_argument("--repetitions", type=int, default=3, help="of every rate")
    parser.add_argument("--steps", type=int, default=60, help="of training")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("METRICS.md"))
    return parser.parse_args()


def main() -> None:
    asked, load = options(), os.getloadavg()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = folder / "weights.safetensors"
        save_file(random_state(), weights)
        trained = training(folder, asked.repetitions, asked.steps)
        images = write_images(folder / "rate", asked.rate)
        table = [frechet(folder, asked.repetitions), *rates(weights, folder, images, asked.repetitions)]
        differences, spread = equality(weights, folder, write_images(folder / "equal", asked.equal))
        (peak,) = run("benchmarks.memory", weights, folder, asked.count)
    head = [
        "# Benchmarks of the metric layer",
        "",
        f"Written by `make bench-metrics`: rates on {asked.rate:,} images of 64x64, equality on {asked.equal:,}, the",
        f"same random weights on both sides; medians of {asked.repetitions} alternating repetitions, each in a process",
        "of its own.",
        "",
        f"- date: {date.today().isoformat()}",
        f"- machine: {device_name(torch.device('cpu'))}, {os.cpu_count()} cores, "
        f"{os.environ.get('THREADS', os.cpu_count())} threads; load before the start: {load:.1f}",
        f"- Python {platform.python_version()}, torch {torch.__version__}",
        f"- peak memory of features and metrics of {asked.count:,} images: {peak:.2f} GiB (required: under 3)",
        "",
        "| what | ours | peer | ratio | required | peer |",
        "|---|---|---|---|---|---|",
        *table,
        "",
        "| features | peer | largest difference / spread | FID of two halves, peer | ours | relative difference |",
        "|---|---|---|---|---|---|",
        *differences,
        "",
        f"FID over repeated draws (clean, fp32, random weights): {spread}.",
        "",
        "| training, images/s | ours | peer | ratio | range | required | peer |",
        "|---|---|---|---|---|---|---|",
        *trained,
        "",
    ]
    write_text(asked.out, "\n".join(head))
    print("\n".join(head))


if __name__ == "__main__":
    main()
