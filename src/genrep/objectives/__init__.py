"""Objectives: the equation of each model family, and the phases of its training iteration.

One module per ``kind``; each offers ``phases(networks, params) -> list[Phase]``.
"""

from importlib import import_module

from torch import nn

from genrep.objectives.base import Batch, Losses, Noise, Phase
from genrep.params.training import ObjectiveParams

__all__ = ["Batch", "Losses", "Noise", "Phase", "phases"]


def phases(networks: nn.ModuleDict, params: ObjectiveParams) -> list[Phase]:
    """The phases of ``params.kind`` over ``networks``, in the order in which an iteration takes them."""
    return import_module(f"genrep.objectives.{params.kind}").phases(networks, params)
