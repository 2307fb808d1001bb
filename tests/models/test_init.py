import torch
from torch import nn

from genrep.models.init import glorot_
from tests.models.layers import assert_glorot, weighted


def test_glorot_reaches_every_kind_of_layer_and_every_depth():
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(8, 16, 3), nn.Sequential(nn.ConvTranspose2d(16, 8, 5), nn.Sequential(nn.Linear(40, 90)))
    )
    for layer in weighted(network):
        nn.init.ones_(layer.weight)
        nn.init.ones_(layer.bias)
    assert glorot_(network) is network
    for layer in weighted(network):
        assert_glorot(layer)


def test_glorot_leaves_norms_and_missing_biases_alone():
    network = nn.Sequential(nn.Linear(4, 4, bias=False), nn.BatchNorm1d(4))
    nn.init.constant_(network[1].bias, 3.0)
    glorot_(network)
    assert network[0].bias is None
    assert torch.equal(network[1].bias, torch.full((4,), 3.0))
    assert torch.equal(network[1].weight, torch.ones(4))
