"""Probes of networks whose answers are known."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import norm
from torch import nn

from genrep.data.arrays import ImageSet
from genrep.metrics.frechet import Gaussian
from genrep.metrics.native import NativeProtocol
from genrep.metrics.probes import decoded, encoded, probe
from genrep.metrics.probes.class_transitions import is_transition, representatives
from genrep.metrics.probes.latent_controls import agreement, colour, effect, tilt
from genrep.params import RunParams
from tests.stubs import Stub


class Halves(nn.Module):
    """Class 1 where the lower half is brighter than the upper one."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def embed(self, x: torch.Tensor) -> torch.Tensor:
        upper, lower = (half.flatten(1).mean(1) for half in x.chunk(2, dim=2))
        return (lower - upper)[:, None] * self.weight

    def head(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([-100 * x, 100 * x], dim=1)


@pytest.fixture
def run(smoke_runs) -> RunParams:
    return smoke_runs["vae-adam"]  # pixels in [0, 1]


@pytest.fixture
def images() -> ImageSet:
    """Ten training and ten test images of two classes: bright above, and bright below."""
    pixels = np.zeros((20, 8, 8, 1), np.uint8)
    pixels[::2, :4] = 200
    pixels[1::2, 4:] = 200
    pixels += np.arange(20, dtype=np.uint8)[:, None, None, None]
    card = {"classes": 2, "counts": {"train": 10, "test": 10}}
    return ImageSet(pixels, np.arange(20) % 2, card)


@pytest.fixture
def protocol(images) -> NativeProtocol:
    return NativeProtocol(Halves(), "f" * 64, Gaussian(np.zeros(1), np.eye(1)), 0.9, 0, images)


def network(function, **attributes: Any) -> Stub:
    return Stub(function, to_pixels=lambda x: x, **attributes)


def halves(upper: torch.Tensor, lower: torch.Tensor, channels: int = 1) -> torch.Tensor:
    """(B,) brightnesses -> (B, C, 8, 8)."""
    rows = torch.stack([upper] * 4 + [lower] * 4, dim=1)
    return rows[:, None, :, None].expand(-1, channels, 8, 8).clamp(0, 1)


def test_tilt_is_zero_upright_and_signed_otherwise():
    upright, right = np.zeros((2, 1, 1, 15, 15), np.uint8)
    upright[..., 7] = 255
    right[0, 0] = 255 * np.eye(15, dtype=np.uint8)
    left = right[..., ::-1]
    found = tilt(torch.from_numpy(np.concatenate([upright, right, left, 0 * upright])))
    assert found == pytest.approx([0, 0.5, -0.5, 0])


def test_colour_is_red_less_blue_or_brightness():
    image = torch.zeros(1, 3, 4, 4, dtype=torch.uint8)
    image[0, 0] = 90
    image[0, 2] = 30
    assert colour(image) == pytest.approx([60])
    assert colour(image[:, :1]) == pytest.approx([90])


def test_agreement_is_with_the_majority():
    low, high = np.zeros((3, 10)), np.array([[1] * 10, [-1] * 9 + [1], [1, -1] * 5])
    assert agreement(low, high) == pytest.approx([1.0, 0.9, 0.5])


def test_effect_is_the_mean_change_over_the_spread_of_samples():
    samples = np.array([1.0, 3.0])
    low, high = np.zeros((3, 2)), np.array([[2.0, 2.0], [-1.0, 0.0], [3.0, -3.0]])
    assert effect(low, high, samples) == pytest.approx([2.0, 0.5, 0.0])
    assert effect(low, low, np.ones(2)) == pytest.approx([0, 0, 0])


def test_an_input_that_moves_the_colour_the_same_way_but_a_little_does_not_control_it(run, protocol, images, cpu):
    def draw(w, z):
        level = 0.5 + 0.1 * z[:, 0] + 0.01 * z[:, 1]
        return halves(level, level) * w

    networks = nn.ModuleDict({"generator": network(draw, latent=2)})
    metrics, kept = probe("latent_controls", networks, run, protocol, images, cpu)
    assert {m["name"]: m["value"] for m in metrics}["controls_colour"] == 1
    assert np.ptp(kept["controls"][1]) > 80  # the strip runs through the one that does


def test_an_input_that_sets_the_colour_is_found(run, protocol, images, cpu):
    def draw(w, z):
        red = halves(0.5 + 0.1 * z[:, 2], 0.5 + 0.1 * z[:, 2])
        rest = halves(0.5 + 0.05 * z[:, 0] * z[:, 1], 0.5 - 0.05 * z[:, 0] * z[:, 1], channels=2)
        return torch.cat([red, rest], dim=1) * w

    networks = nn.ModuleDict({"generator": network(draw, latent=4)})
    metrics, kept = probe("latent_controls", networks, run, protocol, images, cpu)
    found = {m["name"]: m["value"] for m in metrics}
    assert found["controls_colour"] == 1
    assert found["controls_sharpness"] == 0
    assert {m["n"] for m in metrics} == {None}
    assert kept["controls"].shape == (3, 7, 3, 8, 8)
    red = kept["controls"][1, :, 0].mean((1, 2))
    assert (np.diff(red) > 0).all()  # the strip runs through the third input
    again = probe("latent_controls", networks, run, protocol, images, cpu)[1]
    assert np.array_equal(again["controls"], kept["controls"])


def test_probes_pass_by_what_they_are_not_about(run, protocol, images, cpu):
    gan = nn.ModuleDict({"generator": network(lambda w, z: z, latent=2)})
    encoder = Stub(lambda w, x: (x.flatten(1)[:, :3],) * 2)
    vae = nn.ModuleDict({"encoder": encoder, "decoder": network(lambda w, z: z, latent=3)})
    told = nn.ModuleDict({"encoder": encoder, "decoder": network(lambda w, z, c: z, latent=3, conditional=True)})
    assert probe("latent_controls", vae, run, protocol, images, cpu) == ([], {})
    assert probe("class_transitions", gan, run, protocol, images, cpu) == ([], {})
    assert probe("class_transitions", told, run, protocol, images, cpu) == ([], {})
    assert probe("latent_plane", gan, run, protocol, images, cpu) == ([], {})
    assert probe("latent_plane", vae, run, protocol, images, cpu) == ([], {})


def autoencoder(gain: float) -> nn.ModuleDict:
    """The latent is the brightness of both halves; the larger the gain, the more abrupt is the decoder."""

    def encode(w, x):
        upper, lower = (half.flatten(1).mean(1) for half in x.chunk(2, dim=2))
        return torch.stack([upper, lower], 1) * w, torch.zeros(len(x), 2)

    def decode(w, z):
        difference = gain * (z[:, 1] - z[:, 0]) * w
        return halves(torch.sigmoid(-difference), torch.sigmoid(difference))

    return nn.ModuleDict({"encoder": Stub(encode), "decoder": network(decode, latent=2)})


def test_a_smooth_way_between_two_classes_is_a_transition(run, protocol, images, cpu):
    metrics, kept = probe("class_transitions", autoencoder(4.0), run, protocol, images, cpu)
    assert [(m["name"], m["value"]) for m in metrics] == [("transition_share", 1.0)]
    assert kept["transitions"].shape == (1, 11, 1, 8, 8)
    assert kept["transition_classes"].tolist() == [[0, 1]]
    closed = run.model_copy(update={"data": run.data.model_copy(update={"set": "char74k-fnt-28-34"})})
    assert probe("class_transitions", autoencoder(4.0), closed, protocol, images, cpu) == (metrics, {})
    metrics, _ = probe("class_transitions", autoencoder(500.0), run, protocol, images, cpu)
    assert metrics[0]["value"] == 0.0  # it flips in the middle


@pytest.mark.parametrize(
    ("ones", "steps", "expected"),
    [
        ([0, 0.3, 0.7, 1], [1, 1, 1], True),
        ([0, 0, 1, 1], [1, 1, 1], False),  # nothing lies between the two classes
        ([0, 0.05, 0.88, 1], [1, 1, 1], True),
        ([0, 0.3, 0.7, 1], [1, 2, 1], False),  # half of the way at once
        ([1, 0.3, 0.7, 1], [1, 1, 1], False),  # it begins elsewhere
        ([0, 0.3, 0.7, 0], [1, 1, 1], False),
    ],
)
def test_what_counts_as_a_transition(ones, steps, expected):
    images = np.cumsum([0, *steps])[:, None, None, None] * np.ones((1, 1, 2, 2))
    probabilities = np.stack([1 - np.array(ones), ones], axis=1)
    assert is_transition(probabilities, images, (0, 1), 0.9) == expected
    assert not is_transition(probabilities, np.zeros((4, 1, 2, 2)), (0, 1), 0.9)


def test_a_form_between_two_classes_may_be_of_a_third():
    images = np.arange(4)[:, None, None, None] * np.ones((1, 1, 2, 2))
    assert is_transition(np.eye(3)[[0, 2, 1, 1]], images, (0, 1), 0.9)


def test_representatives_are_points_of_their_class_in_its_middle():
    latents = torch.tensor([[0.0, 0], [1, 0], [5, 0], [9, 9], [9, 7], [9, 8]])
    found = representatives(latents, torch.tensor([4, 4, 4, 2, 2, 2]))
    assert {label: point.tolist() for label, point in found.items()} == {2: [9, 8], 4: [1, 0]}


def test_the_plane_runs_right_and_up_at_quantiles(run, protocol, images, cpu):
    def cdf(x):
        return torch.from_numpy(norm.cdf(x.detach().numpy())).float()

    decoder = network(lambda w, z: halves(cdf(z[:, 0]), cdf(z[:, 1])) * w, latent=2)
    networks = nn.ModuleDict({"encoder": autoencoder(1.0)["encoder"], "decoder": decoder})
    metrics, kept = probe("latent_plane", networks, run, protocol, images, cpu)
    assert metrics == []
    plane = kept["plane"][:, :, 0, :, 0][..., [0, -1]] / 255  # (up, right, half)
    assert plane[-1, :, 0] == pytest.approx(np.linspace(0.02, 0.98, 15), abs=0.01)
    assert plane[::-1, 0, 1] == pytest.approx(np.linspace(0.02, 0.98, 15), abs=0.01)
    assert kept["latents"].shape == (10, 2)
    assert kept["latent_classes"].tolist() == [0, 1] * 5


def test_images_are_encoded_in_the_range_of_the_run(run, images, cpu):
    signed = run.model_copy(update={"data": run.data.model_copy(update={"range": (-1.0, 1.0)})})
    encoder = Stub(lambda w, x: (x.flatten(1)[:, :1], None))
    for params, low in ((run, 0.0), (signed, -1.0)):
        z, labels = encoded(encoder, params, images, 3, cpu)
        assert z[0].item() == pytest.approx(low + (1 - low) * (200 + 10) / 255)
        assert labels.tolist() == [0, 0, 1]  # of the held-out images, the first, the middle and the last


def test_only_a_conditional_decoder_hears_labels(run):
    z, labels = torch.zeros(3, 2), torch.tensor([0, 1, 1])
    told = network(lambda w, z, c: c[:, None, None, None] * torch.ones(3, 1, 2, 2), latent=2, conditional=True)
    assert decoded(told, run, z, labels)[:, 0, 0, 0].tolist() == [0, 255, 255]
