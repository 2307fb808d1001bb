"""Objectives: the equation of each model family, and the phases of its training iteration.

One module per ``kind``; each offers ``phases(networks, params) -> list[Phase]`` and, where something is computed from
the training images once the networks are trained, ``after_training(networks, run, data)``.
"""

from importlib import import_module

from torch import nn

from genrep.data.arrays import DeviceImages
from genrep.objectives.base import Batch, Losses, Noise, Phase
from genrep.params.training import ObjectiveParams, RunParams

__all__ = ["Batch", "Losses", "Noise", "Phase", "after_training", "phases"]


def phases(networks: nn.ModuleDict, params: ObjectiveParams) -> list[Phase]:
    """The phases of ``params.kind`` over ``networks``, in the order in which an iteration takes them."""
    return import_module(f"genrep.objectives.{params.kind}").phases(networks, params)


def after_training(networks: nn.ModuleDict, run: RunParams, data: DeviceImages) -> None:
    """Compute what is saved with the networks besides their trained weights; nothing for most objectives.

    Args:
        networks: to be saved; left in evaluation mode.
        run: whose objective they were trained for.
        data: that they were trained on.
    """
    module = import_module(f"genrep.objectives.{run.objective.kind}")
    if hasattr(module, "after_training"):
        module.after_training(networks.eval(), run, data)
