"""Shared fixtures: tiny real data and the repository's own parameters."""

from pathlib import Path

import pytest
import torch

from genrep.data.arrays import ImageSet
from genrep.data.prepare import prepare
from genrep.params import load, resolve
from genrep.params.training import RunParams

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> ImageSet:
    """The shipped real digits, prepared in a temporary folder."""
    data = tmp_path_factory.mktemp("data")
    (data / "reduced").symlink_to(ROOT / "data" / "reduced")
    return prepare("mnist-reduced", data)


@pytest.fixture(scope="session")
def smoke_runs() -> dict[str, RunParams]:
    """The runs of ``mnist_timing`` at smoke scale, in the fp32 reference mode."""
    runs = resolve(load(ROOT / "params.yaml"), "mnist_timing", "smoke").runs
    return {name: run.model_copy(update={"precision": "fp32", "threads": 1}) for name, run in runs.items()}


@pytest.fixture(scope="session")
def garment_runs() -> dict[str, RunParams]:
    """The six models of ``fashion_mnist_is`` at smoke scale, in the fp32 reference mode."""
    runs = resolve(load(ROOT / "params.yaml"), "fashion_mnist_is", "smoke").runs
    return {name: run.model_copy(update={"precision": "fp32"}) for name, run in runs.items() if run.sampler}


@pytest.fixture(scope="session")
def class_runs() -> dict[str, RunParams]:
    """The models of ``char74k_cifar10`` on MNIST at smoke scale, in the fp32 reference mode."""
    runs = resolve(load(ROOT / "params.yaml"), "char74k_cifar10", "smoke").runs
    return {name: run.model_copy(update={"precision": "fp32"}) for name, run in runs.items() if "_mnist" in name}


@pytest.fixture
def cpu() -> torch.device:
    return torch.device("cpu")
