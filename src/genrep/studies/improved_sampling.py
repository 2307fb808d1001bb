"""Improved sampling of a VAE (section 3.6 of the thesis, Figures 3.4 and 3.5): latents like those of encoded images."""

from typing import Any

import numpy as np
import torch
from scipy.stats import kstest
from torch import Tensor

from genrep.metrics.fid import fid, moments
from genrep.models.posterior import Posterior
from genrep.params.studies import ImprovedSamplingParams
from genrep.studies.abilities import Decoder
from genrep.studies.found import Found, Tiles, over
from genrep.studies.spaces import stored
from genrep.studies.subject import Subject

NEEDS = ("encoder", "decoder")
SHOWN = 4
BINS = 60


def study(subject: Subject, params: ImprovedSamplingParams) -> Found:
    """Encode the training images, and hold samples of the prior and of the two fitted normals against real images.

    Frechet distances are in the subject's feature space, against the training images; several draws of samples.
    """
    encoder, decoder = subject.model.encoder, subject.model.decoder
    assert encoder is not None
    assert decoder is not None
    train = subject.images.split("train")
    parts = np.array_split(np.arange(train.start, train.stop), -(-(train.stop - train.start) // 1000))
    found = [encoder.latents(subject.pixels(rows), subject.params.batch_size) for rows in parts]
    means, deviations = (torch.cat(side) for side in zip(*found, strict=True))
    posterior = Posterior(decoder.latent).to(subject.device)
    posterior.fit(means, deviations)
    metrics = _distances(subject, decoder, posterior, means, deviations, params)
    metrics += departures(means, deviations, subject.generator("improved", "aggregate"))
    dimension = min(params.dimension, decoder.latent - 1)
    arrays: dict[str, np.ndarray] = {}
    for name, values in (("mean", means), ("deviation", deviations)):
        counts, edges = np.histogram(values[:, dimension].cpu().numpy(), bins=BINS)
        arrays |= {f"{name}_counts": counts, f"{name}_edges": edges}
    return Found(metrics, _tiles(subject, decoder, posterior, means), arrays | {"dimension": np.array(dimension)})


def _distances(
    subject: Subject,
    decoder: Decoder,
    posterior: Posterior,
    means: Tensor,
    deviations: Tensor,
    params: ImprovedSamplingParams,
) -> list[dict[str, Any]]:
    """Frechet distances of each kind of samples, one per draw."""
    reference = moments(subject.real["features"].rows)
    values: dict[str, list[float]] = {"prior": [], "improved": [], "reconstructed": []}
    for draw in range(params.draws):
        rng = subject.generator("improved", draw)
        rows = torch.randint(len(means), (params.samples,), generator=rng, device=means.device)
        latents = {
            "prior": torch.randn(params.samples, decoder.latent, generator=rng, device=means.device),
            "improved": posterior.draw(params.samples, rng),
            "reconstructed": means[rows],
        }
        for name, z in latents.items():
            images = (decoder.images(z, subject.params.batch_size) * 255).round().byte()
            features = subject.features.rows(stored(images))
            values[name].append(fid(moments(features), reference))
    n = params.samples
    return [
        over(f"frechet_distance/{name}", np.array(each), subject.features.protocol, f"draws={len(each)}", "train", n=n)
        for name, each in values.items()
    ]


def departures(means: Tensor, deviations: Tensor, generator: torch.Generator) -> list[dict[str, Any]]:
    """How far encoded images are from N(0, I), dimension by dimension: (N, D) means and deviations.

    - ``encoded_mean_sd``: spread of the means over images; 0 if every image were encoded to N(0, I).
    - ``encoded_deviation``: mean deviation; 1 then.
    - ``aggregate_ks``: Kolmogorov and Smirnov's distance of drawn latents of all images from N(0, 1).
    """
    z = means + deviations * torch.randn(means.shape, generator=generator, device=means.device)
    columns = z.double().cpu().numpy().T
    distances = np.array([kstest(column, "norm").statistic for column in columns])
    return [
        over("encoded_mean_sd", means.std(0), "dimensions", paired=False),
        over("encoded_deviation", deviations.mean(0), "dimensions", paired=False),
        over("aggregate_ks", distances, "dimensions", paired=False),
    ]


def _tiles(subject: Subject, decoder: Decoder, posterior: Posterior, means: Tensor) -> dict[str, Tiles]:
    rng = subject.generator("improved", "shown")
    latents = {
        "encoded and decoded": means[:SHOWN],
        "prior": torch.randn(SHOWN, decoder.latent, generator=rng, device=means.device),
        "improved": posterior.draw(SHOWN, rng),
    }
    images = [(decoder.images(z, SHOWN) * 255).round().byte().cpu().numpy() for z in latents.values()]
    real = np.array([[name == "encoded and decoded"] * SHOWN for name in latents])
    return {"samples": Tiles(np.stack(images), rows=tuple(latents), real=real)}
