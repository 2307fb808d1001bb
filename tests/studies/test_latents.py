import math

import pytest
import torch

from genrep.studies.latents import half_circle, lerp, rescaled, slerp

SHARES = torch.linspace(0, 1, 5)


def test_a_quarter_of_a_circle():
    a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    angles = SHARES * math.pi / 2
    assert torch.allclose(slerp(a, b, SHARES)[0], torch.stack([angles.cos(), angles.sin()], dim=1), atol=1e-6)


def test_length_goes_straight_and_the_ends_are_met():
    a, b = torch.randn(6, 40, generator=torch.Generator().manual_seed(0)).chunk(2)
    a = 3 * a
    way = slerp(a, b, SHARES)
    lengths = (1 - SHARES) * a.norm(dim=1, keepdim=True) + SHARES * b.norm(dim=1, keepdim=True)
    assert torch.allclose(way.norm(dim=2), lengths, rtol=1e-5)
    assert torch.allclose(way[:, 0], a, atol=1e-5)
    assert torch.allclose(way[:, -1], b, atol=1e-5)
    steps = torch.nn.functional.cosine_similarity(way[:, 1:], way[:, :-1], dim=2).arccos()
    assert torch.allclose(steps, steps.mean(1, keepdim=True).expand_as(steps), rtol=1e-3)  # evenly turned


@pytest.mark.parametrize("factor", [1.0, 2.0, -1.0])
def test_parallel_directions_go_straight(factor):
    a = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(slerp(a, factor * a, SHARES), lerp(a, factor * a, SHARES), atol=1e-5)
    assert torch.isfinite(slerp(torch.zeros(1, 3), torch.ones(1, 3), SHARES)).all()


def test_half_a_circle_keeps_the_length_and_ends_opposite():
    a = torch.randn(3, 16, generator=torch.Generator().manual_seed(0))
    way = half_circle(a, SHARES, torch.Generator().manual_seed(1))
    assert torch.allclose(way.norm(dim=2), a.norm(dim=1, keepdim=True).expand(-1, 5), rtol=1e-5)
    assert torch.allclose(way[:, -1], -a, atol=1e-5)
    assert torch.allclose((way[:, 2] * a).sum(1), torch.zeros(3), atol=1e-4)  # the middle is at right angles


def test_rescaled_to_a_length():
    z = torch.randn(4, 7, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(rescaled(z, 2.5).norm(dim=1), torch.full((4,), 2.5))
    assert torch.allclose(rescaled(z, z.norm(dim=1, keepdim=True)), z)
