"""Whether the points between two classes decode to a transition from one to the other.

Of each class the held-out image is taken whose latent lies nearest to the class's mean; for each two of them, points on
the straight line between the two latents are decoded. The way is a transition if the classifier takes its ends for the
two classes, if it has an image between them that is legibly neither of the two (at the threshold of a legible sample),
and if no single step makes up half of the way through pixel space or more. The first asks for two classes, the second
for a form between them, the third that it comes by degrees: pixels move by degrees with any continuous decoder.
"""

from itertools import combinations

import numpy as np
import torch
from torch import Tensor, nn

from genrep.data.arrays import ImageSet
from genrep.data.catalogue import data_set
from genrep.metrics.features import extract
from genrep.metrics.native import NativeProtocol
from genrep.metrics.probes import Found, decoded, encoded, entry
from genrep.params.training import RunParams

POINTS, IMAGES, CLASSES, SHOWN = 11, 2000, 10, 4


def representatives(latents: Tensor, labels: Tensor) -> dict[int, Tensor]:
    """Per class, of the first ``CLASSES`` that are there, the (latent,) point nearest to its mean."""
    found = {}
    for label in labels.unique().tolist()[:CLASSES]:
        own = latents[labels == label]
        found[int(label)] = own[(own - own.mean(0)).square().sum(1).argmin()]
    return found


def is_transition(probabilities: np.ndarray, images: np.ndarray, ends: tuple[int, int], confidence: float) -> bool:
    """Of (T, K) probabilities of classes and (T, ...) images along a way: see the module's docstring."""
    classes = probabilities.argmax(1)
    between = (probabilities[1:-1, list(ends)].max(1) <= confidence).any()
    steps = np.linalg.norm(np.diff(images.reshape(len(images), -1).astype(np.float64), axis=0), axis=1)
    gradual = steps.max() < 0.5 * steps.sum()
    return bool((classes[0], classes[-1]) == ends and between and gradual)


def probe(
    networks: nn.ModuleDict, run: RunParams, protocol: NativeProtocol, images: ImageSet, device: torch.device
) -> Found:
    """``transition_share`` over all pairs, of unconditional VAEs only.

    Kept are ``transitions`` (SHOWN, POINTS, C, H, W) of images that may be passed on, and the classes of their ends,
    ``transition_classes`` (SHOWN, 2).
    """
    if "encoder" not in networks or getattr(networks["decoder"], "conditional", False):
        return [], {}
    z, labels = encoded(networks["encoder"], run, images, IMAGES, device)
    points = representatives(z, labels)
    weights = torch.linspace(0, 1, POINTS, device=device)[:, None]
    verdicts, strips = [], []
    for a, b in combinations(points, 2):
        way = points[a] + weights * (points[b] - points[a])  # (POINTS, latent)
        drawn = decoded(networks["decoder"], run, way, torch.zeros(POINTS, dtype=torch.long, device=device))
        probabilities = extract(protocol.classifier, drawn).probabilities
        verdicts.append(is_transition(probabilities, drawn.numpy(), (a, b), protocol.confidence))
        strips.append(drawn.numpy())
    if not verdicts:
        return [], {}
    with_classifier = f"classifier-{protocol.weights[:8]}/confidence={protocol.confidence}"
    identifier = f"transition_share/{with_classifier}/pairs={len(verdicts)}/points={POINTS}"
    found = [entry(identifier, float(np.mean(verdicts)))]
    if not data_set(run.data.set).redistribution:  # the ends are reconstructions of images
        return found, {}
    chosen = np.linspace(0, len(strips) - 1, min(SHOWN, len(strips))).astype(int)
    ends = np.array(list(combinations(points, 2)))
    return found, {"transitions": np.stack([strips[i] for i in chosen]), "transition_classes": ends[chosen]}
