import pytest
import torch
from torch import nn

from genrep.training.average import moving_average, warmed_up


def averages(decay: float, warm_up: bool, values: list[float]) -> list[float]:
    """What the average of one weight becomes as it takes on each value."""
    networks = nn.ModuleDict({"only": nn.Linear(1, 1, bias=False)})
    average = moving_average(networks, decay, warm_up)
    found = []
    for value in values:
        nn.init.constant_(networks["only"].weight, value)
        average.update_parameters(networks)
        found.append(average.module["only"].weight.item())
    return found


VALUES = [1.0, 5.0, -2.0, 7.0, 7.0]


@pytest.mark.parametrize("warm_up", [False, True])
def test_recursion(warm_up):
    expected = VALUES[:1]
    for n, value in enumerate(VALUES[1:], 1):
        d = min(0.9, (1 + n) / (10 + n)) if warm_up else 0.9
        expected.append(d * expected[-1] + (1 - d) * value)
    assert averages(0.9, warm_up, VALUES) == pytest.approx(expected)


def test_warming_up_ends_at_the_decay():
    assert warmed_up(0.9999, 1) == pytest.approx(2 / 11)
    assert warmed_up(0.9999, 89_000) < 0.9999 == warmed_up(0.9999, 90_000)


def test_warming_up_goes_on_from_a_saved_average():
    """Its place is part of its state."""
    networks = nn.ModuleDict({"only": nn.Linear(1, 1, bias=False)})
    one = moving_average(networks, 0.9, warm_up=True)
    for _ in range(3):
        one.update_parameters(networks)
    other = moving_average(networks, 0.9, warm_up=True)
    other.load_state_dict(one.state_dict())
    nn.init.constant_(networks["only"].weight, 3.0)
    for average in (one, other):
        average.update_parameters(networks)
    assert torch.equal(one.module["only"].weight, other.module["only"].weight)
