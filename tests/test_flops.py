"""Counted operations against counts by hand, in multiply-adds (two operations each)."""

import pytest

from genrep.flops import sampling_flops_per_image, training_flops_per_image

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
