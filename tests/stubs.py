"""Networks whose output is known: a function in place of layers."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


class Stub(nn.Module):
    """``function`` of the inputs and, where a gradient is asked for, of ``weight``.

    Args:
        function: takes (weight, *inputs).
        attributes: what objectives and samplers read off a network (``latent``, ``to_pixels``).
    """

    def __init__(self, function: Callable[..., Any], **attributes: Any):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.function = function
        for name, value in attributes.items():
            setattr(self, name, value)

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(self.weight, *inputs)
