"""Architectures: layers and forward, nothing else.

One module per ``kind`` of network; each offers ``build(params, shape, classes) -> nn.ModuleDict``, whose keys
are the roles that objectives and samplers ask for (``encoder``, ``decoder``, ``generator``, ...).
"""

from functools import partial
from importlib import import_module
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from genrep.errors import UserError
from genrep.params.networks import NetworkParams

Shape = tuple[int, int, int]  # C, H, W


def build(params: NetworkParams, shape: Shape, classes: int, seed: int) -> nn.ModuleDict:
    """The networks of one model, initialised from ``seed`` alone.

    Args:
        params: chooses the module by its ``kind``.
        shape: (C, H, W) of one image.
        classes: number of labels in the data set.
        seed: of the initial weights; the caller's random state is left as it was.
    """
    module = import_module(f"genrep.models.{params.kind}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return module.build(params, shape, classes)


def growing(networks: nn.ModuleDict) -> list[Any]:
    """The networks that a schedule can grow: those with a method ``grow(resolution, alpha)``."""
    return [network for network in networks.values() if hasattr(network, "grow")]


def recompute_activations(networks: nn.ModuleDict) -> None:
    """Compute the activations of blocks marked ``recomputable`` again in the backward pass instead of keeping them.

    Half as much again of arithmetic for a fraction of the memory; the gradients are the same.

    Raises:
        UserError: no block is marked.
    """
    blocks = [module for module in networks.modules() if getattr(module, "recomputable", False)]
    if not blocks:
        raise UserError("recompute: these networks have no blocks whose activations can be recomputed; leave it out")
    for block in blocks:
        block.forward = partial(checkpoint, block.forward, use_reentrant=False, preserve_rng_state=False)
