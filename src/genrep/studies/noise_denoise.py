"""Noising and denoising an unseen image (section 6.2 of the thesis, Figure 6.4)."""

import numpy as np
import torch

from genrep.params.studies import NoiseDenoiseParams
from genrep.studies.denoising import noise_and_denoise
from genrep.studies.found import Found, Tiles, over, to_uint8
from genrep.studies.subject import Subject

NEEDS = ("denoiser",)
SHOWN = 4


def study(subject: Subject, params: NoiseDenoiseParams) -> Found:
    """Noise each held-out image to every depth, several times, and denoise it; all in batches of one process.

    Errors count from 0 to 1 and are averaged over the draws of noise, so that an interval is over images.

    Raises:
        UserError: a depth over T.
    """
    denoiser = subject.model.denoiser
    assert denoiser is not None
    denoiser.check(params.depths, "noise_denoise")
    images = subject.pixels(subject.held_out())
    N, D, R = len(images), len(params.depths), subject.params.repeats
    depths = torch.tensor(params.depths).repeat_interleave(R).repeat(N)  # images, depths, repeats
    repeated = images.repeat_interleave(D * R, 0)
    rng = subject.generator("noise-denoise")
    denoised = noise_and_denoise(denoiser, repeated, depths, rng, subject.params.batch_size)
    errors = (denoised - repeated).abs().mean(dim=(1, 2, 3)).view(N, D, R).mean(2).cpu().numpy()
    deepest = int(np.argmax(params.depths))
    draws = f"repeats={R}"
    first = to_uint8(denoised.view(N, D, R, *images.shape[1:])[:SHOWN, :, 0])
    shown = np.concatenate([to_uint8(images[:SHOWN])[:, None], first], axis=1)
    # the hardest of the depths: with little noise any image comes back, learnt or not
    relative = errors[:, deepest] / subject.baseline(images)
    return Found(
        [
            *(over(f"denoised_mae/t={t}", errors[:, k], "mae", draws) for k, t in enumerate(params.depths)),
            over("denoised_relative", relative, f"t={params.depths[deepest]}", draws, "mae of nearest training image"),
        ],
        {
            "denoised": Tiles(
                shown,
                columns=("original", *(f"t = {t}" for t in params.depths)),
                real=np.ones(shown.shape[:2], bool),
            )
        },
    )
