"""Counted operations against counts by hand, in multiply-adds (two operations each)."""

import pytest
import torch

from genrep import models, objectives, sampling
from genrep.flops import activation_bytes_per_image, moments, sampling_flops_per_image, training_flops_per_image
from genrep.objectives import Batch
from genrep.params.samplers import DDIMParams, LatentPriorParams

SHAPE, CLASSES = (1, 28, 28), 10

# VAE: output positions x inputs x outputs x kernel for convolutions, input positions for transposed ones.
FIRST = 14 * 14 * 1 * 32 * 9
ENCODER = FIRST + 7 * 7 * 32 * 64 * 9 + 3136 * 16 + 2 * 16 * 2
DECODER = 2 * 3136 + 7 * 7 * 64 * 64 * 9 + 14 * 14 * 64 * 32 * 9 + 28 * 28 * 32 * 1 * 9

# GAN: generator 100-256-512-1024-784, discriminator 784-1024-512-256-1.
GENERATOR = 100 * 256 + 256 * 512 + 512 * 1024 + 1024 * 784
DISCRIMINATOR = 784 * 1024 + 1024 * 512 + 512 * 256 + 256 * 1


def test_vae_is_three_forward_passes_less_the_gradient_of_its_input(smoke_runs):
    expected = 2 * (3 * (ENCODER + DECODER) - FIRST)
    assert training_flops_per_image(smoke_runs["vae-adam"], SHAPE, CLASSES) == expected


def test_gan_counts_both_phases(smoke_runs):
    # real and generated images pass the discriminator, whose input needs no gradient; the generator only runs
    first_phase = GENERATOR + 2 * (3 * DISCRIMINATOR - 784 * 1024)
    # gradients pass the discriminator without touching its weights; the noise needs none
    second_phase = 2 * DISCRIMINATOR + 3 * GENERATOR - 100 * 256
    assert training_flops_per_image(smoke_runs["gan-adam"], SHAPE, CLASSES) == 2 * (first_phase + second_phase)


def test_a_gradient_penalty_is_counted(garment_runs):
    plain, penalised = (training_flops_per_image(garment_runs[name], SHAPE, CLASSES) for name in ("wgan", "wgan_gp"))
    # the critic once more, forward, its slope, and the way back through both
    assert 1.2 * plain < penalised < 3 * plain


@pytest.mark.parametrize(("name", "expected"), [("vae-adam", DECODER), ("gan-adam", GENERATOR), ("classifier", 0)])
def test_a_sample_is_one_pass(smoke_runs, name, expected):
    assert sampling_flops_per_image(smoke_runs[name], SHAPE, CLASSES) == 2 * expected


def test_a_diffusion_sample_is_a_pass_per_step_and_two_with_guidance(smoke_runs):
    run = smoke_runs["diffusion-adam"]
    shorter = run.model_copy(update={"objective": run.objective.model_copy(update={"steps": run.objective.steps // 2})})
    unguided = run.model_copy(update={"sampler": run.sampler.model_copy(update={"guidance": 0.0})})
    sample = sampling_flops_per_image(run, SHAPE, CLASSES)
    assert sample == 2 * sampling_flops_per_image(shorter, SHAPE, CLASSES)
    assert sample == 2 * sampling_flops_per_image(unguided, SHAPE, CLASSES)
    forward = sample / (2 * run.objective.steps)
    assert training_flops_per_image(run, SHAPE, CLASSES) == pytest.approx(3 * forward, rel=0.02)


# -- the models of the thesis -----------------------------------------------------------------------------------------

FACES = (3, 16, 16)


def test_a_growing_model_costs_the_mean_of_its_stages(thesis_runs):
    run = thesis_runs["gan"]  # epochs of 4x4, of 8x8 fading, of 16x16 fading, and of 16x16
    assert moments(run, 16) == [(0.25, 4, 1.0), (0.25, 8, 0.5), (0.25, 16, 0.5), (0.25, 16, 1.0)]
    parts = [run.model_copy(update={"growth": (part,), "epochs": part.epochs}) for part in run.growth]
    first, second, third = (training_flops_per_image(part, FACES, 2) for part in parts)
    assert first < second < third
    assert training_flops_per_image(run, FACES, 2) == pytest.approx((first + second + 2 * third) / 4, abs=1)
    whole = training_flops_per_image(run.model_copy(update={"growth": ()}), FACES, 2)
    faded = training_flops_per_image(run.model_copy(update={"growth": run.growth[2:], "epochs": 2}), FACES, 2)
    assert whole < faded < 1.5 * whole  # a fade runs both ends


def test_a_sampler_that_skips_steps_costs_as_much_less(thesis_runs):
    run = thesis_runs["diffusion"]
    assert sampling.steps(run) == 10
    shorter = run.model_copy(update={"sampler": DDIMParams(kind="ddim", steps=2)})
    assert sampling_flops_per_image(run, FACES, 2) == 5 * sampling_flops_per_image(shorter, FACES, 2)


def test_improved_sampling_is_the_decoder_and_two_products_per_latent(thesis_runs):
    run = thesis_runs["vae"]
    prior = run.model_copy(update={"sampler": LatentPriorParams(kind="latent_prior")})
    latent = run.network.latent
    improved, plain = (sampling_flops_per_image(r, FACES, 2) for r in (run, prior))
    assert improved - plain == 2 * 2 * latent**2


@pytest.mark.parametrize("name", ["vae", "gan", "diffusion"])
def test_activations_are_the_bytes_that_the_backward_pass_keeps(thesis_runs, name):
    run = thesis_runs[name]
    found = activation_bytes_per_image(run, FACES, 2, bf16=False)
    networks = models.build(run.network, FACES, 2, seed=0)
    weights = {w.untyped_storage().data_ptr() for w in networks.parameters()}
    batch = Batch(torch.rand(2, *FACES), torch.zeros(2, dtype=torch.long))
    most = 0
    for phase in objectives.phases(networks, run.objective):
        kept: dict[int, torch.UntypedStorage] = {}

        def note(tensor, kept=kept):
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            phase.loss(batch, phase.draw(batch, torch.Generator()))
        most = max(most, sum(s.nbytes() for pointer, s in kept.items() if pointer not in weights))
    assert found == pytest.approx(most / 2, rel=0.02)
    assert activation_bytes_per_image(run, FACES, 2, bf16=True) < found
    recomputed = run.model_copy(update={"recompute": True})
    assert activation_bytes_per_image(recomputed, FACES, 2, bf16=False) < 0.8 * found
