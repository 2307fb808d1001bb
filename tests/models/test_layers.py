"""Layers against PyTorch's own."""

import pytest
import torch
from torch import nn

from genrep.models.layers import ConvTranspose2d, Dropout


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


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("p", [0.3, 0.5])
def test_dropout_keeps_values_independently_and_their_mean(p, layout):
    torch.manual_seed(0)
    x = torch.ones(20, 16, 25, 25).to(memory_format=layout).requires_grad_()
    y = Dropout(p)(x)
    assert y.stride() == x.stride()
    kept = y.detach() != 0
    assert torch.allclose(y[kept], torch.tensor(1 / (1 - p)))
    margin = 4 * (p * (1 - p)) ** 0.5  # standard errors
    assert abs(kept.float().mean() - (1 - p)) < margin / x.numel() ** 0.5
    for dim in range(4):  # no channel, row or image shares its fate
        share = kept.float().transpose(0, dim).flatten(1).mean(1)
        assert ((share - (1 - p)).abs() < 1.25 * margin / (x.numel() / x.shape[dim]) ** 0.5).all()
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())  # of ones


def test_dropout_follows_torchs_seed_and_rests_in_evaluation():
    x, layer = torch.randn(5, 7), Dropout(0.5)
    drawn = []
    for _ in range(2):
        torch.manual_seed(3)
        drawn.append(layer(x))
    assert torch.equal(*drawn)
    assert not torch.equal(drawn[0], layer(x))
    assert layer.eval()(x) is x
    assert Dropout(0.0)(x) is x
