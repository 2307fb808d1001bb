import pytest
import torch
from diffusers import DDIMScheduler

from genrep.params.samplers import AncestralParams, DDIMParams
from genrep.sampling import ancestral, ddim, sample, strips
from genrep.sampling.trajectories import STRIP
from tests.stubs import Stub

SHAPE = (3, 2, 2)
T = 60


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def make_run(thesis_runs):
    run = thesis_runs["diffusion"]

    def make(sampler):
        objective = run.objective.model_copy(update={"steps": T})
        return run.model_copy(update={"objective": objective, "sampler": sampler})

    return make


def denoise(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return torch.sin(3 * x) * (t / T)[:, None, None, None]


def walk(run, module) -> list[torch.Tensor]:
    networks = {"denoiser": Stub(lambda _, *inputs: denoise(*inputs), conditional=False)}
    return list(module.trajectory(networks, run, torch.zeros(4, dtype=torch.int64), SHAPE, rng()))


@pytest.mark.parametrize("eta", [0.0, 0.7])
@pytest.mark.parametrize("steps", [60, 20, 1])
def test_every_step_is_that_of_diffusers(make_run, steps, eta):
    run = make_run(DDIMParams(kind="ddim", steps=steps, eta=eta))
    first, last = run.objective.beta
    scheduler = DDIMScheduler(T, first, last, "linear", clip_sample=False, timestep_spacing="trailing")
    scheduler.set_timesteps(steps)
    generator = rng()
    expected = torch.randn(4, *SHAPE, generator=generator)
    found = walk(run, ddim)
    assert len(found) == steps + 1
    for t, x in zip([*scheduler.timesteps.tolist(), None], found, strict=True):
        torch.testing.assert_close(x, expected, rtol=1e-3, atol=1e-4)
        if t is not None:
            eps = denoise(expected, torch.full((4,), t + 1))
            # at the last step diffusers adds noise of deviation zero
            expected = scheduler.step(eps, t, expected, eta=eta, generator=generator).prev_sample


def test_all_steps_with_full_noise_are_ancestral_sampling(make_run):
    one = walk(make_run(DDIMParams(kind="ddim", steps=T, eta=1.0)), ddim)
    other = walk(make_run(AncestralParams(kind="ancestral", variance="posterior")), ancestral)
    torch.testing.assert_close(one[-1], other[-1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("kept", "expected"), [(4, [10, 8, 5, 2]), (1, [10]), (99, list(range(10, 0, -1)))])
def test_steps_are_evenly_spaced_down_from_the_last(kept, expected):
    assert ddim.steps(10, kept) == expected


def test_samples_and_strips(make_run, faces, cpu):
    run = make_run(DDIMParams(kind="ddim", steps=7))
    networks = {"denoiser": Stub(lambda _, *inputs: denoise(*inputs), conditional=False)}
    assert sample(networks, run, torch.zeros(3), faces.shape, rng()).shape == (3, 3, 16, 16)
    assert strips(networks, run, faces, 0, cpu)["reverse"].shape == (STRIP, 4, 3, 16, 16)
