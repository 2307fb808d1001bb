"""Latent vector recovery (section 6.2 of the thesis): gradient descent on latents, the network frozen."""

from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from genrep.params.studies import SearchParams
from genrep.studies.abilities import Decoder


@dataclass(frozen=True)
class Searched:
    """The end of every search, N images with S starts each."""

    latents: Tensor  # (N, S, D)
    errors: Tensor  # (N, S) mean absolute error over the known pixels
    images: Tensor  # (N, S, C, H, W) in [0, 1]

    @property
    def best(self) -> Tensor:
        """(N,) the start that ended with the smallest error."""
        return self.errors.argmin(1)

    def chosen(self, values: Tensor) -> Tensor:
        """Of (N, S, ...) values those of the best start: (N, ...)."""
        return values[torch.arange(len(values), device=values.device), self.best]


def search(
    decoder: Decoder, targets: Tensor, starts: Tensor, params: SearchParams, known: Tensor | None = None
) -> Searched:
    """Descend from all starts of all images in one batch, on the mean absolute error of each.

    Adam changes every latent by its own gradients alone, so the searches do not disturb each other.

    Args:
        decoder: of the model.
        targets: (N, C, H, W) in [0, 1].
        starts: (N, S, D) latents to start from.
        params: the schedule; how many starts is said by ``starts``.
        known: (N, 1, H, W) bool, the pixels that count; None: all.
    """
    N, S, D = starts.shape
    z = starts.flatten(0, 1).clone().requires_grad_(True)  # (NS, D)
    wanted = targets.repeat_interleave(S, 0)  # (NS, C, H, W)
    weight = torch.ones_like(targets[:, :1]) if known is None else known.to(targets.dtype)
    weight = (weight / weight.mean(dim=(1, 2, 3), keepdim=True)).repeat_interleave(S, 0)
    optimizer = torch.optim.Adam([z], lr=params.lr)
    schedule = None
    if params.decay == "cosine":
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, params.steps)

    def errors(images: Tensor) -> Tensor:
        return ((images - wanted).abs() * weight).mean(dim=(1, 2, 3))

    for _ in tqdm(range(params.steps), desc="searching latents", unit="step", disable=None, leave=False):
        optimizer.zero_grad()
        errors(decoder.decode(z)).sum().backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()
    with torch.inference_mode():
        images = decoder.decode(z).clamp(0, 1)
        return Searched(z.detach().view(N, S, D), errors(images).view(N, S), images.view(N, S, *images.shape[1:]))


def drawn_starts(decoder: Decoder, images: int, params: SearchParams, generator: torch.Generator) -> Tensor:
    """Starts drawn as the model's samples are: (images, starts, D)."""
    return decoder.draw(images * params.starts, generator).view(images, params.starts, decoder.latent)
