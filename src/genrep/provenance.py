"""Where a result comes from: code, parameters, data, machine."""

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from genrep.codehash import code_hash
from genrep.devices import device_name
from genrep.files import sha256_json
from genrep.params.training import RunParams

LIBRARIES = ("torch", "torchvision", "numpy", "lightning-fabric")


def training_code(run: RunParams) -> str:
    """Hash of the code that decides a trained model: the loop, and the network and objective it is given."""
    return code_hash(
        "genrep.training.loop", f"genrep.models.{run.network.kind}", f"genrep.objectives.{run.objective.kind}"
    )


def run_identity(run: RunParams, seed: int, data_identity: str) -> dict[str, Any]:
    """What makes a trained model the one it is, apart from the code."""
    return {"params": run.training_values(), "seed": seed, "data": data_identity}


def run_key(run: RunParams, seed: int, data_identity: str) -> str:
    """SHA-256 of ``run_identity`` and the training code: equal keys mean nothing needs to be trained again."""
    return sha256_json(run_identity(run, seed, data_identity) | {"code": training_code(run)})


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
