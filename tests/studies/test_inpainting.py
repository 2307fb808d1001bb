"""Holes filled by models with closed forms."""

import numpy as np
import pytest
import torch

from genrep.errors import UserError
from genrep.studies import inpainting
from genrep.studies.abilities import LacksAbility
from genrep.studies.inpainting import differences, seam, solutions
from genrep.studies.regions import having, regions
from tests.studies.conftest import SHAPE, gaussian_denoiser, linear_decoder, value, values
from tests.studies.test_search import medians

SEARCH = {"starts": 3, "steps": 300, "lr": 0.05, "decay": "cosine"}


def test_latent_filling_is_the_median_of_the_known_pixels(make_subject, blocks, grey):
    subject = make_subject(linear_decoder(blocks, grey), search=SEARCH, inpainting={"region": "eye"})
    found = inpainting.study(subject, subject.params.inpainting)
    rows = subject.held_out(among=having(subject.images, "eye"))
    images, hole = subject.pixels(rows), regions(subject.images, "eye", rows)
    expected = linear_decoder(blocks, grey).decode(medians(images, ~hole)).clamp(0, 1)
    error = (expected - images).abs()
    ring = torch.nn.functional.max_pool2d(hole.float(), 5, 1, 2).bool() & ~hole
    for name, mask in (("ring", ring), ("hole", hole)):
        wanted = [error[k][:, mask[k, 0]].mean().item() for k in range(len(images))]
        assert values(found, f"inpainting_{name}") == pytest.approx(np.array(wanted), abs=0.01)
    assert value(found, "inpainting_solutions") == 1  # the problem is convex
    assert value(found, "inpainting_differing") == 0
    assert value(found, "inpainting_alike") == 1
    alike = next(m for m in found.metrics if m["name"] == "inpainting_alike")
    assert alike["ci_low"] == pytest.approx(0.025 ** (1 / 4), rel=1e-4)
    wanted = seam(torch.where(hole, expected - images, 0), hole)
    assert values(found, "inpainting_seam") == pytest.approx(wanted.numpy(), abs=0.01)
    assert value(found, "inpainting_diversity") < 0.005
    tiles = found.tiles["filled"]
    assert tiles.columns == ["original", "hole", "filling 1", "filling 2", "filling 3", "whole 1", "whole 2"]
    shown, mask = tiles.images[0].astype(int), hole[0].numpy().repeat(3, 0)
    assert np.array_equal(shown[2][~mask], shown[0][~mask])  # what is known stays
    assert np.array_equal(shown[2][mask], shown[5][mask])
    assert not shown[1][mask].any()
    assert tiles.real.all()


def test_diffusion_filling_keeps_the_known_and_draws_the_rest(make_subject):
    subject = make_subject(denoiser=gaussian_denoiser(0.2, 0.1), search=SEARCH, inpainting={"region": "eye"})
    found = inpainting.study(subject, subject.params.inpainting)
    rows = subject.held_out(among=having(subject.images, "eye"))
    hole = regions(subject.images, "eye", rows)
    shown = found.tiles["filled"].images.astype(int)
    mask = hole[0].numpy().repeat(3, 0)
    assert np.array_equal(shown[0, 2][~mask], shown[0, 0][~mask])
    assert shown[:, 2:5][:, :, mask].mean() / 255 == pytest.approx(0.6, abs=0.02)
    assert value(found, "inpainting_solutions") == 3  # every run another one
    assert value(found, "inpainting_differing") == 1
    assert value(found, "inpainting_alike") == 0
    # two draws from N(0.6, 0.05^2), about; the coarse steps of the process add some
    assert 0.04 < value(found, "inpainting_diversity") < 0.09
    assert value(found, "inpainting_ring") < value(found, "inpainting_hole")


def test_who_can_do_neither_is_told_so(make_subject):
    subject = make_subject(search=SEARCH, inpainting={})
    with pytest.raises(LacksAbility, match="model can neither decode a latent nor denoise, so it cannot fill a hole"):
        inpainting.study(subject, subject.params.inpainting)


def test_unknown_region_is_named(make_subject, blocks, grey):
    subject = make_subject(linear_decoder(blocks, grey), search=SEARCH, inpainting={"region": "nose"})
    with pytest.raises(UserError, match="faces-32 has no region 'nose'; it has eye, face, hair, middle, upper, lower"):
        inpainting.study(subject, subject.params.inpainting)


def test_seam_is_the_step_across_the_edge():
    hole = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    hole[..., 2:6, 2:6] = True
    flat = torch.full((1, 3, 8, 8), 0.4)
    assert seam(flat, hole).item() == 0
    lifted = flat + 0.25 * hole
    assert seam(lifted, hole).item() == pytest.approx(0.25)


def test_groups_of_fillings():
    hole = torch.ones(1, 1, 4, 4, dtype=torch.bool)
    levels = torch.tensor([0.1, 0.11, 0.12, 0.5, 0.9, 0.9])  # 0.1 and 0.12 are linked by what lies between
    fillings = levels[None, :, None, None, None].expand(1, 6, *SHAPE[:1], 4, 4)
    between = differences(fillings, hole)
    assert torch.allclose(between[0], (levels[:, None] - levels).abs(), atol=1e-6)
    assert solutions(between, 0.015).item() == 3
    assert solutions(between, 0.005).item() == 5
    assert solutions(between, 1.0).item() == 1


def test_the_best_filling_is_that_of_the_known_pixels():
    """What is in the hole decides nothing: nobody knows it."""
    hole = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    hole[..., 1:3, 1:3] = True
    images = torch.full((1, 3, 4, 4), 0.5)
    fillings = torch.stack([images + torch.where(hole, a, b) for a, b in ((0.0, 0.2), (0.4, 0.1), (0.2, 0.3))], dim=1)
    best = inpainting.best_first(fillings, images, hole)
    assert (best[0, :, 0, 0, 0] - 0.5).tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert best[0, 0, 0, 1, 1].item() == pytest.approx(0.9)
