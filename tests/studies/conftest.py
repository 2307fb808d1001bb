"""Models whose abilities have closed forms, and drawn faces to study them on."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from genrep.data.arrays import ImageSet, identity
from genrep.data.standins import generate
from genrep.objectives.diffusion import Diffusion
from genrep.params.studies import StudiesParams
from genrep.params.training import DiffusionObjectiveParams, RunParams
from genrep.studies.abilities import Decoder, Denoiser, Encoder, Model
from genrep.studies.spaces import Space
from genrep.studies.subject import Subject

SIDE, COUNT = 16, 80
SHAPE = (3, SIDE, SIDE)
CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def faces() -> ImageSet:
    """Drawn faces of 16x16 with attributes and masks; 60 to learn from, 20 held out."""
    drawn = generate("faces", COUNT, SIDE, 0)
    attributes = np.stack(list(drawn.attributes.values()), axis=1)
    masks = np.stack(list(drawn.masks.values()), axis=1)
    labels = drawn.attributes["Male"].astype("int64")
    card = {
        "name": "faces-32",  # whose images may be shown
        "classes": 2,
        "counts": {"train": COUNT - 20, "test": 20},
        "share_of_official": 1,
        "deviations": [],
        "attributes": list(drawn.attributes),
        "masks": list(drawn.masks),
        "identity": identity(drawn.images, labels, attributes, masks),
    }
    return ImageSet(drawn.images, labels, card, attributes, masks)


def flat_space(name: str = "features") -> Space:
    """Pixels as features."""
    return Space(name, "flat", lambda images: images.reshape(len(images), -1).astype(np.float32))


def linear_decoder(matrix: Tensor, base: Tensor) -> Decoder:
    """base + z A with A (D, C*H*W) and z from N(0, I)."""

    def draw(count: int, generator: torch.Generator) -> Tensor:
        return torch.randn(count, len(matrix), generator=generator)

    def decode(z: Tensor) -> Tensor:
        return (base.flatten() + z @ matrix).view(len(z), *base.shape)

    return Decoder(len(matrix), draw, decode)


def linear_encoder(matrix: Tensor, base: Tensor, deviation: float = 0.1) -> Encoder:
    """The decoder's inverse, of constant deviation; A has orthogonal rows."""
    inverse = matrix.T / matrix.square().sum(1)

    def encode(images: Tensor) -> tuple[Tensor, Tensor]:
        means = (images.flatten(1) - base.flatten()) @ inverse
        return means, torch.full_like(means, deviation)

    return Encoder(encode)


def gaussian_denoiser(
    mean: float, sd: float, steps: int = 30, beta: tuple[float, float] = (1e-3, 0.3), told: list[Any] | None = None
) -> Denoiser:
    """The best denoiser of pixels from N(mean, sd^2), in the range [-1, 1]; ``told`` gets (images, t) of each call."""
    process = Diffusion.linear(
        DiffusionObjectiveParams(kind="diffusion", steps=steps, beta=beta, class_dropout=0.0), CPU
    )

    def predict(x: Tensor, t: int) -> Tensor:
        if told is not None:
            told.append((len(x), t))
        signal = process.alpha_bar[t - 1]
        return (1 - signal).sqrt() * (x - signal.sqrt() * mean) / (signal * sd**2 + 1 - signal)

    return Denoiser(process, predict, (-1.0, 1.0))


@pytest.fixture
def blocks() -> Tensor:
    """A (4, 3*16*16) with orthogonal rows: each latent lifts one quarter of the image, in all channels."""
    quarters = torch.zeros(4, *SHAPE)
    for k in range(4):
        quarters[k, :, 8 * (k // 2) : 8 * (k // 2) + 8, 8 * (k % 2) : 8 * (k % 2) + 8] = 1
    return quarters.flatten(1)


@pytest.fixture
def grey() -> Tensor:
    return torch.full(SHAPE, 0.5)


MakeSubject = Callable[..., Subject]


@pytest.fixture
def make_subject(faces: ImageSet, smoke_runs: dict[str, RunParams]) -> MakeSubject:
    """``make_subject(decoder=..., params...)``: a subject with the given abilities on the drawn faces."""

    def make(
        decoder: Decoder | None = None,
        encoder: Encoder | None = None,
        denoiser: Denoiser | None = None,
        sample: Any = None,
        data: ImageSet = faces,
        **params: Any,
    ) -> Subject:
        def noise(count: int, generator: torch.Generator) -> Tensor:
            return torch.randint(0, 256, (count, *data.shape), generator=generator).byte()

        model = Model("model", data.shape, CPU, sample or noise, decoder, encoder, denoiser)
        asked = {"runs": ["model"], "images": 4, "seed": 0, "batch_size": 16, "effort": {}} | params
        return Subject(model, "model", smoke_runs["gan-adam"], data, StudiesParams.model_validate(asked), flat_space())

    return make


def value(found: Any, name: str, n: int | None = None) -> float:
    """The value of one metric."""
    entries = [m for m in found.metrics if m["name"] == name and n in (None, m["n"])]
    assert len(entries) == 1, [m["name"] for m in found.metrics]
    return entries[0]["value"]


def values(found: Any, name: str) -> np.ndarray:
    return np.array(next(m["values"] for m in found.metrics if m["name"] == name))
