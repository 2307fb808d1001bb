"""What a trained model can do, as the studies see it.

Images are (N, C, H, W) float with 0 black and 1 white, whatever range a model was trained in; a network may leave that
range a little. Latents are (N, D) float. Everything lives on the model's device.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from genrep.errors import UserError
from genrep.objectives.diffusion import Diffusion

Draw = Callable[[int, torch.Generator], Tensor]


class NotPossible(UserError):
    """A study cannot be done with this model, and why, in one sentence; that is a result, and no mistake."""


class LacksAbility(NotPossible):
    """A study asks for what a model cannot do."""


@dataclass(frozen=True)
class Decoder:
    """A latent becomes an image."""

    latent: int  # D
    draw: Draw  # latents of the model's samples: (count, D)
    decode: Callable[[Tensor], Tensor]  # (N, D) -> (N, C, H, W), differentiable

    def images(self, z: Tensor, batch_size: int) -> Tensor:
        """Decode (N, D) in parts, without a gradient, cut to [0, 1]."""
        with torch.inference_mode():
            return torch.cat([self.decode(part).clamp(0, 1) for part in z.split(batch_size)])


@dataclass(frozen=True)
class Encoder:
    """An image becomes a normal distribution of latents."""

    encode: Callable[[Tensor], tuple[Tensor, Tensor]]  # (N, C, H, W) -> means and standard deviations, (N, D) each

    def latents(self, images: Tensor, batch_size: int) -> tuple[Tensor, Tensor]:
        """Encode in parts, without a gradient: means and standard deviations."""
        with torch.inference_mode():
            means, deviations = zip(*(self.encode(part) for part in images.split(batch_size)), strict=True)
        return torch.cat(means), torch.cat(deviations)


@dataclass(frozen=True)
class Denoiser:
    """Noise is added to an image, and taken away again step by step (Ho et al., 2020)."""

    process: Diffusion
    predict: Callable[[Tensor, int], Tensor]  # x_t (N, C, H, W) at step t of 1..T -> the noise in it
    value_range: tuple[float, float]  # of the images that x_t is made of
    clip: bool = False  # what the prediction says of x_0 is kept within that range
    variance: Literal["beta", "posterior"] = "beta"  # of a reverse step

    def inside(self, images: Tensor) -> Tensor:
        """Images in the range of the process."""
        low, high = self.value_range
        return images * (high - low) + low

    def outside(self, x: Tensor) -> Tensor:
        """x_0 as images, cut to [0, 1]."""
        low, high = self.value_range
        return ((x - low) / (high - low)).clamp(0, 1)

    def noised(self, x: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        """A draw from q(x_t | x_0), equation 5.5: t (N,) in 0..T, where 0 leaves an image as it is."""
        noisy = self.process.noised(x, t.clamp(min=1), eps)
        return torch.where((t > 0)[:, None, None, None], noisy, x)

    def check(self, depths: tuple[int, ...], study: str) -> None:
        """Refuse what lies beyond the last step.

        Raises:
            UserError: a depth over T, or below 0.
        """
        for depth in depths:
            if not 0 <= depth <= self.process.steps:
                steps = f"this model was trained with {self.process.steps}"
                raise UserError(f"studies.{study}.depths: {depth} steps of noise; {steps}")


@dataclass(frozen=True)
class Model:
    """A trained model: what it can do, and its samples."""

    name: str  # of the run
    shape: tuple[int, int, int]  # C, H, W
    device: torch.device
    sample: Draw  # (count, C, H, W) uint8 on the CPU
    decoder: Decoder | None = None
    encoder: Encoder | None = None
    denoiser: Denoiser | None = None
    sampler: str = ""  # that draws the samples, for ids
    lacks: str = ""  # why there is no ability where one would expect it

    def require(self, *needs: str) -> None:
        """Refuse a study that the model has no ability for.

        Raises:
            LacksAbility: it says which.
        """
        for need in needs:
            if getattr(self, need) is None:
                raise LacksAbility(f"{self.name} {MISSING[need]}{f': {self.lacks}' if self.lacks else ''}")


MISSING = {
    "decoder": "has no decoder: no latent vector stands for its image",
    "encoder": "has no encoder: it cannot turn an image into a latent vector",
    "denoiser": "has no denoiser: it cannot take noise out of an image",
}
