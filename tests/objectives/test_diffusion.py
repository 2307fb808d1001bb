import pytest
import torch
from diffusers import DDPMScheduler
from torch import nn

from genrep.objectives import Batch, phases
from genrep.objectives.diffusion import Diffusion
from genrep.params.training import DiffusionObjectiveParams
from tests.stubs import Stub

T, BETA = 400, (1e-4, 0.02)


def params(class_dropout: float = 0.1) -> DiffusionObjectiveParams:
    return DiffusionObjectiveParams(kind="diffusion", steps=T, beta=BETA, class_dropout=class_dropout)


@pytest.fixture
def process(cpu) -> Diffusion:
    return Diffusion.linear(params(), cpu)


@pytest.fixture
def scheduler() -> DDPMScheduler:
    return DDPMScheduler(num_train_timesteps=T, beta_start=BETA[0], beta_end=BETA[1], beta_schedule="linear")


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_schedule_is_that_of_diffusers(process, scheduler):
    assert process.steps == T
    assert torch.allclose(process.beta, scheduler.betas, rtol=1e-5, atol=0)
    assert torch.allclose(process.alpha_bar, scheduler.alphas_cumprod, rtol=1e-5, atol=0)
    assert torch.equal(torch.tensor(process.exact, dtype=torch.float64).float(), process.alpha_bar)
    assert process.signal(0) == 1


def test_noised_images_are_those_of_diffusers(process, scheduler, rng):
    images, eps = torch.randn(2, 5, 1, 3, 3, generator=rng)
    t = torch.tensor([1, 2, 100, 399, 400])
    expected = scheduler.add_noise(images, eps, t - 1)
    assert torch.allclose(process.noised(images, t, eps), expected, atol=1e-5)


def test_one_jump_has_the_moments_of_the_chain(process):
    """x_t = sqrt(1 - beta_t) x_{t-1} + sqrt(beta_t) noise, moment by moment from x_0 = 1."""
    mean, variance, moments = 1.0, 0.0, []
    for beta in process.beta.double().tolist():
        mean, variance = (1 - beta) ** 0.5 * mean, (1 - beta) * variance + beta
        moments.append((mean, variance))
    t, one, nothing = torch.arange(1, T + 1), torch.ones(T, 1, 1, 1), torch.zeros(T, 1, 1, 1)
    found = torch.stack([process.noised(one, t, nothing), process.noised(nothing, t, one).square()]).view(2, T)
    assert torch.allclose(found, torch.tensor(moments).T, rtol=1e-4, atol=1e-7)


def phase(denoise, class_dropout: float = 0.1):
    networks = nn.ModuleDict({"denoiser": Stub(denoise)})
    (only,) = phases(networks, params(class_dropout))
    return only


def points(n: int) -> Batch:
    return Batch(torch.zeros(n, 1, 1, 1), torch.arange(n))


@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_share_of_hidden_classes(rng, share):
    n = 20_000
    keep = phase(None, share).draw(points(n), rng)["keep"]
    assert set(keep.tolist()) <= {0.0, 1.0}
    assert 1 - keep.mean().item() == pytest.approx(share, abs=4 * (share * (1 - share) / n) ** 0.5 + 1e-7)


def test_every_step_is_drawn_as_often(rng):
    n = 200 * T
    drawn = phase(None).draw(points(n), rng)["t"]
    counts = torch.bincount(drawn)
    assert len(counts) == T + 1
    assert counts[0] == 0
    chi2 = ((counts[1:] - 200.0).square() / 200).sum().item()
    assert chi2 == pytest.approx(T - 1, abs=4 * (2 * (T - 1)) ** 0.5)


def test_loss_of_the_true_noise_is_0_and_of_silence_its_power(rng):
    batch = points(5_000)
    noise = phase(None).draw(batch, rng)
    assert phase(lambda *_: noise["eps"]).loss(batch, noise)["loss"] == 0
    silence = phase(lambda *_: torch.zeros_like(batch.images)).loss(batch, noise)["loss"].item()
    assert silence == pytest.approx(1, abs=4 * (2 / 5_000) ** 0.5)


