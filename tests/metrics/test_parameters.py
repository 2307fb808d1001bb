import pytest
from torch import nn

from genrep.errors import UserError
from genrep.metrics.parameters import efficiency, parameter_count


def test_parameters_count_once_and_buffers_not():
    shared = nn.Linear(3, 2)
    assert parameter_count(shared) == 8
    assert parameter_count(shared, nn.Sequential(shared, nn.BatchNorm1d(2))) == 12
    shared.bias.requires_grad_(False)
    assert parameter_count(shared) == 6


def test_efficiency_is_one_over_the_product():
    assert efficiency(20.0, 1_000_000) == pytest.approx(5e-8)
    with pytest.raises(UserError, match=r"positive FID and parameter count, got 0\.0 and 5"):
        efficiency(0.0, 5)
