"""What is measured of a VAE on the images themselves: its bound, the parts of that, and its reconstruction error.

Signs and sums are in the names and ids. ``elbo`` is a bound on the log-likelihood, so negative for grey values as
Bernoulli probabilities, and larger is better; the loss that a training prints is its negative. Everything is in nats
per image, summed over pixels and latents, whatever the training averaged.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy.special import entr
from torch import Tensor, nn

from genrep.data.arrays import ImageSet
from genrep.metrics.elbo import parts
from genrep.metrics.measure import Metrics, pixels
from genrep.metrics.reconstruction import squared_error
from genrep.objectives.vae import bernoulli_nll, gaussian_nll
from genrep.params.training import RunParams, VAEObjectiveParams
from genrep.rng import generator


def measure_bound(
    networks: nn.ModuleDict, run: RunParams, images: ImageSet, seed: int, device: torch.device
) -> Metrics:
    """The metrics of a VAE with an encoder, on the images that it was trained on and on the test images.

    A name that ends in ``/train`` is of the former, whichever split that is (its id says so); a run on ``all`` has seen
    the test images too.

    Args:
        networks: ``encoder`` and ``decoder``, in evaluation mode on ``device``.
        run: its objective says which likelihood.
        images: the run's data set.
        seed: of the latents, the same for every snapshot.
        device: draws them.

    Returns:
        ``{"id", "name", "n", "value", "ci_low", "ci_high"}`` each, with the normal interval over the images.
    """
    assert isinstance(run.objective, VAEObjectiveParams)
    convention, nll = likelihood(networks, run.objective)
    found: Metrics = []
    for role, split in (("train", run.data.split), ("test", "test")):
        shown = pixels(images, split)
        rng = generator(seed, "elbo", split, device=device)
        log_likelihood, kl = parts(networks, shown, run.data.range, rng, nll=nll)
        drawn = f"{convention}/{split}/n={len(shown)}/draws=1"
        error = squared_error(networks, shown, run.data.range)
        found += [
            row(f"elbo/{role}", f"elbo/{drawn}", log_likelihood - kl),
            row(f"log_likelihood/{role}", f"log_likelihood/{drawn}", log_likelihood),
            row(f"kl/{role}", f"kl/{split}/n={len(shown)}", kl),
            row(f"reconstruction_error/{role}", f"reconstruction_error/mse/{split}/n={len(shown)}", error),
        ]
        if run.objective.gaussian_sd is None:
            limit = log_likelihood_limit(shown)
            found.append(row(f"log_likelihood_limit/{role}", f"log_likelihood_limit/{convention}/{split}", limit))
    return found


def likelihood(
    networks: nn.ModuleDict, objective: VAEObjectiveParams
) -> tuple[str, Callable[[Tensor, Tensor], Tensor]]:
    """What an objective's likelihood is called in ids, and -log p(x|z) per image, summed over pixels."""
    decoder: Any = networks["decoder"]
    sd = objective.gaussian_sd
    if sd is None:
        return "bce_sum", bernoulli_nll
    return f"gaussian_sd={sd:g}", lambda output, x: gaussian_nll(decoder.to_pixels(output), x, sd)


def log_likelihood_limit(images: Tensor) -> np.ndarray:
    """The largest Bernoulli log-likelihood that any decoder can give an image, which is 0 for black and white alone.

    With x in [0, 1] as a probability, x log p + (1 - x) log(1 - p) is largest at p = x: minus the entropy of x, summed
    over (N, C, H, W) uint8 pixels to (N,).
    """
    grey = np.arange(256) / 255
    entropy = entr(grey) + entr(1 - grey)
    return np.array([-entropy[image].sum() for image in images.numpy()])


def row(name: str, identifier: str, values: np.ndarray) -> dict[str, Any]:
    """The mean of (N,) values over images with its normal interval."""
    mean, error = float(values.mean()), 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5
    bounds = {"ci_low": mean - error, "ci_high": mean + error}
    return {"id": identifier, "name": name, "n": len(values), "value": mean, **bounds}
