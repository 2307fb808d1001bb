"""Networks of a few hundred weights on a few real digits: an epoch takes milliseconds."""

from collections.abc import Callable

import pytest
import torch

from genrep.data.arrays import DeviceImages, ImageSet
from genrep.params.networks import ConvVAEParams, DigitClassifierParams, MLPGANParams
from genrep.params.training import RunParams
from genrep.training.loop import Loop

NETWORKS = {
    "vae": ConvVAEParams(kind="conv_vae", latent=2, channels=(4, 4), dense=8),
    "gan": MLPGANParams(kind="mlp_gan", latent=4, widths=(16,), slope=0.2, dropout=0.3),
    "classifier": DigitClassifierParams(kind="digit_classifier", channels=(4, 4), features=8, dropout=0.0),
}


def few(digits: ImageSet, count: int) -> ImageSet:
    """The first ``count`` training digits."""
    return ImageSet(digits.images[:count], digits.labels[:count], digits.card | {"counts": {"train": count}})


@pytest.fixture(scope="session")
def tiny_runs(smoke_runs: dict[str, RunParams], garment_runs: dict[str, RunParams]) -> dict[str, RunParams]:
    """The smoke runs with small networks, plain: neither replacement nor a dropped batch nor decay."""
    plain = {"replacement": False, "drop_last": False, "lr_decay": "constant", "snapshots": (), "batch_size": 10}
    tiny = {"channels": (2, 4), "dense": 8}
    garments = {
        name: run.model_copy(update=plain | {"network": run.network.model_copy(update=tiny)})
        for name, run in garment_runs.items()
    }
    return garments | {
        name: run.model_copy(update=plain | {"network": NETWORKS[name.split("-")[0]]})
        for name, run in smoke_runs.items()
        if name.split("-")[0] in NETWORKS
    }


@pytest.fixture
def make_loop(tiny_runs: dict[str, RunParams], digits: ImageSet, cpu: torch.device) -> Callable[..., Loop]:
    """``make_loop(name, count, **changes)``: a tiny run, changed, on ``count`` digits."""

    def make(name: str, count: int = 40, seed: int = 0, **changes) -> Loop:
        run = tiny_runs[name].model_copy(update=changes)
        data = DeviceImages(few(digits, count), "train", run.data.range, cpu)
        return Loop(run, data, digits.shape, 10, seed, cpu)

    return make
