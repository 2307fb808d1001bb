"""Sizes of networks, counted in two ways."""

from torch import nn


def parameter_count(*networks: nn.Module) -> int:
    """Trainable parameters; one that several networks share counts once, buffers do not count."""
    return sum({id(w): w.numel() for network in networks for w in network.parameters() if w.requires_grad}.values())


def leaf_parameter_count(*networks: nn.Module) -> int:
    """Parameters of modules without children: the total that torchinfo printed before its version 1.7.

    What a module with children holds itself is left out, such as the biases of a layer that wraps a convolution.
    """
    modules = {id(m): m for network in networks for m in network.modules() if next(m.children(), None) is None}
    return parameter_count(*modules.values())
