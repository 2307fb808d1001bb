"""The reverse process on a batch whose images start at different depths: what every study of a diffusion model runs."""

from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from genrep.studies.abilities import Denoiser


@dataclass(frozen=True)
class Known:
    """Pixels that the process must keep: they are replaced, at each step, by the image noised to that step."""

    images: Tensor  # (N, C, H, W) in [0, 1]
    mask: Tensor  # (N, 1, H, W) bool, True where the image is kept

    def rows(self, index: Tensor) -> "Known":
        return Known(self.images[index], self.mask[index])


@torch.inference_mode()
def denoise(
    denoiser: Denoiser,
    x: Tensor,
    depths: Tensor,
    generator: torch.Generator,
    batch_size: int,
    known: Known | None = None,
) -> Tensor:
    """Ancestral sampling (Ho et al., 2020, algorithm 2) of each image from its own depth down to 0.

    Deep images go first, and others join them at their depth: one pass of the network serves all that are on their way.

    Args:
        denoiser: of the model.
        x: (N, C, H, W) x_t of each image at its depth.
        depths: (N,) int64 in 0..T; 0 leaves an image as it is.
        generator: of the noise, on the images' device.
        batch_size: images that are on their way at once.
        known: pixels to keep on the way. They are not put back at the end, so that one sees what the model makes of
            them; ``pasted`` does that.

    Returns:
        (N, C, H, W) images in [0, 1].
    """
    depths = depths.to(x.device)
    order = depths.argsort(descending=True, stable=True)
    result = torch.empty_like(x)
    parts = order.split(batch_size)
    total = sum(int(depths[part].max()) for part in parts)
    with tqdm(total=total, desc="denoising", unit="step", disable=None, leave=False) as bar:
        for part in parts:
            kept = None if known is None else known.rows(part)
            result[part] = _descend(denoiser, x[part], depths[part], generator, kept, bar)
    return denoiser.outside(result)


def _descend(
    denoiser: Denoiser, x: Tensor, depths: Tensor, generator: torch.Generator, known: Known | None, bar: tqdm
) -> Tensor:
    """One batch, deepest images first."""
    x = x.clone()
    kept = None if known is None else denoiser.inside(known.images)
    for t in range(int(depths[0]), 0, -1):
        going = int((depths >= t).sum())  # the first so many
        x[:going] = step(denoiser, x[:going], t, generator)
        if known is not None and kept is not None and t > 1:
            eps = torch.randn(x[:going].shape, generator=generator, device=x.device)
            noisy = denoiser.noised(kept[:going], torch.full((going,), t - 1, device=x.device), eps)
            x[:going] = torch.where(known.mask[:going], noisy, x[:going])
        bar.update()
    return x


def step(denoiser: Denoiser, x: Tensor, t: int, generator: torch.Generator) -> Tensor:
    """x_{t-1} from x_t (N, C, H, W), as genrep.sampling.ancestral takes it; without noise at t = 1."""
    process, eps = denoiser.process, denoiser.predict(x, t)
    if denoiser.clip:
        mean = process.posterior_mean(process.image(x, eps, t).clamp(*denoiser.value_range), x, t)
    else:
        mean = process.reverse_mean(x, eps, t)
    if t == 1:
        return mean
    variance = process.posterior_variance(t) if denoiser.variance == "posterior" else float(process.beta[t - 1])
    return mean + variance**0.5 * torch.randn(x.shape, generator=generator, device=x.device)


@torch.inference_mode()
def noise_and_denoise(
    denoiser: Denoiser,
    images: Tensor,
    depths: Tensor,
    generator: torch.Generator,
    batch_size: int,
    known: Tensor | None = None,
) -> Tensor:
    """Noise images to a depth each, and take the noise away again.

    Args:
        denoiser: of the model.
        images: (N, C, H, W) in [0, 1].
        depths: (N,) int64 in 0..T.
        generator: of all noise, on the images' device.
        batch_size: images that are on their way at once.
        known: (N, 1, H, W) bool, pixels that stay as they are.

    Returns:
        (N, C, H, W) images in [0, 1].
    """
    eps = torch.randn(images.shape, generator=generator, device=images.device)
    noisy = denoiser.noised(denoiser.inside(images), depths.to(images.device), eps)
    if known is None:
        return denoise(denoiser, noisy, depths, generator, batch_size)
    kept = Known(images, known)
    return pasted(kept, denoise(denoiser, noisy, depths, generator, batch_size, kept))


def pasted(known: Known, images: Tensor) -> Tensor:
    """Images (N, C, H, W) with the known pixels put back."""
    return torch.where(known.mask, known.images, images)
