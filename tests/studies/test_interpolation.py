"""Walks through straight and broken latent spaces."""

import numpy as np
import pytest
import torch

from genrep.studies import diffusion_interpolation, interpolation, opposite, walks
from genrep.studies.abilities import Decoder
from genrep.studies.diffusion_interpolation import mixtures
from tests.studies.conftest import SHAPE, gaussian_denoiser, linear_decoder, value, values


def test_straight_in_a_linear_space(make_subject, blocks, grey):
    subject = make_subject(linear_decoder(0.1 * blocks, grey), interpolation={"frames": 9})
    found = interpolation.study(subject, subject.params.interpolation)
    assert value(found, "path_length/linear") == pytest.approx(1, abs=0.01)
    assert value(found, "detour/linear") == pytest.approx(0.5, abs=0.01)
    assert (values(found, "path_length/spherical") > values(found, "path_length/linear") * 0.999).all()
    assert value(found, "path_length/spherical") > value(found, "path_length/linear") + 0.01
    assert found.tiles["spherical"].images.shape == (2, 9, 3, 16, 16)


def test_walk_over_a_corner(make_subject):
    """Pixels are features here: two equal steps at right angles are sqrt(2) as long as the straight line."""
    frames = torch.zeros(1, 3, *SHAPE, dtype=torch.uint8)
    frames[0, 1:, :, :8], frames[0, 2, :, 8:] = 100, 100
    found = walks.measured(make_subject(), frames)
    assert found["path_length"] == pytest.approx(2**0.5)
    assert found["detour"] == pytest.approx(0.5**0.5)


def normalising(blocks, grey) -> Decoder:
    """Decodes the direction of a latent only, as a generator does whose first layer normalises."""
    inner = linear_decoder(0.2 * blocks, grey)
    return Decoder(4, inner.draw, lambda z: inner.decode(z / z.norm(dim=1, keepdim=True).clamp(min=1e-4)))


def test_a_normalised_latent_jumps_at_zero(make_subject, blocks, grey):
    smooth = make_subject(linear_decoder(0.1 * blocks, grey), opposite={"frames": 9})
    broken = make_subject(normalising(blocks, grey), opposite={"frames": 9})
    found = [opposite.study(subject, subject.params.opposite) for subject in (smooth, broken)]
    assert value(found[0], "jump/linear") == pytest.approx(2 / 8, abs=0.01)
    assert value(found[1], "jump/linear") == 1
    assert value(found[1], "jump/spherical") < 0.5


def test_middle_of_a_straight_line_is_the_image_of_zero(make_subject, blocks, grey):
    subject = make_subject(linear_decoder(0.1 * blocks, grey), opposite={"frames": 5})
    found = opposite.study(subject, subject.params.opposite)
    assert (found.tiles["linear"].images[:, 2] == 128).all()
    assert value(found, "middle_sharpness/linear") == 0
    assert value(found, "middle_sharpness/spherical") > 0
    expected = subject.remoteness(torch.full((1, *SHAPE), 128, dtype=torch.uint8))[0]
    assert value(found, "middle_remoteness/linear") == pytest.approx(expected, rel=1e-5)
    ratio = values(found, "middle_remoteness/linear") / values(found, "middle_remoteness/spherical")
    assert values(found, "middle_loss") == pytest.approx(ratio, rel=1e-4)


def test_depth_0_is_a_blend_and_full_depth_forgets(make_subject):
    subject = make_subject(
        denoiser=gaussian_denoiser(0.2, 0.0), diffusion_interpolation={"depths": [0, 30], "frames": 5}
    )
    found = diffusion_interpolation.study(subject, subject.params.diffusion_interpolation)
    assert value(found, "path_length/t=0") == pytest.approx(1, abs=0.01)
    assert value(found, "detour/t=0") == pytest.approx(0.5, abs=0.01)
    tiles = found.tiles["after"]
    a, b = subject.pixels(subject.held_out(5))[:2]
    assert np.abs(tiles.images[0, 2] / 255 - ((a + b) / 2).numpy()).max() < 0.01
    assert (tiles.images[1] == round(0.6 * 255)).all()  # the only image that this model knows
    assert tiles.real.all()
    best = [m for m in found.metrics if m["name"] == "interpolation_cost/best"]
    assert best[0]["id"].split("/")[3] == "t=30"  # depth 0 is no work of the model's
    assert best[0]["value"] == value(found, "interpolation_cost/t=30")
    product = values(found, "path_length/t=0") * values(found, "remoteness/t=0")
    assert values(found, "interpolation_cost/t=0") == pytest.approx(product, rel=1e-4)


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("shared", [True, False])
def test_mixtures_of_noised_images(make_subject, after, shared):
    denoiser = gaussian_denoiser(0.0, 0.5)
    subject = make_subject(
        denoiser=denoiser,
        diffusion_interpolation={"depths": [0, 20], "frames": 3, "shared_noise": shared},
    )
    a, b = torch.full((40, *SHAPE), 0.3), torch.full((40, *SHAPE), 0.7)
    rng = torch.Generator().manual_seed(0)
    found = mixtures(denoiser, a, b, subject.params.diffusion_interpolation, rng, after)
    assert found.shape == (40, 2, 3, *SHAPE)
    assert torch.allclose(found[:, 0, :, 0, 0, 0], torch.tensor([-0.4, 0.0, 0.4]).expand(40, 3), atol=1e-6)
    signal = denoiser.process.alpha_bar[19]
    assert found[:, 1].mean(dim=(0, 2, 3, 4)) == pytest.approx(signal.sqrt() * torch.tensor([-0.4, 0.0, 0.4]), abs=0.02)
    noise = (1 - signal).sqrt().item()
    middle = noise if shared or not after else noise / 2**0.5  # two independent noises average out
    assert found[:, 1].std(dim=(0, 2, 3, 4)).numpy() == pytest.approx([noise, middle, noise], rel=0.02)


def test_both_orders_of_mixing_are_told_apart(make_subject):
    params = {"depths": [10], "frames": 3, "variants": ["after", "before"]}
    subject = make_subject(denoiser=gaussian_denoiser(0.0, 0.5), diffusion_interpolation=params)
    found = diffusion_interpolation.study(subject, subject.params.diffusion_interpolation)
    assert {m["name"] for m in found.metrics} >= {"path_length/t=10", "path_length/t=10/mixed before noising"}
    assert set(found.tiles) == {"after", "before"}
