"""``genrep doctor``: is this machine ready, and what mends it where it is not.

Nothing is imported at the top that may be absent or broken: a check that cannot import what it needs says so.
"""

import importlib
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from typing import Literal

from genrep.errors import UserError

INSTALL = "pip install -c constraints.txt -e '.[workflow,test]'"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
GIB = 2**30
# The smallest disk that smoke runs on, and what the largest replication needs with some air.
LEAST_DISK, ENOUGH_DISK = 1 * GIB, 10 * GIB


@dataclass(frozen=True)
class Check:
    """One line of the diagnosis."""

    name: str
    status: Literal["ok", "warn", "fail"]
    found: str
    mend: str = ""  # empty where nothing needs mending

    def __str__(self) -> str:
        return f"{self.status:4}  {self.name:18}  {self.found}" + (f" -> {self.mend}" if self.mend else "")


def checks() -> list[Check]:
    """All checks, in the order in which their mends should be tried."""
    return [check for name, run in CHECKS for check in _guarded(name, run)]


def diagnose(show: Callable[[str], None] = print) -> int:
    """Show one line per check; returns the exit status, 1 if a check failed."""
    found = checks()
    for check in found:
        show(str(check))
    return int(any(check.status == "fail" for check in found))


def _guarded(name: str, run: Callable[[], Iterator[Check]]) -> list[Check]:
    try:
        return list(run())
    except ImportError as error:
        return [Check(name, "fail", str(error), INSTALL)]
    except UserError as error:  # its line holds the mend
        return [Check(name, "fail", str(error))]


def python() -> Iterator[Check]:
    """Python 3.11 to 3.13."""
    version = platform.python_version()
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        yield Check("python", "ok", version)
    else:
        yield Check("python", "fail", f"{version} is not 3.11 to 3.13", "make venv PYTHON=python3.12")


def torch_build() -> Iterator[Check]:
    """A torch that fits the hardware."""
    import torch

    from genrep.workflow import gpus

    build = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU only"
    found = f"{torch.__version__} ({build})"
    if gpus("auto") and not torch.cuda.is_available():
        mend = "update the driver" if torch.version.cuda else "install a CUDA build of torch: https://pytorch.org"
        yield Check("torch", "warn", f"{found}, but it does not see this machine's GPU", mend)
    else:
        yield Check("torch", "ok", found)


def torchvision() -> Iterator[Check]:
    """torchvision beside this torch."""
    import genrep.compat  # noqa: F401 - before torchvision

    try:
        import torchvision
    except RuntimeError as error:  # operators of another torch
        mend = f"pip install -c constraints.txt --extra-index-url {CPU_INDEX} torch torchvision"
        yield Check("torchvision", "fail", str(error).splitlines()[0], mend)
        return
    yield Check("torchvision", "ok", torchvision.__version__)


def parameters() -> Iterator[Check]:
    """params.yaml is valid at every scale."""
    from genrep.params import load, resolve
    from genrep.params.load import SETTINGS

    params = load()
    names = [name for name in params if name not in SETTINGS]
    for name in names:
        resolve(params, name, "full")  # what the other scales overlay
        for scale in params[name]:
            resolve(params, name, scale)
    yield Check("params.yaml", "ok", f"{', '.join(names)}; scale {params['scale']}, device {params['device']}")


def device() -> Iterator[Check]:
    """The device that ``device`` in params.yaml leads to, and its precision."""
    import os

    import torch

    from genrep.devices import device_name, has_bf16
    from genrep.params import load

    wanted = load()["device"]
    if wanted == "cuda" and not torch.cuda.is_available():
        yield Check("device", "fail", "params.yaml asks for cuda, but torch sees no GPU", "set device: auto")
        return
    place = torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")
    count = f"{torch.cuda.device_count()} GPU" if place.type == "cuda" else f"{os.cpu_count()} CPU cores"
    yield Check("device", "ok", f"{device_name(place)}, {count}")
    units = "bf16 units" if has_bf16(place) else "no bf16 units; precision auto takes fp32, which is slower"
    yield Check("bf16", "ok", units)


def disk() -> Iterator[Check]:
    """Free space for runs and data."""
    free = shutil.disk_usage(".").free
    status: Literal["ok", "warn", "fail"] = "ok"
    if free < ENOUGH_DISK:
        status = "fail" if free < LEAST_DISK else "warn"
    mend = "" if status == "ok" else "free some space; genrep plan NAME says what a scale needs"
    yield Check("disk", status, f"{free / GIB:.1f} GiB free", mend)


def mirror() -> Iterator[Check]:
    """The folder that stands in for downloads, where one is named."""
    from genrep.data.raw import MIRROR, mirror_directory

    folder = mirror_directory()
    yield Check("data mirror", "ok", str(folder) if folder else f"{MIRROR} is not set; official files are downloaded")


def data_sets() -> Iterator[Check]:
    """Every data set of the catalogue: prepared, or obtainable."""
    from genrep.data.availability import availability
    from genrep.data.catalogue import catalogue

    for name in catalogue():
        where = availability(name)
        status: Literal["ok", "warn"] = "ok" if where.state in ("prepared", "at hand") else "warn"
        yield Check(f"data {name}", status, where.found, where.mend)


def workflow_extras() -> Iterator[Check]:
    """What the workflow needs beyond the core, as pyproject.toml lists it."""
    try:
        requirements = requires("genrep") or []
    except PackageNotFoundError:
        yield Check("workflow", "fail", "genrep is not installed", INSTALL)
        return
    names = [re.split(r"[^\w-]", line)[0] for line in requirements if re.search(r"extra == .workflow", line)]
    broken = [name for name in names if not _importable(name.lower().replace("-", "_"))]
    if broken:
        found = f"cannot import {', '.join(broken)}; single steps work, the workflow and tables do not"
        yield Check("workflow", "warn", found, INSTALL)
    else:
        yield Check("workflow", "ok", ", ".join(names))


def _importable(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


def inception_weights() -> Iterator[Check]:
    """The networks behind published FID and IS that params.yaml asks for."""
    from genrep.data.weight_files import fetching, missing_weights, weights_path
    from genrep.params import load, replications, resolve

    params = load()
    asking: dict[str, list[str]] = {}
    for name in replications(params):
        asked = resolve(params, name, "full").evaluation.inception
        if asked is not None:
            asking.setdefault(asked.weights, []).append(name)
    for weights, names in asking.items():
        if missing_weights(weights):
            found = f"{weights_path(weights)} is absent: Inception metrics of {', '.join(names)} will not be run"
            yield Check(weights, "warn", found, fetching(weights))
        else:
            yield Check(weights, "ok", str(weights_path(weights)))


def git() -> Iterator[Check]:
    """git, for the commit in provenance."""
    try:
        done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    except OSError:
        yield Check("git", "warn", "not found; provenance will name no commit", "install git")
        return
    if done.returncode:
        yield Check("git", "warn", "no commit here; provenance will name none", "work in a clone of the repository")
    else:
        yield Check("git", "ok", f"at {done.stdout.strip()}")


CHECKS: tuple[tuple[str, Callable[[], Iterator[Check]]], ...] = (
    ("python", python),
    ("torch", torch_build),
    ("torchvision", torchvision),
    ("params.yaml", parameters),
    ("device", device),
    ("disk", disk),
    ("data mirror", mirror),
    ("data", data_sets),
    ("workflow", workflow_extras),
    ("weights", inception_weights),
    ("git", git),
)