def test_denoiser_is_told_time_class_and_what_is_hidden(rng):
    told = {}

    def denoise(weight, x, t, labels, keep):
        told.update(x=x, t=t, labels=labels, keep=keep)
        return weight * x

    batch = Batch(torch.ones(3, 1, 1, 1), torch.tensor([7, 8, 9]))
    noise = {"t": torch.tensor([1, 100, 400]), "eps": torch.zeros(3, 1, 1, 1), "keep": torch.tensor([1.0, 0.0, 1.0])}
    phase(denoise).loss(batch, noise)
    assert torch.allclose(told["t"], torch.tensor([1 / 400, 0.25, 1.0]))
    assert torch.equal(told["labels"], batch.labels)
    assert torch.equal(told["keep"], noise["keep"])
    assert told["x"].flatten().diff().lt(0).all()  # less signal at later times


# -- the reverse process ----------------------------------------------------------------------------------------------


def in_double(scheduler: DDPMScheduler) -> DDPMScheduler:
    """Its own schedule loses digits at small t."""
    scheduler.betas = torch.linspace(*BETA, T, dtype=torch.float64)
    scheduler.alphas = 1 - scheduler.betas
    scheduler.alphas_cumprod = scheduler.alphas.cumprod(0)
    scheduler.one = scheduler.one.double()
    return scheduler


@pytest.mark.parametrize("t", [1, 2, 200, 400])
def test_posterior_is_that_of_diffusers(process, rng, t):
    """``fixed_small`` is the posterior's variance; without a prediction to clip, its mean is that of the step."""
    kind = DDPMScheduler(T, *BETA, "linear", variance_type="fixed_small", clip_sample=False, prediction_type="sample")
    in_double(kind)
    image, x_t = torch.randn(2, 3, 1, 2, 2, generator=rng).double()
    step = kind.step(image, t - 1, x_t, generator=torch.Generator().manual_seed(1)).prev_sample
    noise = torch.randn(x_t.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    variance = process.posterior_variance(t)
    mean = process.posterior_mean(image, x_t, t)
    found = mean + variance**0.5 * noise if t > 1 else mean
    torch.testing.assert_close(found, step, rtol=1e-9, atol=1e-9)
    assert variance == pytest.approx(
        float(kind._get_variance(t - 1)), rel=1e-9, abs=1e-19
    )  # which is never below 1e-20


@pytest.mark.parametrize("t", [1, 2, 200, 400])
def test_reverse_mean_is_the_posteriors_at_the_image_that_the_noise_leads_to(process, rng, t):
    """Equations 5.12 and 5.13 of the thesis, with 1 - alpha_bar_t in both denominators of 5.12."""
    image, eps = torch.randn(2, 3, 1, 2, 2, generator=rng)
    x_t = process.noised(image, torch.full((3,), t), eps)
    torch.testing.assert_close(process.image(x_t, eps, t), image, rtol=1e-3, atol=1e-3)
    expected = process.posterior_mean(image, x_t, t)
    torch.testing.assert_close(process.reverse_mean(x_t, eps, t), expected, rtol=1e-3, atol=1e-3)


def test_posterior_by_bayes_rule(process):
    """q(x_{t-1} | x_t, x_0) is the product of q(x_t | x_{t-1}) and q(x_{t-1} | x_0), two Gaussians in x_{t-1}."""
    t, x_t, x_0 = 150, 0.7, -0.4
    beta, before = process.beta[t - 1].item(), process.alpha_bar[t - 2].item()
    precision = (1 - beta) / beta + 1 / (1 - before)
    mean = ((1 - beta) ** 0.5 / beta * x_t + before**0.5 / (1 - before) * x_0) / precision
    assert process.posterior_variance(t) == pytest.approx(1 / precision, rel=1e-4)
    found = process.posterior_mean(torch.tensor(x_0), torch.tensor(x_t), t)
    assert found.item() == pytest.approx(mean, rel=1e-4)


# -- without classes --------------------------------------------------------------------------------------------------


def test_an_unconditional_denoiser_is_told_the_step_alone(rng):
    told = []

    def denoise(weight, x, t):
        told.append(t)
        return weight * x

    networks = nn.ModuleDict({"denoiser": Stub(denoise, conditional=False)})
    (only,) = phases(networks, params())
    noise = only.draw(points(7), rng)
    assert noise.keys() == {"t", "eps"}
    only.loss(points(7), noise)
    assert torch.equal(told[0], noise["t"])
