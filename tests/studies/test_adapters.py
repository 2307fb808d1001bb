"""Trained runs as models: what each kind of network is able to do."""

import pytest
import torch

from genrep import models
from genrep.objectives.diffusion import Diffusion
from genrep.params.samplers import DDIMParams
from genrep.params.training import RunParams
from genrep.rng import generator
from genrep.sampling import sample, to_uint8
from genrep.studies.abilities import LacksAbility, Model
from genrep.studies.adapters import of_run
from genrep.studies.denoising import step

SHAPE = (1, 28, 28)
CPU = torch.device("cpu")


def opened(run: RunParams, label: int | None = None) -> tuple[Model, torch.nn.ModuleDict]:
    networks = models.build(run.network, SHAPE, 10, seed=0).eval()
    return of_run("run", networks, run, SHAPE, 10, CPU, label=label), networks


def test_vae_decodes_and_encodes(smoke_runs):
    model, networks = opened(smoke_runs["vae-adam"])
    images = torch.rand(5, *SHAPE, generator=torch.Generator().manual_seed(0))
    means, deviations = model.encoder.latents(images, 2)
    mean, log_variance = networks["encoder"](images)
    assert torch.allclose(means, mean, atol=1e-6)
    assert torch.allclose(deviations, (log_variance / 2).exp(), atol=1e-6)
    z = model.decoder.draw(5, torch.Generator().manual_seed(1))
    assert torch.allclose(model.decoder.images(z, 2), networks["decoder"](z).sigmoid(), atol=1e-6)
    assert model.denoiser is None
    model.require("decoder", "encoder")


@pytest.mark.parametrize("name", ["vae-adam", "gan-adam"])
def test_decoding_what_is_drawn_gives_the_samples(smoke_runs, name):
    """Whatever range a model was trained in."""
    model, networks = opened(smoke_runs[name])
    drawn = model.sample(7, generator(0, "samples"))
    z = model.decoder.draw(7, generator(0, "samples"))
    assert torch.equal(to_uint8(model.decoder.images(z, 3), (0.0, 1.0)), drawn)
    assert torch.equal(drawn, sample(networks, smoke_runs[name], torch.arange(7), SHAPE, generator(0, "samples")))


def test_gradients_reach_the_latent_and_not_the_weights(smoke_runs):
    model, networks = opened(smoke_runs["gan-adam"])
    z = torch.zeros(2, model.decoder.latent, requires_grad=True)
    model.decoder.decode(z).sum().backward()
    assert z.grad is not None
    assert all(weight.grad is None for weight in networks.parameters())
    assert model.encoder is None
    with pytest.raises(LacksAbility, match="run has no encoder"):
        model.require("encoder")


