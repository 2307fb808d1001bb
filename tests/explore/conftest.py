"""A workspace with real trained models, tiny and after a few steps, for the page to open."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from genrep.data.arrays import ImageSet
from genrep.data.prepare import prepare
from genrep.layout import run_folder
from genrep.params import RunParams
from genrep.training.run import train
from tests.conftest import ROOT

SCALE, NAME = "smoke", "char74k_cifar10"
GAN = {
    "kind": "strided_gan",
    "latent": 100,
    "prior_sd": 0.5,
    "generator": (8, 4),
    "refine": (),
    "discriminator": (4, 8),
    "kernel": 4,
    "slope": 0.3,
    "classes": "predicted",
}
VAE = {"kind": "deconv_vae", "latent": 2, "filters": 4, "dense": 16}
AUXILIARY = {"kind": "auxiliary", "weight": 1.0, "game": {"kind": "gan", "real_label": 1.0}}


def run(network: dict, objective: dict, **data) -> RunParams:
    pixels = [-1, 1] if objective["kind"] == "auxiliary" else [0, 1]
    return RunParams.model_validate(
        {
            "data": {"set": "mnist-reduced", "split": "train", "range": pixels} | data,
            "network": network,
            "objective": objective,
            "optimizer": {"kind": "adam", "lr": 2.0e-3, "betas": [0.5, 0.999], "eps": 1.0e-8},
            "sampler": {"kind": "latent_prior"},
            "batch_size": 40,
            "epochs": 2,
            "snapshots": "all",
            "precision": "fp32",
            "threads": 1,
        }
    )


RUNS = {
    "acgan": run(GAN, AUXILIARY, limit=400),
    "cvae": run(VAE | {"conditional": True}, {"kind": "vae"}, limit=800),
    "faces": run(
        VAE | {"conditional": True, "latent": 5}, {"kind": "vae"}, set="faces-64", attributes=["Male", "Smiling"]
    ),
    "vae": run(VAE, {"kind": "vae"}, limit=1600),
}


def faces() -> ImageSet:
    """Noise in place of faces, with attributes."""
    rng = np.random.default_rng(0)
    card = {"name": "faces-64", "identity": "0" * 64, "share_of_official": 1.0, "deviations": [], "classes": 2}
    card |= {"counts": {"train": 80}, "attributes": ["Male", "Smiling"]}
    pixels = rng.integers(0, 256, (80, 64, 64, 3), dtype=np.uint8)
    return ImageSet(pixels, np.zeros(80, np.int64), card, attributes=rng.random((80, 2)) < 0.5)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a workspace with prepared digits and four finished runs."""
    root = tmp_path_factory.mktemp("workspace")
    (root / "data").mkdir()
    (root / "data/reduced").symlink_to(ROOT / "data/reduced")
    digits = prepare("mnist-reduced", root / "data")
    for name, params in RUNS.items():
        images = faces() if name == "faces" else digits
        images = images.selected(params.data.attributes, params.data.limit)
        train(root / run_folder(SCALE, NAME, name, 0), name, params, 0, images, "cpu")
    return root


@pytest.fixture
def workspace(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in it; what a test spoils has to be a copy."""
    monkeypatch.chdir(trained)
    return trained


def run_id(name: str) -> str:
    return f"{SCALE}/{NAME}/{name}/seed0"
