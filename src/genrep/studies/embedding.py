"""The sinusoidal embedding of time steps as a matrix (section 5.3.1 of the thesis, Figure 5.3)."""

import torch

from genrep.models.blocks import sinusoidal
from genrep.params.studies import EmbeddingParams
from genrep.studies.found import Found, over
from genrep.studies.subject import Subject

NEEDS = ("denoiser",)


def study(subject: Subject, params: EmbeddingParams) -> Found:
    """Embed the first steps.

    ``embedding_step`` is the distance of each row from the next one, ``embedding_apart`` that from the nearest other
    row: what tells steps apart. No value is larger than 1.
    """
    matrix = sinusoidal(torch.arange(params.steps), params.dimensions)  # (steps, dimensions)
    distances = torch.cdist(matrix.double(), matrix.double(), compute_mode="donot_use_mm_for_euclid_dist")
    apart = distances.fill_diagonal_(torch.inf).min(1).values
    protocol = f"dimensions={params.dimensions}"
    return Found(
        [
            over("embedding_step", matrix.diff(dim=0).norm(dim=1), protocol, paired=False),
            over("embedding_apart", apart, protocol, paired=False),
        ],
        arrays={"matrix": matrix.numpy()},
    )
