"""Three steps of every optimizer against its published update rule, in double precision."""

import numpy as np
import pytest
import torch
from torch import nn

from genrep.params.training import AdagradParams, AdamParams, RMSpropParams, SGDParams
from genrep.training.optimizers import build

START = np.array([0.5, -2.0, 3.0, 0.0])
GRADIENTS = [np.array(g) for g in ([0.1, -0.2, 3.0, 1e-6], [0.3, 0.1, -1.0, 0.0], [-0.5, 0.2, 2.0, 1e-4])]


def adam(w, gradients):  # Kingma and Ba (2015), algorithm 1
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, start=1):
        m, v = 0.5 * m + 0.5 * g, 0.99 * v + 0.01 * g**2
        w = w - 0.1 * (m / (1 - 0.5**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-7)
    return w


def sgd(w, gradients):
    for g in gradients:
        w = w - 0.1 * g
    return w


def momentum(w, gradients):
    velocity = np.zeros_like(w)
    for g in gradients:
        velocity = 0.9 * velocity + g
        w = w - 0.1 * velocity
    return w


def rmsprop(w, gradients):  # Tieleman and Hinton (2012)
    v = np.zeros_like(w)
    for g in gradients:
        v = 0.9 * v + 0.1 * g**2
        w = w - 0.1 * g / (np.sqrt(v) + 1e-7)
    return w


def adagrad(w, gradients, initial=0.0):  # Duchi et al. (2011)
    total = np.full_like(w, initial)
    for g in gradients:
        total = total + g**2
        w = w - 0.1 * g / (np.sqrt(total) + 1e-10)
    return w


def keras_adagrad(w, gradients):  # whose accumulator starts at 0.1
    return adagrad(w, gradients, 0.1)


CASES = [
    (adam, AdamParams(kind="adam", lr=0.1, betas=(0.5, 0.99), eps=1e-7)),
    (sgd, SGDParams(kind="sgd", lr=0.1)),
    (momentum, SGDParams(kind="sgd", lr=0.1, momentum=0.9)),
    (rmsprop, RMSpropParams(kind="rmsprop", lr=0.1, alpha=0.9, eps=1e-7)),
    (adagrad, AdagradParams(kind="adagrad", lr=0.1, initial_accumulator=0.0, eps=1e-10)),
    (keras_adagrad, AdagradParams(kind="adagrad", lr=0.1, initial_accumulator=0.1, eps=1e-10)),
]


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize(("rule", "params"), CASES, ids=lambda case: getattr(case, "__name__", ""))
def test_steps_follow_the_rule(rule, params, steps):
    weight = nn.Parameter(torch.from_numpy(START.copy()))
    optimizer = build(params, iter([weight]))
    for gradient in GRADIENTS[:steps]:
        weight.grad = torch.from_numpy(gradient)
        optimizer.step()
    np.testing.assert_allclose(weight.detach().numpy(), rule(START, GRADIENTS[:steps]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("rule", "params"), CASES, ids=lambda case: getattr(case, "__name__", ""))
def test_weights_without_a_gradient_stay(rule, params):
    one, other = (nn.Parameter(torch.ones(2)) for _ in range(2))
    optimizer = build(params, [one, other])
    one.grad = torch.ones(2)
    optimizer.step()
    assert torch.equal(other, torch.ones(2))
    assert (one < 1).all()


def test_an_l2_penalty_is_that_of_the_loss_and_spares_biases():
    """Against the penalty added to the loss by hand."""
    params = AdamParams(kind="adam", lr=0.01, betas=(0.5, 0.99), eps=1e-8, l2=0.3)
    found = []
    for penalty in (True, False):
        layer = nn.Linear(3, 2)
        with torch.no_grad():
            layer.weight.copy_(torch.arange(6.0).view(2, 3))
            layer.bias.fill_(2.0)
        optimizer = build(params if penalty else params.model_copy(update={"l2": 0.0}), layer.parameters())
        for _ in range(3):
            optimizer.zero_grad()
            loss = layer(torch.ones(1, 3)).square().sum()
            (loss if penalty else loss + 0.3 * layer.weight.square().sum()).backward()
            optimizer.step()
        found.append(torch.cat([layer.weight.detach().flatten(), layer.bias.detach()]))
    torch.testing.assert_close(*found)
