"""Checkpoints and weights on disk."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from genrep.errors import UserError
from genrep.files import atomic_path

VERSION = 1


def save(path: Path, identity: dict[str, Any], state: dict[str, Any], **history: Any) -> None:
    """Write a checkpoint, whole or not at all; ``identity`` says of which run.

    Raises:
        UserError: the disk is full; the previous checkpoint is still there.
    """
    content = {"version": VERSION, "identity": identity, "state": state, **history}
    try:
        with atomic_path(path) as temporary:
            torch.save(content, temporary)
    except RuntimeError as error:  # torch's zip writer reports a full disk so
        raise UserError(
            f"cannot write {path}: is the disk full? ({str(error).splitlines()[0]}); free some space, then run the "
            "same command again (the previous checkpoint is untouched)"
        ) from None


def load(path: Path, identity: dict[str, Any], device: torch.device) -> dict[str, Any]:
    """Read a checkpoint of the run ``identity``.

    Raises:
        UserError: it is damaged, of another version, or of a run with other parameters (the first one is named).
    """
    try:
        content = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # torch.load raises many kinds for damaged files
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(f"{path} is damaged ({reason}); delete it to start over") from None
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise UserError(f"{path} was written by another version of genrep; delete it to start over")
    difference = first_difference(content["identity"], identity)
    if difference is not None:
        raise UserError(
            f"{path} belongs to a run with other parameters ({difference}); "
            "restore them to go on with it, or delete it to start over"
        )
    return content


def first_difference(old: Any, new: Any, path: str = "") -> str | None:
    """``key: old value, now new value`` for the first place where two nested mappings differ, or None."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            inner = first_difference(old.get(key), new.get(key), f"{path}.{key}" if path else key)
            if inner is not None:
                return inner
        return None
    return None if old == new else f"{path} was {old!r}, is now {new!r}"


def save_weights(path: Path, networks: nn.ModuleDict, roles: tuple[str, ...] | None = None) -> None:
    """Write the weights of some roles (all if None) as safetensors, keys ``<role>.<parameter>``."""
    tensors = {
        name: tensor.detach().contiguous().cpu()
        for name, tensor in networks.state_dict().items()
        if roles is None or name.split(".")[0] in roles
    }
    with atomic_path(path) as temporary:
        save_file(tensors, temporary)


def load_weights(path: Path, networks: nn.ModuleDict) -> nn.ModuleDict:
    """Load what ``save_weights`` wrote; roles that the file lacks are removed from ``networks``.

    Raises:
        UserError: no such file, damaged, or of another network.
    """
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; train the run first") from None
    except SafetensorError as error:
        raise UserError(f"{path} is damaged ({error}); train the run again") from None
    roles = {name.split(".")[0] for name in tensors}
    for role in set(networks) - roles:
        del networks[role]
    try:
        networks.load_state_dict(tensors)
    except RuntimeError as error:
        raise UserError(f"{path} does not fit the network: {str(error).splitlines()[-1].strip()}") from None
    return networks
