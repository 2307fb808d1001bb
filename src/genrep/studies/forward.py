"""Forward diffusion (section 5.1 of the thesis, Figure 5.1): an image on its way to noise."""

import numpy as np
import torch

from genrep.params.studies import ForwardParams
from genrep.studies.found import Found, Tiles, over, to_uint8
from genrep.studies.subject import Subject

NEEDS = ("denoiser",)
GRID = (4, 10)  # rows and columns of the data
SHOWN = 2


def study(subject: Subject, params: ForwardParams) -> Found:
    """Noise held-out images to evenly spaced steps; at the last one nothing of them should be left.

    - ``forward_correlation``: of pixels with those of the image, over all pixels.
    - ``forward_sd``: standard deviation of the pixels of x_T, which is 1 in pure noise.
    """
    denoiser = subject.model.denoiser
    assert denoiser is not None
    images = subject.pixels(subject.held_out())
    T, rng = denoiser.process.steps, subject.generator("forward")
    moments = [round(T * share) for share in np.linspace(0, 1, params.moments)]
    x0 = denoiser.inside(images)
    steps = []
    for moment in moments:
        eps = torch.randn(x0.shape, generator=rng, device=x0.device)
        steps.append(denoiser.noised(x0, torch.full((len(x0),), moment, device=x0.device), eps))
    start, end = x0.flatten(1), steps[-1].flatten(1)
    correlation = torch.stack([torch.corrcoef(torch.stack(pair))[0, 1] for pair in zip(start, end, strict=True)])
    shown = np.stack([to_uint8(denoiser.outside(x[:SHOWN])) for x in steps], axis=1)
    return Found(
        [
            over("forward_correlation", correlation.nan_to_num(), f"t={T}"),
            over("forward_sd", end.std(1), f"t={T}"),
        ],
        {
            "data": data(subject),
            "strip": Tiles(shown, columns=[f"t = {t}" for t in moments], real=np.ones(shown.shape[:2], bool)),
        },
    )


def data(subject: Subject) -> Tiles:
    """Training images, ten to a row, for the grid that samples are looked at beside (Figure 6.2 a)."""
    rows = subject.rng("data").permutation(len(subject.training))[: GRID[0] * GRID[1]]
    images = np.array(subject.training[np.sort(rows)]).transpose(0, 3, 1, 2)
    count = len(images) // GRID[1] or 1
    shown = images[: count * GRID[1]].reshape(count, -1, *images.shape[1:])
    return Tiles(shown, real=np.ones(shown.shape[:2], bool))
