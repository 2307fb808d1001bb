"""Where a result comes from: the state of the repository and the machine (genrep.identity has the rest)."""

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from genrep.devices import device_name

LIBRARIES = ("torch", "torchvision", "numpy", "lightning-fabric")


def git_state() -> dict[str, Any]:
    """Commit and dirty flag of the working tree, or nulls outside a repository."""
    try:
        commit = _git("rev-parse", "HEAD")
        return {"git_commit": commit, "git_dirty": bool(_git("status", "--porcelain", "--", "src", "params.yaml"))}
    except (OSError, subprocess.CalledProcessError):
        return {"git_commit": None, "git_dirty": None}


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def machine(device: torch.device, precision: str) -> dict[str, Any]:
    """Device, precision, threads, operating system and library versions."""
    return {
        "device": device.type,
        "device_name": device_name(device),
        "precision": precision,
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "platform": platform.system().lower(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def now() -> str:
    """The present moment in ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
