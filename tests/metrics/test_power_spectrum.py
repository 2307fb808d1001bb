import numpy as np
import pytest
import torch

from genrep.errors import UserError
from genrep.metrics.power_spectrum import FLOOR, power_spectrum, spectrum_distance


def wave(frequency: int, side: int = 16) -> torch.Tensor:
    x = torch.arange(side) * (2 * np.pi * frequency / side)
    return (127.5 + 100 * x.cos()).round().to(torch.uint8).expand(1, 1, side, side)


@pytest.mark.parametrize("frequency", [1, 3, 7])
def test_a_wave_has_its_power_at_its_frequency(frequency):
    found = power_spectrum(wave(frequency))
    assert found.shape == (8,)
    assert found.argmax() == frequency - 1
    assert np.delete(found, frequency - 1).max() < found.max() - 5


def test_white_noise_is_flat_at_its_variance():
    noise = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    expected = np.log((256**2 - 1) / 12 / 255**2)
    assert np.allclose(power_spectrum(noise), expected, atol=0.1)


def test_parseval():
    """Power summed over all frequencies is the pixels' variance; rings of an 8x8 image by hand."""
    image = torch.randint(0, 256, (1, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    power = np.abs(np.fft.fft2(image[0, 0].numpy() / 255)) ** 2 / 64
    ring = [power[v % 8, u % 8] for v in range(-4, 4) for u in range(-4, 4) if round(np.hypot(u, v)) == 2]
    assert power_spectrum(image)[1] == pytest.approx(np.log(np.mean(ring)))


def test_batch_size_does_not_matter(real):
    assert np.allclose(power_spectrum(real, batch_size=7), power_spectrum(real), rtol=1e-12)


def test_blur_lowers_high_frequencies_and_grows_the_distance(real):
    pooled = torch.nn.functional.avg_pool2d(real.float(), 3, stride=1, padding=1).round().to(torch.uint8)
    sharp, blurred = power_spectrum(real), power_spectrum(pooled)
    assert (blurred[-5:] < sharp[-5:]).all()
    assert spectrum_distance(sharp, sharp) == 0
    assert spectrum_distance(sharp, blurred) == pytest.approx(np.sqrt(np.mean((sharp - blurred) ** 2)))


def test_nothing_below_rounding_counts():
    assert power_spectrum(wave(3)).min() >= np.log(FLOOR)


def test_constant_images_are_refused():
    with pytest.raises(UserError, match="all 4 images are constant"):
        power_spectrum(torch.full((4, 1, 8, 8), 9, dtype=torch.uint8))
    with pytest.raises(UserError, match="at least 1 image, got 0"):
        power_spectrum(torch.zeros((0, 1, 8, 8), dtype=torch.uint8))


def test_sizes_must_agree():
    with pytest.raises(UserError, match="images of two sizes: 8 and 16 radii"):
        spectrum_distance(np.zeros(8), np.zeros(16))
