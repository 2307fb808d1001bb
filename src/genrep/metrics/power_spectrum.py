"""Radial power spectrum: how much detail images have at each spatial frequency (Durall et al., 2020)."""

import numpy as np
import torch
from torch import Tensor

from genrep.errors import UserError

# Rounding to 8 bits adds white noise of this power per pixel; nothing below it is in an image.
FLOOR = 1 / (12 * 255**2)


def ring_powers(images: Tensor, batch_size: int = 500) -> np.ndarray:
    """(N, C, H, W) uint8 -> (N, K) mean power of each image at radius 1 to K = min(H, W) // 2.

        P(u, v) = |FFT2(x)(u, v)|^2 / (H W),  x in [0, 1],  averaged over channels and the ring round(|(u, v)|) = k

    Radii are in cycles per min(H, W) pixels. Brightness (k = 0) is left out.
    """
    H, W = images.shape[2:]
    size = min(H, W)
    radius = np.rint(np.hypot(np.fft.fftfreq(H)[:, None], np.fft.fftfreq(W)[None]) * size).astype(int)
    rings = [torch.from_numpy(np.flatnonzero(radius == k)) for k in range(1, size // 2 + 1)]
    found = []
    for part in images.split(batch_size):
        power = torch.fft.fft2(part.double().cpu() / 255).abs().square().mean(dim=1).flatten(1) / (H * W)
        found.append(torch.stack([power[:, ring].mean(1) for ring in rings], dim=1))
    return torch.cat(found).numpy()


def power_spectrum(images: Tensor, batch_size: int = 500) -> np.ndarray:
    """(N, C, H, W) uint8 -> (K,) natural logarithm of the mean power over images at radius 1 to K = min(H, W) // 2.

    Raises:
        UserError: no images, or every image is constant.
    """
    if len(images) == 0:
        raise UserError("a power spectrum needs at least 1 image, got 0")
    rings = ring_powers(images, batch_size).mean(0)
    if not (rings > FLOOR).any():
        raise UserError(f"all {len(images)} images are constant: they have no power spectrum")
    return np.log(np.maximum(rings, FLOOR))


def spectrum_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Root mean square difference of two (K,) log spectra, in nats; 0 for equal ones.

    Raises:
        UserError: of images of different sizes.
    """
    if a.shape != b.shape:
        raise UserError(f"power spectra of images of two sizes: {len(a)} and {len(b)} radii")
    return float(np.sqrt(np.square(a - b).mean()))
