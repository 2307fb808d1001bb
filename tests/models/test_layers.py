"""Layers against PyTorch's own."""

import pytest
import torch
from torch import nn

from genrep.models.layers import ConvTranspose2d


@pytest.mark.parametrize(
    "options", [{"stride": 2, "padding": 1, "output_padding": 1}, {"padding": 1}, {"bias": False}, {"stride": 3}]
)
def test_transposed_convolution_is_that_of_torch_with_its_gradients(options):
    torch.manual_seed(0)
    reference, ours = nn.ConvTranspose2d(5, 3, 3, **options), ConvTranspose2d(5, 3, 3, **options)
    ours.load_state_dict(reference.state_dict())
    x = torch.randn(4, 5, 7, 6)
    results = []
    for layer in (reference, ours):
        y = layer(x)
        y.square().sum().backward()
        results.append([y, *(p.grad for p in layer.parameters())])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_autocast_keeps_the_output_in_bf16():
    layer = ConvTranspose2d(5, 3, 3)
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(torch.randn(2, 5, 4, 4))
    assert y.dtype == torch.bfloat16
    y.float().sum().backward()
    assert layer.bias.grad.dtype == torch.float32


def test_output_size_is_refused():
    with pytest.raises(NotImplementedError, match="output_padding"):
        ConvTranspose2d(2, 2, 3)(torch.zeros(1, 2, 3, 3), output_size=[5, 5])
