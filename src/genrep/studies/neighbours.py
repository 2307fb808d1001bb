"""Neighbours of samples among training images and other samples (section 6.2 of the thesis, Figures 6.5 to 6.7)."""

from typing import Any

import numpy as np
from torch import Tensor

from genrep.metrics.intervals import bootstrap
from genrep.metrics.neighbours import furthest, nearest
from genrep.params.studies import NeighboursParams
from genrep.studies.found import Found, Tiles, over, share, single
from genrep.studies.spaces import PIXELS, Space, stored
from genrep.studies.subject import Subject

NEEDS = ()
SHOWN = 7  # neighbours in a row
WORST = 0.01  # share of the samples that counts as the worst


def study(subject: Subject, params: NeighboursParams) -> Found:
    """Draw samples and look, for the first of them, for neighbours in pixel and in feature space.

    Distances are compared with those of unseen real images: see genrep.studies.spaces.RealImages.
    """
    counts = params.counts(subject.family)
    seconds: dict[str, float] = {}
    with subject.timed(seconds, "sampling"):
        drawn = subject.model.sample(counts[-1], subject.generator("samples"))
    samples = stored(drawn)
    queries = samples[: params.queries]
    each = seconds["sampling"] / len(samples)
    metrics = [single("seconds_per_image/sampling", each, subject.model.sampler, n=len(samples))]
    tiles: dict[str, Tiles] = {}
    for space in (PIXELS, subject.features):
        rows = space.rows(samples)
        metrics += _to_training(subject, space, queries, samples[: counts[0]])
        metrics += [_among_samples(space, rows, n, len(queries), subject) for n in counts]
        tiles |= _tiles(subject, space, drawn, rows)
    return Found(metrics + _badness(subject, samples, counts), tiles)


def _to_training(subject: Subject, space: Space, queries: np.ndarray, samples: np.ndarray) -> list[dict[str, Any]]:
    """Distances of the queries; copies are rare, so that more samples are looked at."""
    real = subject.real[space.name]
    distances = real.nearest(queries)[0][:, 0]
    return [
        over(f"nearest_training/{space.name}", distances, space.protocol, subject.model.sampler, paired=False),
        over(f"nearest_training_of_unseen/{space.name}", real.unseen_distance, space.protocol, paired=False),
        share(f"copied_share/{space.name}", real.copies(samples), space.protocol, subject.model.sampler),
    ]


def _among_samples(space: Space, rows: np.ndarray, n: int, queries: int, subject: Subject) -> dict[str, Any]:
    """Distance of each query to its nearest other one of the first n samples."""
    found = others(nearest(rows[: min(queries, n)], rows[:n], k=2, device=subject.device), 1)[0]
    how = (space.protocol, subject.model.sampler)
    return over(f"nearest_sample/{space.name}", found[:, 0], *how, n=n, paired=False)


def others(found: Any, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours of queries that are the first references themselves, those left out: distances, places (N, k)."""
    distances, indices = found
    itself = indices == np.arange(len(indices))[:, None]
    itself[~itself.any(1), -1] = True  # equal to more than k others: any one may go
    keep = ~itself
    return distances[keep].reshape(len(indices), -1)[:, :k], indices[keep].reshape(len(indices), -1)[:, :k]


def _badness(subject: Subject, samples: np.ndarray, counts: tuple[int, ...]) -> list[dict[str, Any]]:
    """How far samples lie from real images in feature space: their mean, the worst, and how many are off altogether.

    The worst are the most remote ones, and also those that the thesis takes, the furthest in pixels from others
    (``furthest_...``); ``furthest_over_unseen`` is 1 where one of a hundred unseen images lies.
    """
    real, rows = subject.real["features"], []
    remoteness = real.remoteness(samples)
    pixels = PIXELS.rows(samples)
    for n in counts:
        found = remoteness[:n]
        how = (real.space.protocol, subject.model.sampler)

        def worst(places: np.ndarray, found: np.ndarray = found) -> float:
            return float(np.sort(found[places])[-max(1, round(WORST * len(places))) :].mean())

        rows += [
            over("remoteness", found, *how, paired=False),
            single(
                "worst_remoteness",
                worst(np.arange(n)),
                *how,
                f"worst {WORST:.0%}",
                n=n,
                bounds=bootstrap(worst, n, subject.params.seed),
            ),
            share("bad_share", found > real.far, *how, "beyond 99% of unseen images"),
        ]
        queries = pixels[: min(16, n)]
        places = furthest(queries, pixels[:n], device=subject.device).indices[:, 0]
        furthest_away, criterion = found[places], "furthest in pixels"
        rows += [
            over("furthest_remoteness", furthest_away, *how, criterion, n=n, paired=False),
            over("furthest_over_unseen", furthest_away / real.far, *how, criterion, n=n, paired=False),
        ]
    return rows


def _tiles(subject: Subject, space: Space, drawn: Tensor, rows: np.ndarray) -> dict[str, Tiles]:
    """The first sample with its neighbours, nearest or furthest first."""
    k = min(SHOWN, len(rows) - 1)
    query, device = rows[:1], subject.device
    training = subject.real[space.name].nearest(stored(drawn[:1]), SHOWN)[1][0]
    real = np.array(subject.training[training]).transpose(0, 3, 1, 2)
    near = others(nearest(query, rows, k=k + 1, device=device), k)[1][0]
    far = furthest(query, rows, k=k, device=device).indices[0]
    columns = ("sample", *map(str, range(1, k + 1)))
    name, first = space.name, drawn[:1].numpy()
    shown = {f"training_{name}": real, f"near_{name}": drawn[near].numpy(), f"far_{name}": drawn[far].numpy()}
    return {
        key: Tiles(
            np.concatenate([first, images])[None],
            rows=(name,),
            columns=("sample", *map(str, range(1, len(images) + 1))) if key.startswith("training") else columns,
            real=np.array([[False] + [key.startswith("training")] * len(images)]),
        )
        for key, images in shown.items()
    }