def test_diffusion_model_denoises_without_its_class(smoke_runs):
    run = smoke_runs["diffusion-adam"]
    model, networks = opened(run)
    x = torch.randn(3, *SHAPE, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        time, hidden = torch.full((3,), 7 / run.objective.steps), torch.zeros(3)
        expected = networks["denoiser"](x, time, torch.tensor([1, 4, 9]), hidden)
        assert torch.allclose(model.denoiser.predict(x, 7), expected, atol=1e-5)
    assert model.decoder is model.encoder is None
    told = run.model_copy(update={"objective": run.objective.model_copy(update={"class_dropout": 0.0})})
    with pytest.raises(LacksAbility, match=r"run has no denoiser: .*: its network is told the class besides; say"):
        opened(told)[0].require("denoiser")
    model, networks = opened(told, label=4)
    seen = []
    networks["denoiser"].register_forward_pre_hook(lambda _, inputs: seen.append([x.tolist() for x in inputs[2:]]))
    with torch.no_grad():
        model.denoiser.predict(x, 7)
    assert seen == [[[4, 4, 4], [1.0, 1.0, 1.0]]]  # the class, and that it is shown


def test_a_step_is_that_of_the_sampler(smoke_runs, monkeypatch):
    """Ancestral sampling by the sampler, with no guidance and every class hidden, and by single steps."""
    run = smoke_runs["diffusion-adam"]
    run = run.model_copy(update={"sampler": run.sampler.model_copy(update={"guidance": 0.0})})
    model, networks = opened(run)
    network = networks["denoiser"]
    original = network.forward
    monkeypatch.setattr(network, "forward", lambda x, t, labels, keep: original(x, t, labels, torch.zeros_like(keep)))
    drawn = model.sample(4, generator(0, "samples"))
    rng = generator(0, "samples")
    x = torch.randn(4, *SHAPE, generator=rng)
    with torch.inference_mode():
        for t in range(run.objective.steps, 0, -1):
            x = step(model.denoiser, x, t, rng)
    assert (to_uint8(x, run.data.range).int() - drawn.int()).abs().max() <= 1


def test_another_sampler_draws_the_samples_and_names_them(smoke_runs):
    run = smoke_runs["diffusion-adam"]
    networks = models.build(run.network, SHAPE, 10, seed=0).eval()
    own, other = (
        of_run("run", networks, run, SHAPE, 10, CPU, ddim) for ddim in (None, DDIMParams(kind="ddim", steps=2))
    )
    assert (own.sampler, other.sampler) == ("ancestral", "ddim-2")
    drawn = [model.sample(3, generator(0, "samples")) for model in (own, other)]
    assert not torch.equal(*drawn)
    ddim = run.model_copy(update={"sampler": DDIMParams(kind="ddim", steps=2)})
    assert torch.equal(drawn[1], sample(networks, ddim, torch.arange(3), SHAPE, generator(0, "samples")))


def test_clipping_and_the_posteriors_variance_are_the_samplers(smoke_runs):
    run = smoke_runs["diffusion-adam"]
    run = run.model_copy(
        update={"sampler": run.sampler.model_copy(update={"guidance": 0.0, "clip": True, "variance": "posterior"})}
    )
    denoiser = opened(run)[0].denoiser
    assert (denoiser.clip, denoiser.variance) == (True, "posterior")
    x, T = 3 * torch.randn(2, *SHAPE, generator=torch.Generator().manual_seed(0)), run.objective.steps
    with torch.inference_mode():
        found = step(denoiser, x, T, torch.Generator().manual_seed(1))
        eps = denoiser.predict(x, T)
    mean = denoiser.process.posterior_mean(denoiser.process.image(x, eps, T).clamp(0, 1), x, T)
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(found, mean + denoiser.process.posterior_variance(T) ** 0.5 * noise, atol=1e-5)


def test_process_is_the_runs_own(smoke_runs):
    run = smoke_runs["diffusion-adam"]
    denoiser = opened(run)[0].denoiser
    assert torch.equal(denoiser.process.alpha_bar, Diffusion.linear(run.objective, CPU).alpha_bar)
    images = torch.rand(3, *SHAPE, generator=torch.Generator().manual_seed(0))
    eps = torch.randn(images.shape, generator=torch.Generator().manual_seed(1))
    noisy = denoiser.noised(images, torch.tensor([0, 1, 40]), eps)
    assert torch.equal(noisy[0], images[0])
    assert torch.allclose(
        noisy[2],
        denoiser.process.alpha_bar[39].sqrt() * images[2] + (1 - denoiser.process.alpha_bar[39]).sqrt() * eps[2],
    )


def test_a_conditional_generator_decodes_one_class_or_is_left_alone(garment_runs):
    run = garment_runs["cgan"]
    model, _ = opened(run)
    assert model.decoder is None
    with pytest.raises(LacksAbility, match="its network is told the class besides"):
        model.require("decoder")
    assert model.sample(3, generator(0, "samples")).shape == (3, *SHAPE)
    model, networks = opened(run, label=3)
    z = model.decoder.draw(4, generator(0, "z"))
    with torch.no_grad():
        bags = networks["generator"](z, torch.full((4,), 3))
    assert torch.allclose(model.decoder.images(z, 2), bags, atol=1e-5)
    free, _ = opened(garment_runs["gan"])
    assert free.decoder.draw(50, generator(0, "z")).abs().max() <= 1  # its prior is uniform


def test_fitted_posterior_draws_the_latents(faces):
    network = {"kind": "residual_vae", "latent": 5, "channels": [4, 8], "blocks": 1, "attention": [8], "groups": 2}
    run = RunParams.model_validate(
        {
            "data": {"set": "faces-32", "split": "train", "range": [0, 1]},
            "network": network,
            "objective": {"kind": "vae"},
            "optimizer": {"kind": "adam", "lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8},
            "sampler": {"kind": "latent_prior"},
            "batch_size": 8,
            "epochs": 1,
            "precision": "fp32",
            "threads": 1,
        }
    )
    networks = models.build(run.network, faces.shape, 2, seed=0).eval()
    before = of_run("vae", networks, run, faces.shape, 2, CPU).decoder.draw(4, generator(0))
    assert torch.equal(before, torch.randn(3, 4, 5, generator=generator(0))[2])  # not fitted: the prior
    networks["posterior"].fit(torch.full((9, 5), 3.0) + 1e-3 * torch.randn(9, 5), torch.full((9, 5), 1e-3))
    after = of_run("vae", networks, run, faces.shape, 2, CPU).decoder.draw(4, generator(0))
    assert torch.allclose(after, torch.full_like(after, 3.0), atol=0.05)
