"""torch.compile where a run asks for it, with eager execution to fall back to."""

import warnings
from collections.abc import Callable
from typing import Any

import torch

from genrep.params.training import RunParams


def wanted(run: RunParams, device: torch.device) -> bool:
    """Whether a run compiles on this device; ``compile: cuda`` is for where it pays: on CPUs convolutions, which it
    leaves alone, take nearly all of the time."""
    return run.compile == "cuda" and device.type == "cuda" if isinstance(run.compile, str) else run.compile


def compiled(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """``function`` through torch.compile, falling back to eager at the first failure.

    Args:
        function: what is compiled.
        name: for the warning.
    """
    current = torch.compile(function)

    def call(*inputs: Any) -> Any:
        nonlocal current
        try:
            return current(*inputs)
        except Exception as error:  # torch.compile raises whatever its backends raise
            if current is function:
                raise
            warnings.warn(f"{name} does not compile and runs eagerly: {error}", stacklevel=2)
            current = function
            return function(*inputs)

    return call
