"""Size of a model, and what it achieves for its size."""

from torch import nn

from genrep.errors import UserError


def parameter_count(*networks: nn.Module) -> int:
    """Trainable parameters; one that several networks share counts once, buffers do not count."""
    return sum({id(w): w.numel() for network in networks for w in network.parameters() if w.requires_grad}.values())


def leaf_parameter_count(*networks: nn.Module) -> int:
    """Parameters of modules without children: the total that torchinfo printed before its version 1.7.

    What a module with children holds itself is left out, such as the biases of a layer that wraps a convolution.
    """
    modules = {id(m): m for network in networks for m in network.modules() if next(m.children(), None) is None}
    return parameter_count(*modules.values())


def efficiency(fid: float, parameters: int) -> float:
    """1 / (FID x parameters): more is better.

    Raises:
        UserError: one of them is not positive.
    """
    if not (fid > 0 and parameters > 0):
        raise UserError(f"efficiency needs a positive FID and parameter count, got {fid} and {parameters}")
    return 1 / (fid * parameters)
