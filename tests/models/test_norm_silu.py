import pytest
import torch
from torch import nn
from torch.nn import functional as F

from genrep.models.norm_silu import NormSiLU, norm_silu


def setting(dtype: torch.dtype, layout: torch.memory_format) -> tuple[nn.GroupNorm, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    norm = nn.GroupNorm(4, 16)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    x, weights = (3 * torch.randn(2, 2, 16, 4, 4) + 1).to(dtype)
    return norm, x.to(memory_format=layout).requires_grad_(), weights


def test_gradients_are_exact():
    norm, x, _ = setting(torch.float64, torch.contiguous_format)
    scale, shift = (w.detach().double().requires_grad_() for w in (norm.weight, norm.bias))
    assert torch.autograd.gradcheck(lambda *a: NormSiLU.apply(*a, 4, 1e-5), (x, scale, shift))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels_last"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.bfloat16, 3e-2)])
def test_equals_one_after_the_other(dtype, tolerance, layout):
    norm, x, weights = setting(dtype, layout)
    found = norm_silu(norm, x)
    assert found.is_contiguous(memory_format=layout)
    gradients = torch.autograd.grad((found * weights).sum(), (x, norm.weight, norm.bias))
    y = x.detach().float().requires_grad_()
    plain = F.silu(norm(y))
    expected = torch.autograd.grad((plain * weights).sum(), (y, norm.weight, norm.bias))
    torch.testing.assert_close(found.float(), plain, rtol=tolerance, atol=tolerance)
    for one, other in zip(gradients, expected, strict=True):
        scale = other.abs().max()
        torch.testing.assert_close(one.float() / scale, other / scale, rtol=0, atol=tolerance)
    with torch.no_grad():
        assert torch.equal(norm_silu(norm, x), found)


def test_only_its_input_is_kept_for_the_gradient():
    norm, x, _ = setting(torch.float32, torch.channels_last)
    kept: list[torch.Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda tensor: tensor):
        norm_silu(norm, x)
    assert [tensor.data_ptr() for tensor in kept if tensor.numel() == x.numel()] == [x.data_ptr()]
