"""Shared fixtures: tiny real data and the repository's own parameters."""

from pathlib import Path

import pytest
import torch

from genrep.data.arrays import ImageSet, identity
from genrep.data.prepare import prepare
from genrep.data.standins import generate
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


@pytest.fixture(scope="session")
def faces() -> ImageSet:
    """A few drawn faces of 16x16, in colour."""
    drawn = generate("faces", 40, 16, 0)
    card = {"name": "faces", "classes": 2, "counts": {"train": 32, "test": 8}, "share_of_official": 1, "deviations": []}
    labels = drawn.attributes["Male"].astype("int64")
    return ImageSet(drawn.images, labels, card | {"identity": identity(drawn.images, labels)})


@pytest.fixture(scope="session")
def thesis_runs() -> dict[str, RunParams]:
    """The three models of the thesis for ``faces``, with networks of a few thousand weights."""
    shared = {
        "optimizer": {"kind": "adam", "lr": 1e-3, "betas": [0.5, 0.99], "eps": 1e-8},
        "batch_size": 8,
        "epochs": 2,
        "precision": "fp32",
        "threads": 1,
    }
    blocks = {"channels": [4, 8], "blocks": 1, "attention": [8], "groups": 2}
    own = {
        "vae": {
            "data": {"set": "faces", "split": "train", "range": [0, 1]},
            "network": {"kind": "residual_vae", "latent": 5, **blocks},
            "objective": {"kind": "vae"},
            "sampler": {"kind": "improved_prior"},
        },
        "gan": {
            "data": {"set": "faces", "split": "train", "range": [-1, 1]},
            "network": {
                "kind": "progressive_gan",
                "latent": 5,
                "channels": [8, 6, 4],
                "slope": 0.2,
                "critic_norm": True,
                "deviation_group": 4,
            },
            "objective": {"kind": "wgan_gp", "penalty": 10.0},
            "sampler": {"kind": "latent_prior"},
            "epochs": 4,
            "growth": [
                {"resolution": 4, "epochs": 1, "batch_size": 16},
                {"resolution": 8, "epochs": 1, "fade": 1, "batch_size": 8},
                {"resolution": 16, "epochs": 2, "fade": 1, "batch_size": 8},
            ],
        },
        "diffusion": {
            "data": {"set": "faces", "split": "train", "range": [-1, 1]},
            "network": {"kind": "unet", "time": 8, **blocks},
            "objective": {"kind": "diffusion", "steps": 10, "beta": [1e-4, 0.02]},
            "sampler": {"kind": "ancestral", "average": "ema"},
            "ema": 0.9,
            "ema_warm_up": True,
        },
    }
    return {name: RunParams.model_validate(shared | block) for name, block in own.items()}
