"""Device and precision: what this machine has, and what a run takes of it."""

import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from torch.distributed import is_torchelastic_launched

from genrep.errors import UserError


def has_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bf16 matrices in hardware (AVX512-BF16 or AMX on a CPU)."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def resolve_precision(precision: str, device: torch.device) -> str:
    """``auto`` becomes ``bf16`` where the hardware has it, else ``fp32``."""
    if precision == "auto":
        return "bf16" if has_bf16(device) else "fp32"
    return precision


def device_name(device: torch.device) -> str:
    """What the device is called in provenance."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


@contextmanager
def claimed(device: str) -> Iterator[torch.device]:
    """Take a device for the duration of the block.

    Snakemake counts GPUs but assigns none: the first one whose lock file is free is taken. Which GPUs there are
    to choose from is CUDA_VISIBLE_DEVICES's to say. Of several processes that torchrun has started each takes its own.

    Raises:
        UserError: ``cuda`` was asked for and there is none, all are taken, or there are fewer than processes.
    """
    if device == "cpu" or (device == "auto" and not torch.cuda.is_available()):
        yield torch.device("cpu")
        return
    if not torch.cuda.is_available():
        raise UserError("device: cuda, but torch sees no GPU; install a CUDA build of torch or set device: cpu")
    if is_torchelastic_launched():
        yield _own_gpu(int(os.environ["LOCAL_RANK"]), int(os.environ["LOCAL_WORLD_SIZE"]))
        return
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    for index in range(torch.cuda.device_count()):
        name = visible[index] if index < len(visible) and visible[index] else str(index)
        lock = FileLock(Path(tempfile.gettempdir()) / f"genrep-gpu-{name}.lock", mode=0o666)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        try:
            yield torch.device("cuda", index)
        finally:
            lock.release()
        return
    raise UserError(f"all {torch.cuda.device_count()} GPUs are in use by other runs; lower --resources gpu=N")


def _own_gpu(rank: int, processes: int) -> torch.device:
    """The GPU of the ``rank``-th of so many processes on this machine."""
    found = torch.cuda.device_count()
    if found < processes:
        raise UserError(
            f"wrong number of processes: torchrun has started {processes} on a machine with {found} GPUs; "
            f"use --nproc-per-node {found}"
        )
    torch.cuda.set_device(rank)
    return torch.device("cuda", rank)


def synchronize(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_memory(device: torch.device) -> int:
    """Peak bytes: of the GPU's allocator, or of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
