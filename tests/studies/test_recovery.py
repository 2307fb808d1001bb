"""Recovery and encoding by linear models, whose errors are known."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from genrep.data.arrays import ImageSet
from genrep.errors import UserError
from genrep.studies import encode_decode, recovery
from genrep.studies.abilities import LacksAbility
from tests.studies.conftest import linear_decoder, linear_encoder, value, values

SEARCH = {"starts": 2, "steps": 300, "lr": 0.05, "decay": "cosine"}


def quarters(images: torch.Tensor) -> list[torch.Tensor]:
    return [images[:, :, 8 * (k // 2) : 8 * (k // 2) + 8, 8 * (k % 2) : 8 * (k % 2) + 8] for k in range(4)]


def test_recovered_error_is_that_of_the_medians(make_subject, blocks, grey):
    subject = make_subject(linear_decoder(blocks, grey), search=SEARCH, recovery={})
    found = recovery.study(subject, subject.params.recovery)
    images = subject.pixels(subject.held_out())
    parts = quarters(images)
    errors = sum(
        (part - part.flatten(1).median(1).values[:, None, None, None]).abs().mean(dim=(1, 2, 3)) for part in parts
    )
    assert values(found, "recovery_mae") == pytest.approx((errors / 4).numpy(), abs=5e-4)
    assert value(found, "recovery_relative") == pytest.approx(
        (values(found, "recovery_mae") / subject.baseline(images)).mean(), rel=1e-3
    )
    entry = next(m for m in found.metrics if m["name"] == "recovery_mae")
    assert entry["id"] == "recovery_mae/n=4/mae/starts=2,steps=300,adam=0.05,cosine"
    assert entry["ci_low"] < entry["value"] < entry["ci_high"]
    tiles = found.tiles["recovered"]
    assert tiles.images.shape == (4, 2, 3, 16, 16)
    assert tiles.real.all()
    assert np.array_equal(tiles.images[:, 0], (images * 255).round().byte().numpy())


def test_decoded_error_is_that_of_the_means(make_subject, blocks, grey):
    subject = make_subject(linear_decoder(blocks, grey), linear_encoder(blocks, grey), encode_decode={})
    found = encode_decode.study(subject, subject.params.encode_decode)
    images = subject.pixels(subject.held_out())
    errors = sum((part - part.mean(dim=(1, 2, 3), keepdim=True)).abs().mean(dim=(1, 2, 3)) for part in quarters(images))
    assert values(found, "encode_decode_mae") == pytest.approx((errors / 4).numpy(), abs=1e-5)


def test_baseline_is_the_nearest_training_image(make_subject, faces):
    subject = make_subject()
    images = subject.pixels(subject.held_out())
    training = faces.images[:60].astype(float)
    pixels = (images * 255).permute(0, 2, 3, 1).numpy()
    distances = ((pixels[:, None] - training) ** 2).sum(axis=(2, 3, 4))
    expected = np.abs(pixels - training[distances.argmin(1)]).mean(axis=(1, 2, 3)) / 255
    assert subject.baseline(images) == pytest.approx(expected, rel=1e-5)


def test_what_a_model_lacks_is_one_sentence(make_subject, blocks, grey):
    subject = make_subject(linear_decoder(blocks, grey))
    subject.model.require("decoder")
    for need, sentence in (
        ("encoder", "model has no encoder: it cannot turn an image into a latent vector"),
        ("denoiser", "model has no denoiser: it cannot take noise out of an image"),
    ):
        with pytest.raises(LacksAbility) as error:
            subject.model.require("decoder", need)
        assert str(error.value) == sentence
    with pytest.raises(LacksAbility, match="model has no decoder: no latent vector stands for its image"):
        make_subject().model.require("decoder")


def test_images_of_another_size_are_named(make_subject, faces):
    subject = make_subject()
    larger = ImageSet(np.zeros((80, 32, 32, 3), np.uint8), faces.labels, faces.card)
    with pytest.raises(UserError, match="images of faces-32 are 3x32x32, model was trained on 3x16x16"):
        replace(subject, images=larger)
    with pytest.raises(UserError, match=r"studies\.images: 21 are asked for, faces-32 has 20 test images; ask"):
        subject.held_out(21)


def test_held_out_images_are_the_same_for_all_and_of_the_test_split(make_subject, blocks, grey):
    one, other = make_subject(), make_subject(linear_decoder(blocks, grey))
    rows = one.held_out()
    assert np.array_equal(rows, other.held_out())
    assert np.array_equal(rows, one.held_out(10)[:4])
    assert (rows >= 60).all()
    assert len(set(one.held_out(20))) == 20
