import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler
from scipy.stats import kstest

from genrep.objectives.diffusion import Diffusion
from genrep.sampling import ancestral
from genrep.sampling.trajectories import noising
from tests.stubs import Stub

SHAPE = (1, 2, 2)


@pytest.fixture
def make_run(smoke_runs):
    """The diffusion run with other numbers of steps and another guidance."""
    run = smoke_runs["diffusion-adam"]

    def make(steps: int = 60, guidance: float = 0.0, **sampler):
        return run.model_copy(
            update={
                "objective": run.objective.model_copy(update={"steps": steps}),
                "sampler": run.sampler.model_copy(update={"guidance": guidance, **sampler}),
            }
        )

    return make


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def walk(run, denoise, labels, shape=SHAPE) -> list[torch.Tensor]:
    """x_T ... x_0 with ``denoise(x, t, labels, keep)`` as the network."""
    networks = {"denoiser": Stub(lambda _, *inputs: denoise(*inputs))}
    return list(ancestral.trajectory(networks, run, labels, shape, rng()))


def per_image(values: torch.Tensor) -> torch.Tensor:
    return values[:, None, None, None]


def test_every_step_is_that_of_diffusers(make_run):
    """``fixed_large`` is sigma^2 = beta; both draw the same noise."""
    run, labels = make_run(), torch.tensor([1, 2, 3])

    def denoise(x, t, labels, keep):
        return torch.sin(3 * x) * per_image(t) + per_image(labels) / 10

    first, last = run.objective.beta
    T = run.objective.steps
    scheduler = DDPMScheduler(T, first, last, "linear", variance_type="fixed_large", clip_sample=False)
    generator = rng()
    expected = torch.randn(3, *SHAPE, generator=generator)
    found = walk(run, denoise, labels)
    assert len(found) == T + 1
    for t, x in zip(range(T, -1, -1), found, strict=True):
        assert torch.allclose(x, expected, atol=1e-4)
        if t:
            eps = denoise(expected, torch.full((3,), t / T), labels, None)
            expected = scheduler.step(eps, t - 1, expected, generator=generator).prev_sample


@pytest.mark.parametrize(("clip", "variance"), [(True, "beta"), (True, "posterior"), (False, "posterior")])
def test_other_readings_of_a_step_are_those_of_diffusers(make_run, clip, variance):
    """Clipping to the range of the data, and ``fixed_small``, the posterior's variance."""
    run, labels = make_run(clip=clip, variance=variance), torch.tensor([1, 2, 3])
    run = run.model_copy(update={"data": run.data.model_copy(update={"range": (-1.0, 1.0)})})

    def denoise(x, t, labels, keep):
        return torch.sin(3 * x) * per_image(t)

    T = run.objective.steps
    kind = "fixed_large" if variance == "beta" else "fixed_small"
    scheduler = DDPMScheduler(T, *run.objective.beta, "linear", variance_type=kind, clip_sample=clip)
    generator = rng()
    expected = torch.randn(3, *SHAPE, generator=generator)
    for t, x in zip(range(T, -1, -1), walk(run, denoise, labels), strict=True):
        assert torch.allclose(x, expected, atol=1e-3)  # diffusers loses digits at small t
        if t:
            eps = denoise(expected, torch.full((3,), t / T), labels, None)
            expected = scheduler.step(eps, t - 1, expected, generator=generator).prev_sample


def test_network_without_classes_is_told_the_step_alone(make_run):
    told = []

    def denoise(_, x, t):
        told.append(t.tolist())
        return 0 * x

    networks = {"denoiser": Stub(denoise, conditional=False)}
    list(ancestral.trajectory(networks, make_run(steps=3, guidance=0.5), torch.zeros(2), SHAPE, rng()))
    assert told == [[3, 3], [2, 2], [1, 1]]  # once: there is nothing to guide by


def test_true_noise_of_one_image_leads_back_to_it(make_run, cpu):
    run = make_run(steps=400)
    process = Diffusion.linear(run.objective, cpu)
    image = torch.linspace(0, 1, 4).view(SHAPE)

    def true_noise(x, t, labels, keep):
        signal = per_image(process.alpha_bar[(t * process.steps).round().long() - 1])
        return (x - signal.sqrt() * image) / (1 - signal).sqrt()

    path = walk(run, true_noise, torch.zeros(3, dtype=torch.int64))
    assert torch.allclose(path[-1], image.expand(3, *SHAPE), atol=1e-4)
    assert not torch.allclose(path[0], path[-1], atol=0.5)


def test_white_noise_as_data_stays_white_noise(make_run, cpu):
    """For x_0 ~ N(0, 1) the best prediction is sqrt(1 - alpha_bar) x, and every reverse step keeps N(0, 1)."""
    run = make_run()
    process = Diffusion.linear(run.objective, cpu)

    def best(x, t, labels, keep):
        return per_image((1 - process.alpha_bar[(t * process.steps).round().long() - 1]).sqrt()) * x

    for x in walk(run, best, torch.zeros(2_000, dtype=torch.int64))[::15]:
        assert kstest(x.flatten(), "norm").pvalue > 1e-3


@pytest.mark.parametrize("w", [0.0, 0.5, 2.0])
def test_guidance_extrapolates_from_the_unconditional_prediction(make_run, w):
    labels = torch.tensor([1, 4])
    calls = []

    def denoise(x, t, shown, keep):
        """The label where it is shown, else -1; plus the image, to see that both predictions are of one image."""
        calls.append((len(x), t.tolist()))
        return per_image(torch.where(keep == 1, shown, -1)) + x

    run = make_run(steps=1, guidance=w)
    beta = run.objective.beta[0]
    noise, image = walk(run, denoise, labels)
    eps = (noise - image * (1 - beta) ** 0.5) / beta**0.5  # the last step solved for it
    assert torch.allclose(eps, per_image((1 + w) * labels + w) + noise, atol=1e-2)
    rows = 2 if w == 0 else 4  # without guidance nothing unconditional is computed
    assert calls == [(rows, [1.0] * rows)]


def test_sample_is_the_end_of_the_trajectory(make_run):
    run, labels = make_run(steps=5), torch.tensor([3, 8])

    def denoise(x, t, labels, keep):
        return x * per_image(t)

    networks = {"denoiser": Stub(lambda _, *inputs: denoise(*inputs))}
    found = ancestral.sample(networks, run, labels, SHAPE, rng())
    assert torch.equal(found, walk(run, denoise, labels)[-1])


def test_noising_goes_from_the_images_to_noise(make_run):
    run = make_run(steps=400)
    images = torch.full((5_000, *SHAPE), 3.0)
    start, middle, end = noising(run, images, np.array([0, 0.5, 1]), rng())
    assert torch.equal(start, images)
    for x, steps in ((middle, 200), (end, 400)):
        signal = torch.tensor(np.prod(1 - np.linspace(1e-4, 0.02, 400)[:steps]))
        standardised = (x - 3 * signal.sqrt()) / (1 - signal).sqrt()
        assert kstest(standardised.flatten(), "norm").pvalue > 1e-3
    correlation = torch.corrcoef(torch.stack([middle.flatten(), end.flatten()]))[0, 1]
    assert abs(correlation) < 4 / 20_000**0.5  # each moment has noise of its own
