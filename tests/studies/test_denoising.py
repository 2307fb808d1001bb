"""The batched reverse process with denoisers that know the truth."""

import numpy as np
import pytest
import torch

from genrep.errors import UserError
from genrep.studies import noise_denoise
from genrep.studies.denoising import Known, denoise, noise_and_denoise, pasted
from tests.studies.conftest import SHAPE, gaussian_denoiser, value, values


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_all_depths_lead_to_the_only_image_there_is(batch_size):
    denoiser = gaussian_denoiser(mean=0.4, sd=0.0)
    x = torch.randn(7, *SHAPE, generator=rng())
    depths = torch.tensor([5, 0, 30, 1, 17, 30, 2])
    found = denoise(denoiser, x, depths, rng(), batch_size)
    expected = torch.full_like(x, 0.7)  # 0.4 of [-1, 1]
    expected[1] = denoiser.outside(x[1])  # of depth 0
    assert torch.allclose(found, expected, atol=1e-4)


def test_one_pass_serves_all_that_are_on_their_way():
    told: list[tuple[int, int]] = []
    depths = torch.tensor([5, 0, 30, 1, 17])
    denoise(gaussian_denoiser(0.4, 0.1, told=told), torch.zeros(5, *SHAPE), depths, rng(), 100)
    assert [t for _, t in told] == list(range(30, 0, -1))
    assert [n for n, _ in told] == [1] * 13 + [2] * 12 + [3] * 4 + [4]
    told.clear()
    denoise(gaussian_denoiser(0.4, 0.1, told=told), torch.zeros(5, *SHAPE), depths, rng(), 2)
    assert len(told) == 30 + 5  # in parts of equal depth, deepest first; nothing is called for depth 0


def test_moments_follow_the_recursion_of_a_gaussian():
    """Where data, noise and denoiser are Gaussian, x_{t-1} is linear in x_t: its mean and variance have a recursion."""
    mean, sd, steps = 0.2, 0.3, 30
    denoiser = gaussian_denoiser(mean, sd, steps)
    beta, bar = denoiser.process.beta.double(), denoiser.process.alpha_bar.double()
    m, v = 0.0, 1.0
    for t in range(steps, 0, -1):
        b, a = beta[t - 1].item(), bar[t - 1].item()
        slope = 1 / (a * sd**2 + 1 - a)
        gain, shift = (1 - b * slope) / (1 - b) ** 0.5, b * slope * a**0.5 * mean / (1 - b) ** 0.5
        m, v = gain * m + shift, gain**2 * v + (b if t > 1 else 0.0)
    x = torch.randn(60, *SHAPE, generator=rng())
    found = denoise(denoiser, x, torch.full((60,), steps), rng(), 100) * 2 - 1
    # quantiles, which the cut at -1 and 1 leaves alone
    assert found.median().item() == pytest.approx(m, abs=0.01)
    assert found.quantile(0.75).item() - m == pytest.approx(0.6745 * v**0.5, abs=0.01)
    assert (m, v**0.5) == (pytest.approx(mean, abs=0.01), pytest.approx(sd, rel=0.15))


def test_known_pixels_are_kept_and_the_others_drawn():
    denoiser = gaussian_denoiser(mean=-0.2, sd=0.1)
    images = torch.rand(6, *SHAPE, generator=rng())
    mask = torch.zeros(6, 1, 16, 16, dtype=torch.bool)
    mask[:, :, :10] = True
    known = Known(images, mask)
    raw = denoise(denoiser, torch.randn(6, *SHAPE, generator=rng()), torch.full((6,), 30), rng(), 4, known)
    whole = pasted(known, raw)
    assert torch.equal(whole[:, :, :10], images[:, :, :10])
    assert torch.equal(whole[:, :, 10:], raw[:, :, 10:])
    assert raw[:, :, 10:].mean().item() == pytest.approx(0.4, abs=0.01)
    # one step from the known image: pulled towards what the denoiser takes for likely
    assert (raw[:, :, :10] - images[:, :, :10]).abs().max() < (images[:, :, :10] - 0.4).abs().max()
    assert not torch.equal(raw[:, :, :10], images[:, :, :10])


def test_depth_0_is_the_image_itself():
    denoiser = gaussian_denoiser(0.0, 0.3)
    images = torch.rand(3, *SHAPE, generator=rng())
    found = noise_and_denoise(denoiser, images, torch.zeros(3, dtype=torch.int64), rng(), 2)
    assert torch.allclose(found, images, atol=1e-6)
    with pytest.raises(UserError, match="depths: 31 steps of noise; this model was trained with 30"):
        denoiser.check((30, 31), "forward")


def test_study_has_the_error_of_forgetting(make_subject):
    """With one possible image every depth ends there; the error is that of this image."""
    subject = make_subject(denoiser=gaussian_denoiser(0.0, 0.0), noise_denoise={"depths": [20, 10, 2]}, repeats=2)
    found = noise_denoise.study(subject, subject.params.noise_denoise)
    images = subject.pixels(subject.held_out())
    expected = (images - 0.5).abs().mean(dim=(1, 2, 3)).numpy()
    for depth in (20, 10, 2):
        assert values(found, f"denoised_mae/t={depth}") == pytest.approx(expected, abs=1e-4)
    assert value(found, "denoised_relative") == pytest.approx((expected / subject.baseline(images)).mean(), rel=1e-3)
    assert found.tiles["denoised"].images.shape == (4, 4, 3, 16, 16)
    assert found.tiles["denoised"].columns == ("original", "t = 20", "t = 10", "t = 2")


def test_deeper_noise_forgets_more(make_subject):
    subject = make_subject(denoiser=gaussian_denoiser(0.0, 0.5), noise_denoise={"depths": [25, 12, 6, 3, 1]}, images=8)
    found = noise_denoise.study(subject, subject.params.noise_denoise)
    errors = np.array([value(found, f"denoised_mae/t={t}") for t in (1, 3, 6, 12, 25)])
    assert (np.diff(errors) > 0).all()


def test_a_depth_over_T_is_refused(make_subject):
    subject = make_subject(denoiser=gaussian_denoiser(0.0, 0.5), noise_denoise={"depths": [31]})
    with pytest.raises(UserError, match="31 steps of noise; this model was trained with 30"):
        noise_denoise.study(subject, subject.params.noise_denoise)
