"""Samplers that walk from noise to an image, and strips that show the walk and the way there."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from genrep.data.arrays import ImageSet
from genrep.objectives.diffusion import Diffusion
from genrep.params.training import DiffusionObjectiveParams, RunParams
from genrep.rng import generator as seeded

STRIP = 12  # moments of a strip

Shape = tuple[int, int, int]  # C, H, W
Trajectory = Callable[[nn.ModuleDict, RunParams, Tensor, Shape, torch.Generator], Iterator[Tensor]]


def sampler(trajectory: Trajectory) -> tuple[Callable[..., Tensor], Callable[..., dict[str, list[Tensor]]]]:
    """``sample`` and ``strips`` of a sampler module, from its ``trajectory``, which yields x_T, ..., x_0."""

    def sample(
        networks: nn.ModuleDict, run: RunParams, labels: Tensor, shape: Shape, generator: torch.Generator
    ) -> Tensor:
        """(N,) labels -> (N, C, H, W) pixels in the run's range."""
        for x in trajectory(networks, run, labels, shape, generator):  # noqa: B007 - the last one counts
            pass
        return x

    def strips(
        networks: nn.ModuleDict, run: RunParams, images: ImageSet, seed: int, device: torch.device
    ) -> dict[str, list[Tensor]]:
        """STRIP moments, evenly spaced, of noising the first four training images (``forward``) and of drawing four
        samples (``reverse``): (4, C, H, W) each, in the run's range."""
        chosen = np.linspace(0, 1, STRIP)
        first = images.split(run.data.split).start
        real = torch.from_numpy(np.array(images.images[first : first + 4])).permute(0, 3, 1, 2)
        low, high = run.data.range
        pixels = real.to(device).float() / 255 * (high - low) + low
        labels = torch.tensor([0, 1, 2, 3])
        reverse = list(trajectory(networks, run, labels, images.shape, seeded(seed, "strip", device=device)))
        return {
            "forward": list(noising(run, pixels, chosen, seeded(seed, "strip"))),
            "reverse": [reverse[s] for s in (chosen * (len(reverse) - 1)).round().astype(int)],
        }

    return sample, strips


def noising(run: RunParams, images: Tensor, moments: np.ndarray, generator: torch.Generator) -> Iterator[Tensor]:
    """Yield x_t of the forward process at fractions of T (0 to 1), each with noise of its own.

    Args:
        run: its objective says T and beta.
        images: (N, C, H, W) in the run's range.
        moments: fractions of T, 0 for the images themselves.
        generator: on the CPU.
    """
    assert isinstance(run.objective, DiffusionObjectiveParams)
    process = Diffusion.linear(run.objective, images.device)
    for moment in moments:
        t = round(float(moment) * process.steps)
        if t == 0:
            yield images
        else:
            eps = torch.randn(images.shape, generator=generator).to(images.device)
            yield process.noised(images, torch.full((len(images),), t, device=images.device), eps)
