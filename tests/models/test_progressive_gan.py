"""Growing is continuous; layers against their equations."""

from pathlib import Path

import pytest
import torch
from scipy.stats import kstest
from torch import nn
from torch.nn import functional as F

from genrep.errors import UserError
from genrep.models import build
from genrep.models.progressive_gan import EqualizedConv2d, MinibatchDeviation, pixel_norm
from genrep.params.networks import ProgressiveGANParams
from genrep.training.checkpoint import load_weights, save_weights

PARAMS = ProgressiveGANParams(
    kind="progressive_gan", latent=6, channels=(8, 8, 6), slope=0.2, critic_norm=True, deviation_group=2
)
SHAPE = (3, 16, 16)


@pytest.fixture
def networks() -> nn.ModuleDict:
    return build(PARAMS, SHAPE, 1, seed=0)


@pytest.fixture
def z() -> torch.Tensor:
    return torch.randn(4, 6, generator=torch.Generator().manual_seed(0))


def images(side: int) -> torch.Tensor:
    return torch.randn(4, 3, side, side, generator=torch.Generator().manual_seed(side))


def grown(networks: nn.ModuleDict, role: str, inputs: torch.Tensor, resolution: int, alpha: float) -> torch.Tensor:
    networks[role].grow(resolution, alpha)
    return networks[role](inputs)


@pytest.mark.parametrize("resolution", [8, 16])
def test_a_resolution_begins_as_the_one_before(networks, z, resolution):
    before = grown(networks, "generator", z, resolution // 2, 1.0)
    enlarged = F.interpolate(before, scale_factor=2.0, mode="bilinear")
    torch.testing.assert_close(grown(networks, "generator", z, resolution, 0.0), enlarged)
    x = images(resolution)
    before = grown(networks, "discriminator", F.avg_pool2d(x, 2), resolution // 2, 1.0)
    torch.testing.assert_close(grown(networks, "discriminator", x, resolution, 0.0), before)


@pytest.mark.parametrize("role", ["generator", "discriminator"])
def test_a_resolution_ends_as_itself(networks, z, role):
    inputs = z if role == "generator" else images(16)
    whole = grown(networks, role, inputs, 16, 1.0)
    torch.testing.assert_close(grown(networks, role, inputs, 16, 1 - 1e-6), whole, rtol=1e-3, atol=1e-4)


def test_images_are_mixed_by_alpha(networks, z):
    old, middle, new = (grown(networks, "generator", z, 8, alpha) for alpha in (0.0, 0.3, 1.0))
    torch.testing.assert_close(middle, 0.7 * old + 0.3 * new)


@pytest.mark.parametrize("resolution", [4, 8, 16])
def test_both_work_at_every_resolution(networks, z, resolution):
    fake = grown(networks, "generator", z, resolution, 1.0)
    assert fake.shape == (4, 3, resolution, resolution)
    assert grown(networks, "discriminator", fake, resolution, 1.0).shape == (4,)
    pixels = networks["generator"].to_pixels(fake)
    assert pixels.shape == (4, *SHAPE)  # measured at full size at every stage
    torch.testing.assert_close(F.avg_pool2d(pixels, 16 // resolution), fake)


def test_only_what_has_grown_is_trained(networks, z):
    grown(networks, "generator", z, 8, 0.5).sum().backward()
    touched = {name.split(".")[1] for name, w in networks["generator"].named_parameters() if w.grad is not None}
    assert touched == {"0", "1", "2", "5"}  # base layers 2 and 5, block 0, colours of 4x4 and 8x8
    assert all(w.grad is None for w in networks["generator"].blocks[1].parameters())


@pytest.mark.parametrize(("resolution", "alpha"), [(4, 1.0), (8, 0.25), (16, 1.0)])
def test_how_far_it_has_grown_is_saved_with_the_weights(networks, z, tmp_path, resolution, alpha):
    path: Path = tmp_path / "weights.safetensors"
    expected = grown(networks, "generator", z, resolution, alpha)
    save_weights(path, networks, ("generator",))
    again = load_weights(path, build(PARAMS, SHAPE, 1, seed=1))
    assert torch.equal(again["generator"](z), expected)


def test_channels_that_do_not_lead_to_the_images_are_refused():
    with pytest.raises(UserError, match="3 blocks lead from 4x4 to 16x16, not to the images' 32x32; give one for each"):
        build(PARAMS, (3, 32, 32), 1, seed=0)
    with pytest.raises(UserError, match="not to the images' 24x24"):
        build(PARAMS, (3, 24, 24), 1, seed=0)


# -- layers -----------------------------------------------------------------------------------------------------------


def test_pixel_norm_gives_every_pixel_a_mean_square_of_one():
    x = 7 * torch.randn(2, 16, 3, 3)
    found = pixel_norm(x)
    torch.testing.assert_close(found.square().mean(1), torch.ones(2, 3, 3))
    torch.testing.assert_close(found, x / (x.square().mean(1, keepdim=True) + 1e-8).sqrt())
    assert not pixel_norm(torch.zeros(1, 4)).any()  # no division by zero


def test_equalised_layer_scales_standard_normal_weights():
    torch.manual_seed(0)
    layer = EqualizedConv2d(32, 64, 3, padding=1)
    assert kstest(layer.conv.weight.detach().flatten().double(), "norm").pvalue > 1e-4
    assert not layer.bias.any()
    x = torch.randn(8, 32, 16, 16)
    inner = F.conv2d(x, layer.conv.weight, padding=1)
    torch.testing.assert_close(layer(x), inner * (2 / (32 * 9)) ** 0.5, rtol=1e-4, atol=1e-5)
    assert layer(x)[:, :, 1:-1, 1:-1].var().item() == pytest.approx(2, rel=0.05)  # half of it a leaky ReLU takes away


@pytest.mark.parametrize("group", [None, 2, 3])
def test_minibatch_deviation_by_hand(group):
    x = torch.randn(6, 5, 2, 2)
    found = MinibatchDeviation(group)(x)
    assert torch.equal(found[:, :5], x)
    parts = x.split(group or 6)
    expected = torch.cat([part.std(0, correction=0).mean().expand(len(part)) for part in parts])
    torch.testing.assert_close(found[:, 5], expected[:, None, None].expand(6, 2, 2), rtol=1e-4, atol=1e-6)


def test_minibatch_deviation_of_fixed_groups_is_that_of_parts_of_the_batch():
    x, layer = torch.randn(8, 5, 2, 2), MinibatchDeviation(4)
    assert torch.equal(layer(x), torch.cat([layer(part) for part in x.split(4)]))
    assert MinibatchDeviation(4)(x[:6]).shape == (6, 6, 2, 2)  # an incomplete batch: groups of two


def test_collapsed_images_have_no_deviation_and_a_gradient():
    x = torch.ones(4, 5, 2, 2, requires_grad=True)
    found = MinibatchDeviation(None)(x)[:, 5]
    assert found.max() < 1e-3
    found.sum().backward()
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("norm", [True, False])
def test_critic_normalises_its_pixels_where_it_is_asked_to(norm):
    critic = build(PARAMS.model_copy(update={"critic_norm": norm}), SHAPE, 1, seed=0)["discriminator"]
    features = critic.blocks[1](torch.randn(2, 6, 16, 16)).square().mean(1)
    assert torch.allclose(features, torch.ones_like(features), atol=1e-4) == norm
