import pytest
import torch
from torch import nn

from genrep.errors import UserError
from genrep.metrics.parameters import efficiency, leaf_parameter_count, parameter_count


def test_parameters_count_once_and_buffers_not():
    shared = nn.Linear(3, 2)
    assert parameter_count(shared) == 8
    assert parameter_count(shared, nn.Sequential(shared, nn.BatchNorm1d(2))) == 12
    shared.bias.requires_grad_(False)
    assert parameter_count(shared) == 6


def test_leaf_count_leaves_out_what_a_module_with_children_holds():
    wrapper = nn.Sequential(nn.Linear(3, 2, bias=False))
    wrapper.bias = nn.Parameter(torch.zeros(2))
    assert parameter_count(wrapper) == 8
    assert leaf_parameter_count(wrapper) == leaf_parameter_count(wrapper, wrapper[0]) == 6


def test_efficiency_is_one_over_the_product():
    assert efficiency(20.0, 1_000_000) == pytest.approx(5e-8)
    with pytest.raises(UserError, match=r"positive FID and parameter count, got 0\.0 and 5"):
        efficiency(0.0, 5)
