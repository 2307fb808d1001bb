"""The studies of one figure and a few lines: forward diffusion, the embedding of time, the effort."""

import numpy as np
import pytest
import torch

from genrep.studies import effort, embedding, forward
from genrep.studies.effort import modules_of, statements
from genrep.studies.found import over, single
from tests.studies.conftest import gaussian_denoiser, value


def test_forward_process_ends_in_noise(make_subject):
    subject = make_subject(denoiser=gaussian_denoiser(0.0, 0.5), forward={"moments": 4})
    found = forward.study(subject, subject.params.forward)
    signal = subject.model.denoiser.process.alpha_bar[-1].item()
    images = subject.model.denoiser.inside(subject.pixels(subject.held_out())).flatten(1)
    expected = (signal * images.var(1) + 1 - signal).sqrt().mean().item()
    assert value(found, "forward_sd") == pytest.approx(expected, abs=0.02)
    correlation = (signal**0.5 * images.std(1) / (signal * images.var(1) + 1 - signal).sqrt()).mean().item()
    assert value(found, "forward_correlation") == pytest.approx(correlation, abs=0.05)
    strip = found.tiles["strip"]
    assert strip.columns == ["t = 0", "t = 10", "t = 20", "t = 30"]
    assert np.array_equal(strip.images[:, 0], (subject.pixels(subject.held_out())[:2] * 255).round().byte().numpy())


def test_data_are_training_images(make_subject, faces):
    subject = make_subject(denoiser=gaussian_denoiser(0.0, 0.5), forward={"moments": 4})
    tiles = forward.study(subject, subject.params.forward).tiles["data"]
    assert tiles.images.shape == (4, 10, 3, 16, 16)
    assert tiles.real.all()
    training = {image.tobytes() for image in faces.images[:60].transpose(0, 3, 1, 2).copy()}
    assert {image.tobytes() for image in tiles.images.reshape(40, 3, 16, 16)} <= training


def test_embedding_has_its_closed_form(make_subject):
    subject = make_subject(denoiser=gaussian_denoiser(0.0, 0.5), embedding={"steps": 20, "dimensions": 8})
    found = embedding.study(subject, subject.params.embedding)
    matrix = found.arrays["matrix"]
    t, rates = np.arange(20)[:, None], 10_000.0 ** (-np.arange(0, 8, 2) / 8)
    assert matrix[:, ::2] == pytest.approx(np.sin(t * rates), abs=1e-5)
    assert matrix[:, 1::2] == pytest.approx(np.cos(t * rates), abs=1e-5)
    # rows are points on circles, so neighbours are equally far apart wherever they are
    step = np.sqrt((2 - 2 * np.cos(rates)).sum())
    assert value(found, "embedding_step") == pytest.approx(step, rel=1e-5)
    far = np.linalg.norm(matrix[:, None] - matrix, axis=2) + np.diag([np.inf] * 20)
    assert value(found, "embedding_apart") == pytest.approx(far.min(1).mean(), rel=1e-5)


def test_effort_counts_what_a_run_uses(make_subject, smoke_runs):
    subject = make_subject()
    found = effort.study(subject, subject.params.effort)
    modules = modules_of(subject.run)
    assert {"genrep.models.mlp_gan", "genrep.objectives.gan", "genrep.sampling.latent_prior"} <= set(modules)
    assert not any(name.startswith(("genrep.data", "genrep.models.conv")) for name in modules)
    assert value(found, "statements") == sum(map(statements, modules)) > 50
    assert "genrep.models.context_unet" in modules_of(smoke_runs["diffusion-adam"])


def test_means_and_their_intervals():
    values = np.array([1.0, 2.0, 4.0])
    found = over("error", torch.from_numpy(values), "mae", "t=3")
    assert found["id"] == "error/n=3/mae/t=3"
    assert found["value"] == pytest.approx(7 / 3, rel=1e-5)
    assert found["ci_high"] - found["value"] == pytest.approx(4.30265 * values.std(ddof=1) / 3**0.5, rel=1e-4)
    assert found["values"] == [1, 2, 4]
    assert over("error", values, n=99, paired=False) == found | {
        "id": "error/n=99",
        "n": 99,
        "values": None,
    }
    assert over("error", values[:1])["ci_low"] is None
    assert single("seconds", 1.5)["ci_high"] is None
