"""``make bench-metrics``: the metric layer against clean-fid, pytorch-fid and scipy, into ``benchmarks/METRICS.md``.

Random weights and images: rates and differences do not depend on what the network has learnt. Every side runs in a
process of its own. Let nothing else run meanwhile. ``python -m benchmarks.metrics RATE EQUAL COUNT`` sets the images
that rates, equality and memory are measured on; 512, 2048 and 50000 are what the figures are required of.
"""

import os
import platform
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from genrep.devices import device_name
from genrep.files import write_text
from genrep.metrics.fid import fid, moments
from tests.metrics.random_inception import random_images, random_state

OURS = "benchmarks.inception"
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


def rates(weights: Path, folder: Path, images: Path) -> list[str]:
    """Ours in both precisions beside each peer, with the same resizing."""
    rows = []
    for peer, resize in PEERS.items():
        (theirs,) = run("benchmarks.peers.inception", peer, weights, images, folder / "peer.npy")
        for precision, required in (("fp32", "1.5"), ("bf16", "-")):
            (ours,) = run(OURS, weights, images, resize, precision, folder / "ours.npy")
            what = f"Inception features, {precision}, {resize}, images/s"
            rows.append(row(what, f"{ours:.1f}", f"{theirs:.1f}", f"{ours / theirs:.2f}", required, peer))
    return rows


def equality(weights: Path, folder: Path, images: Path) -> list[str]:
    """Largest difference of a feature against its spread over images, and what it does to the FID of two halves."""
    rows = []
    for peer, resize in PEERS.items():
        run("benchmarks.peers.inception", peer, weights, images, folder / "peer.npy")
        expected = np.load(folder / "peer.npy").astype(np.float64)
        theirs = of_halves(expected)
        for precision in ("fp32", "bf16"):
            run(OURS, weights, images, resize, precision, folder / "ours.npy")
            found = np.load(folder / "ours.npy").astype(np.float64)
            largest = np.abs(found - expected).max() / expected.std(axis=0).mean()
            ours = of_halves(found)
            what = f"{resize}, {precision}"
            rows.append(
                row(what, peer, f"{largest:.1e}", f"{theirs:.5f}", f"{ours:.5f}", f"{abs(ours / theirs - 1):.1e}")
            )
    return rows


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def of_halves(features: np.ndarray) -> float:
    half = len(features) // 2
    return fid(moments(features[:half]), moments(features[half:]))


def frechet(folder: Path) -> str:
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(2048, 2048)) * np.exp(-np.arange(2048) / 300)[:, None]
    a, b = (np.cov(np.maximum(rng.normal(size=(4096, 2048)) @ mixing, 0), rowvar=False) for _ in range(2))
    np.savez(folder / "covariances.npz", a=a, b=b)
    covariances = folder / "covariances.npz"
    (ours, mine), (theirs, peer) = (run("benchmarks.frechet", side, covariances) for side in ("ours", "scipy"))
    difference = f"scipy.linalg.sqrtm; traces differ by {abs(ours / theirs - 1):.0e}"
    what = "Frechet distance, 2048 features, seconds"
    return row(what, f"{mine:.1f}", f"{peer:.1f}", f"{peer / mine:.1f}", "5", difference)


def main() -> None:
    rate, equal, count = (int(word) for word in sys.argv[1:]) if len(sys.argv) == 4 else (512, 2048, 50_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = folder / "weights.safetensors"
        save_file(random_state(), weights)
        table = [frechet(folder), *rates(weights, folder, write_images(folder / "rate", rate))]
        differences = equality(weights, folder, write_images(folder / "equal", equal))
        (peak,) = run("benchmarks.memory", weights, folder, count)
    head = [
        "# Benchmarks of the metric layer",
        "",
        f"Written by `make bench-metrics`: rates on {rate:,} images of 64x64, equality on {equal:,}, the same random",
        "weights on both sides, every side in a process of its own.",
        "",
        f"- date: {date.today().isoformat()}",
        f"- machine: {device_name(torch.device('cpu'))}, {os.cpu_count()} cores, "
        f"{os.environ.get('THREADS', os.cpu_count())} threads, load {os.getloadavg()[1]:.1f}",
        f"- Python {platform.python_version()}, torch {torch.__version__}",
        f"- peak memory of features and metrics of {count:,} images: {peak:.2f} GiB (required: under 3)",
        "",
        "| what | ours | peer | ratio | required | peer |",
        "|---|---|---|---|---|---|",
        *table,
        "",
        "| features | peer | largest difference / spread | FID of two halves, peer | ours | relative difference |",
        "|---|---|---|---|---|---|",
        *differences,
        "",
    ]
    write_text(Path(__file__).with_name("METRICS.md"), "\n".join(head))
    print("\n".join(head))


if __name__ == "__main__":
    main()
