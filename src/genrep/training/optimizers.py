"""Optimizers by name, with the conventions of the framework that an example used spelled out in params.yaml."""

from collections.abc import Iterable
from typing import Any

from torch import nn, optim

from genrep.params.training import OptimizerParams


def penalised(weights: list[nn.Parameter], l2: float) -> list[Any]:
    """The weights for an optimizer; with a penalty, matrices and kernels apart from biases, norms and their kind."""
    if not l2:
        return weights
    kernels = [w for w in weights if w.ndim > 1]
    return [
        {"params": kernels, "weight_decay": 2 * l2},  # the gradient of l2 |w|^2
        {"params": [w for w in weights if w.ndim <= 1]},
    ]


def build(params: OptimizerParams, weights: Iterable[nn.Parameter]) -> optim.Optimizer:
    """The optimizer of ``params.kind`` over ``weights``; one fused kernel per step where torch has one."""
    weights = list(weights)
    settings: dict[str, Any]
    match params.kind:
        case "adam":
            settings = {"betas": params.betas, "eps": params.eps, "fused": True}
            return optim.Adam(penalised(weights, params.l2), lr=params.lr, **settings)
        case "sgd":
            return optim.SGD(weights, lr=params.lr, momentum=params.momentum, fused=True)
        case "rmsprop":
            return optim.RMSprop(weights, lr=params.lr, alpha=params.alpha, eps=params.eps, foreach=True)
        case "adagrad":
            settings = {"initial_accumulator_value": params.initial_accumulator, "eps": params.eps}
            # torch fuses Adagrad on the CPU only
            settings["fused" if weights[0].device.type == "cpu" else "foreach"] = True
            return optim.Adagrad(weights, lr=params.lr, **settings)
