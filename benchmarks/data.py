"""Preparing and serving images, ours beside the usual way: ``data.py`` writes ``benchmarks/DATA.md``.

Real images come from the folder that GENREP_DATA_MIRROR names. Each comparison alternates the two sides, every
repetition in a process of its own, and reports medians; let nothing else run meanwhile. A few minutes on two cores.
"""

import io
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from zipfile import ZipFile

import numpy as np
import torch

from genrep.allocator import keep_freed_memory
from genrep.data.arrays import DeviceImages, ImageSet
from genrep.data.prepare import prepare
from genrep.data.raw import mirror_directory
from genrep.devices import device_name
from genrep.errors import UserError
from genrep.files import write_text

REPETITIONS = 5
BATCH, SECONDS = 256, 3.0
HERE = Path(__file__).parent
SETS = {"MNIST": "mnist", "CelebA 64x64": "celeba-64-10k"}


def prepare_ours(folder: Path) -> float:
    """Images per second of ``genrep data prepare``, hashes and checks included."""
    shutil.rmtree(folder / "prepared" / "celeba-64-10k", ignore_errors=True)  # what is there is not prepared again
    start = time.perf_counter()
    images = prepare("celeba-64-10k", folder).images
    return len(images) / (time.perf_counter() - start)


def prepare_loop(folder: Path) -> float:
    """Images per second of a plain Pillow loop to the same array, checked below to be the same."""
    from PIL import Image

    start = time.perf_counter()
    with ZipFile(mirror() / "celeba" / "img_align_celeba.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        rows = []
        for name in names:
            image = Image.open(io.BytesIO(archive.read(name))).convert("RGB")
            left, top = (image.width - 89) // 2, (image.height - 89) // 2
            image = image.crop((left, top, left + 89, top + 89)).resize((64, 64), Image.Resampling.BILINEAR)
            rows.append(np.asarray(image))
    np.save(folder / "loop.npy", np.stack(rows))
    seconds = time.perf_counter() - start
    kept = np.arange(len(rows)) % 10 == 9
    ours = ImageSet.open(folder / "prepared" / "celeba-64-10k").images
    if not np.array_equal(ours, np.stack(rows)[np.argsort(kept, kind="stable")]):
        raise UserError("the two sides have prepared other pixels")
    return len(rows) / seconds


def serve_ours(name: str, folder: Path) -> float:
    """Images per second of shuffled batches, normalised to [-1, 1]."""
    images = DeviceImages(ImageSet.open(folder / "prepared" / name), "all", (-1, 1), torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    return rate(lambda: images.shuffled(BATCH, generator))


def serve_loader(name: str, folder: Path) -> float:
    """The same from a default DataLoader over the same decoded images in memory, with the usual transform."""
    import genrep.compat  # noqa: F401 - before torchvision

    from torchvision.transforms import Compose, Normalize, ToTensor  # isort: skip

    return rate(lambda: loader(name, folder, Compose([ToTensor(), Normalize(0.5, 0.5)])))


def serve_lean(name: str, folder: Path) -> float:
    """The same with the least that a data set can do: index a tensor and normalise the image in two operations."""
    return rate(lambda: loader(name, folder, lambda array: torch.from_numpy(array).permute(2, 0, 1) / 127.5 - 1))


def loader(name: str, folder: Path, transform: Callable) -> torch.utils.data.DataLoader:
    class Images(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return len(labels)

        def __getitem__(self, row: int) -> tuple[torch.Tensor, int]:
            return transform(images[row]), labels[row]

    opened = ImageSet.open(folder / "prepared" / name)
    images, labels = np.array(opened.images), opened.labels.tolist()
    return torch.utils.data.DataLoader(Images(), batch_size=BATCH, shuffle=True, num_workers=0)


def rate(batches: Callable) -> float:
    """Images per second over at least ``SECONDS``, after a few batches that warm up."""
    served, start, warm = 0, time.perf_counter(), 5
    while True:
        for batch in batches():
            if warm:
                warm -= 1
                served, start = 0, time.perf_counter()
                continue
            served += len(batch[0])
            if time.perf_counter() - start > SECONDS:
                return served / (time.perf_counter() - start)


def mirror() -> Path:
    found = mirror_directory()
    if found is None:
        raise UserError("set GENREP_DATA_MIRROR to a folder with MNIST and the CelebA images")
    return found


SIDES: dict[str, Callable[[Path], float]] = {
    "prepare-ours": prepare_ours,
    "prepare-loop": prepare_loop,
    **{f"serve-ours-{name}": (lambda folder, name=name: serve_ours(name, folder)) for name in SETS.values()},
    **{f"serve-loader-{name}": (lambda folder, name=name: serve_loader(name, folder)) for name in SETS.values()},
    **{f"serve-lean-{name}": (lambda folder, name=name: serve_lean(name, folder)) for name in SETS.values()},
}
COMPARISONS = [
    ("prepare 10,000 CelebA images to 64x64", "prepare-ours", "prepare-loop", "a plain Pillow loop", "1.5"),
    *(
        (f"serve {title} in batches of {BATCH}", f"serve-ours-{name}", f"serve-{peer}-{name}", words, required)
        for title, name in SETS.items()
        for peer, words, required in (
            ("loader", "DataLoader with ToTensor and Normalize", "20"),
            ("lean", "DataLoader with the least transform", "-"),
        )
    ),
]


def run(side: str, folder: Path) -> float:
    done = subprocess.run([sys.executable, __file__, side, str(folder)], capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"{side} failed:\n{done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


def main() -> None:
    mirror()
    cpu = torch.device("cpu")
    lines = [
        "# Preparing and serving images",
        "",
        f"Written by `python benchmarks/data.py`. Images per second: median of {REPETITIONS} alternating repetitions, "
        "each in a process of its own;",
        "the ratio is the median of the paired ratios.",
        "",
        f"- date: {date.today().isoformat()}; load before the start: {os.getloadavg()[0]:.1f}",
        f"- machine: {device_name(cpu)}, {os.cpu_count()} cores; Python {platform.python_version()}, "
        f"torch {torch.__version__}",
        "",
        "| what | ours | peer | ratio | range | required | peer is |",
        "|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for one in SETS.values():
            prepare(one, folder)
        for what, ours, peer, words, required in COMPARISONS:
            pairs = [(run(ours, folder), run(peer, folder)) for _ in range(REPETITIONS)]
            ratios = sorted(a / b for a, b in pairs)
            speeds = [f"{median(side):,.0f}" for side in zip(*pairs, strict=True)]
            span = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
            lines.append(f"| {what} | {' | '.join(speeds)} | {median(ratios):.2f} | {span} | {required} | {words} |")
            print(lines[-1], flush=True)
    write_text(HERE / "DATA.md", "\n".join([*lines, ""]))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        keep_freed_memory()  # as the genrep command does
        print(SIDES[sys.argv[1]](Path(sys.argv[2])))
    else:
        main()
