"""Architectures: layers and forward, nothing else.

One module per ``kind`` of network; each offers ``build(params, shape, classes) -> nn.ModuleDict``, whose keys
are the roles that objectives and samplers ask for (``encoder``, ``decoder``, ``generator``, ...).
"""

from importlib import import_module

import torch
from torch import nn

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
