"""Features by clean-fid or pytorch-fid: ``inception.py PEER WEIGHTS FOLDER OUT`` prints images per second.

Both read the folder with their own loaders and workers; the network is theirs, with our random weights put in place of
what they would download. The first batch is not counted.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

import genrep.compat  # noqa: F401  # both import torchvision
from genrep.metrics.inception import BODY, build

BATCH = 32
THREADS = int(os.environ.get("THREADS", os.cpu_count() or 1))


class Scripted(nn.Module):
    """The layout of the TorchScript file that clean-fid downloads."""

    def __init__(self, layers: torch.jit.ScriptModule):
        super().__init__()
        self.layers = layers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def clean_fid(state: dict[str, torch.Tensor], folder: Path) -> Callable[[int | None], np.ndarray]:
    from cleanfid.fid import get_folder_features
    from cleanfid.inception_torchscript import InceptionV3W

    network = build(state)
    layers = nn.Sequential(*(getattr(network, name) for name in BODY), network.AvgPool).eval()
    with tempfile.TemporaryDirectory() as place, torch.no_grad():
        traced = torch.jit.trace(layers, torch.zeros(2, 3, 299, 299))
        torch.jit.script(Scripted(traced)).save(Path(place) / "inception-2015-12-05.pt")
        model = InceptionV3W(place, download=False).eval()

    def features(count: int | None) -> np.ndarray:
        return get_folder_features(
            str(folder), model, num_workers=THREADS, num=count, batch_size=BATCH, device="cpu", verbose=False
        )

    return features


def pytorch_fid(state: dict[str, torch.Tensor], folder: Path) -> Callable[[int | None], np.ndarray]:
    from pytorch_fid import inception
    from pytorch_fid.fid_score import get_activations

    inception.load_state_dict_from_url = lambda *args, **kwargs: state
    model = inception.InceptionV3().eval()
    files = sorted(folder.glob("*.png"))
    return lambda count: get_activations(files[:count], model, batch_size=BATCH, num_workers=THREADS)


def main() -> None:
    peer, weights, folder, out = sys.argv[1], *map(Path, sys.argv[2:])
    torch.set_num_threads(THREADS)
    features = {"clean-fid": clean_fid, "pytorch-fid": pytorch_fid}[peer](load_file(weights), folder)
    features(BATCH)
    started = time.perf_counter()
    found = features(None)
    print(len(found) / (time.perf_counter() - started))
    np.save(out, found)


if __name__ == "__main__":
    main()
