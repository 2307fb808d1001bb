"""The exponential moving average of the weights, which diffusion models are sampled from (section 5.3.3 of the thesis).

    average <- d average + (1 - d) weights

Equation 5.20 has its smoothing factor on the new value, while the text sets it near 1: that is the d here.
"""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def moving_average(networks: nn.ModuleDict, decay: float, warm_up: bool) -> AveragedModel:
    """A copy of ``networks`` that follows them at each ``update_parameters``, buffers among them.

    Args:
        networks: their weights after the first step start the average.
        decay: d.
        warm_up: begin with a shorter memory: d is at most (1 + n) / (10 + n) at the n-th update, so that the initial
            weights do not weigh on the average of a short run.
    """
    average = AveragedModel(networks, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
    if warm_up:
        average.multi_avg_fn = _warming(average, decay)
    return average


def warmed_up(decay: float, updates: int) -> float:
    """d after ``updates`` updates."""
    return min(decay, (1 + updates) / (10 + updates))


def _warming(average: AveragedModel, decay: float):  # type: ignore[no-untyped-def]
    @torch.no_grad()
    def update(averages: tuple[Tensor, ...], values: tuple[Tensor, ...], _: Tensor) -> None:
        # the count of the model itself, on the CPU: the one that is passed in waits for the device
        d = warmed_up(decay, int(average.n_averaged))
        get_ema_multi_avg_fn(d)(averages, values, _)

    return update
