"""Resizing is clean-fid's and torch-fidelity's, pixel by pixel."""

import numpy as np
import pytest
import torch

from genrep.metrics.resize import SIZE, to_299
from tests.metrics.random_inception import random_images

pytest.importorskip("torch_fidelity")


@pytest.fixture(params=[(28, 28), (64, 48), (299, 299), (400, 350)], ids=lambda sides: f"{sides[0]}x{sides[1]}")
def images(request) -> torch.Tensor:
    height, width = request.param
    noise = torch.randint(0, 256, (2, 3, height, width), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    noise[1] = random_images(1, 3, max(height, width), seed=0)[0, :, :height, :width]
    return noise


def resized_by_clean_fid(images: torch.Tensor, library: str, quantise: bool) -> np.ndarray:
    import genrep.compat  # noqa: F401

    resize = pytest.importorskip("cleanfid.resize")
    change = resize.make_resizer(library, quantise, {"PIL": "bicubic", "PyTorch": "bilinear"}[library], (SIZE, SIZE))
    return np.stack([change(image).astype(np.float32) for image in images.permute(0, 2, 3, 1).numpy()]).transpose(
        0, 3, 1, 2
    )


@pytest.mark.parametrize(("resize", "library"), [("clean", "PIL"), ("legacy_pytorch", "PyTorch")])
def test_clean_fid_agrees(images, resize, library):
    assert np.abs(to_299(images, resize).numpy() - resized_by_clean_fid(images, library, False)).max() < 2e-4


@pytest.mark.parametrize(("resize", "library"), [("clean", "PIL"), ("legacy_pytorch", "PyTorch")])
def test_clean_fid_agrees_on_whole_numbers(images, resize, library):
    assert np.array_equal(to_299(images, resize, quantise=True).numpy(), resized_by_clean_fid(images, library, True))


def test_torch_fidelity_agrees(images):
    from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

    expected = interpolate_bilinear_2d_like_tensorflow1x(images.float(), size=(SIZE, SIZE), align_corners=False)
    assert (to_299(images, "legacy_tensorflow") - expected).abs().max() < 2e-4


@pytest.mark.parametrize("quantise", [False, True])
@pytest.mark.parametrize("resize", ["clean", "legacy_pytorch", "legacy_tensorflow"])
def test_range_and_type(images, resize, quantise):
    resized = to_299(images, resize, quantise)
    assert resized.shape == (2, 3, SIZE, SIZE)
    assert resized.dtype == torch.float32
    assert resized.min() >= 0
    assert resized.max() <= 255
    assert not quantise or (resized == resized.round()).all()
