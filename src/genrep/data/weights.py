"""The Inception networks behind FID and IS, converted once to safetensors: no pickle is opened at run time."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from genrep.data.catalogue import DATA, source
from genrep.data.fetch import fetch
from genrep.data.raw import check
from genrep.data.weight_files import weights_path
from genrep.errors import UserError
from genrep.files import atomic_path, sha256_file, write_json


def convert(name: str, data: Path = DATA) -> Path:
    """Fetch the weights of a source if necessary, verify them, and write them as safetensors.

    Args:
        name: of a source with the layout ``weights``.
        data: the data folder.

    Raises:
        UserError: they cannot be fetched, are not the expected ones, or hold no tensors.
    """
    fetch(name, data)
    (file,) = source(name).files
    path, _ = check(source(name), file, data)
    target = weights_path(name, data)
    try:
        state = _state(path)
    except Exception as error:  # whatever the bytes lead torch's unpickler to
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(
            f"{path} holds no weights that torch can read ({reason}); delete it and fetch it again"
        ) from None
    with atomic_path(target) as temporary:
        save_file({key: tensor.contiguous().clone() for key, tensor in state.items()}, temporary)
    hashes = {"sha256": sha256_file(target), "source_sha256": sha256_file(path)}
    write_json(target.with_suffix(".json"), hashes)  # genrep.metrics.weights checks both before it loads
    return target


def _state(path: Path) -> dict[str, torch.Tensor]:
    if path.suffix == ".pt":  # TorchScript
        return torch.jit.load(str(path), map_location="cpu").state_dict()
    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ValueError("not a state dict")
    return state
