"""Nearest and furthest neighbours by Euclidean distance in pixel or feature space, without the full distance matrix.

Candidates are found by |a|^2 + |b|^2 - 2 a.b with both sets centred on the references' mean, one matrix product per
block. In float32 that formula loses small distances, so ``MARGIN`` candidates more than asked for are kept, their
distances computed again from differences, and sorted by those.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from genrep.errors import UserError

MARGIN = 8


class Neighbours(NamedTuple):
    """One row per query; nearest first, or furthest first where those were asked for."""

    distances: np.ndarray  # (N, k) float32, in the unit of the inputs
    indices: np.ndarray  # (N, k) int64, rows of the references


def nearest(
    queries: np.ndarray,
    references: np.ndarray,
    k: int = 1,
    exclude_self: bool = False,
    device: str | torch.device = "cpu",
    block: int = 2048,
) -> Neighbours:
    """The k nearest references of every query.

    Args:
        queries: (N, ...) uint8 or float, memory-mapped or not; each row is flattened. Pixels stay in grey levels.
        references: (M, ...) of the same row shape.
        k: neighbours per query.
        exclude_self: ``queries`` are ``references``, and a row is no neighbour of itself (an equal row is).
        device: where blocks are compared.
        block: rows of each set that are float32 at a time.

    Raises:
        UserError: rows of two sizes, fewer than k references, or values that are not finite.
    """
    return _neighbours(queries, references, k, exclude_self, device, block, largest=False)


def furthest(
    queries: np.ndarray, references: np.ndarray, k: int = 1, device: str | torch.device = "cpu", block: int = 2048
) -> Neighbours:
    """The k furthest references of every query; see ``nearest``."""
    return _neighbours(queries, references, k, False, device, block, largest=True)


@torch.inference_mode()
def _neighbours(
    queries: np.ndarray,
    references: np.ndarray,
    k: int,
    exclude_self: bool,
    device: str | torch.device,
    block: int,
    largest: bool,
) -> Neighbours:
    if queries.shape[1:] != references.shape[1:]:
        raise UserError(f"neighbours need rows of one shape, got {queries.shape[1:]} and {references.shape[1:]}")
    if exclude_self and len(queries) != len(references):
        raise UserError(f"to leave a row itself out, both sets must be one: {len(queries)} and {len(references)} rows")
    available = len(references) - exclude_self
    if not 1 <= k <= available:
        raise UserError(f"{k} neighbours need at least {k + exclude_self} references, got {len(references)}")
    kept = min(k + MARGIN, available)
    centre = _mean(references, block).to(device)
    best = torch.full((len(queries), kept), -torch.inf if largest else torch.inf)
    index = torch.zeros((len(queries), kept), dtype=torch.int64)
    for start in tqdm(range(0, len(references), block), desc="neighbours", unit="block", disable=None, leave=False):
        b = _rows(references, slice(start, start + block), device) - centre
        for first in range(0, len(queries), block):
            rows = slice(first, first + block)
            a = _rows(queries, rows, device) - centre
            squared = a.square().sum(1, keepdim=True) + b.square().sum(1) - 2 * (a @ b.T)  # (A, B)
            if exclude_self and first == start:
                squared.fill_diagonal_(torch.inf)
            values, places = squared.topk(min(kept, len(b)), largest=largest)
            merged = torch.cat([best[rows], values.cpu()], 1)
            columns = torch.cat([index[rows], places.cpu() + start], 1)
            best[rows], order = merged.topk(kept, largest=largest)
            index[rows] = columns.gather(1, order)
    return _exact(queries, references, index, k, device, largest)


def _exact(
    queries: np.ndarray, references: np.ndarray, index: Tensor, k: int, device: str | torch.device, largest: bool
) -> Neighbours:
    """Sort candidates (N, kept) by distances computed from differences."""
    distances = torch.empty(index.shape)
    for row, candidates in enumerate(index):
        difference = _rows(references, candidates.numpy(), device) - _rows(queries, slice(row, row + 1), device)
        distances[row] = difference.norm(dim=1).cpu()
    if not torch.isfinite(distances).all():
        raise UserError("features hold NaN or infinite values; the images or the network are broken")
    distances, order = distances.sort(dim=1, stable=True, descending=largest)
    return Neighbours(distances[:, :k].numpy(), index.gather(1, order)[:, :k].numpy())


def _rows(values: np.ndarray, rows: slice | np.ndarray, device: str | torch.device) -> Tensor:
    return torch.from_numpy(np.array(values[rows])).to(device).flatten(1).float()


def _mean(values: np.ndarray, block: int) -> Tensor:
    total = sum(values[i : i + block].sum(axis=0, dtype=np.float64) for i in range(0, len(values), block))
    mean = torch.from_numpy(np.asarray(total / len(values))).flatten().float()
    if not torch.isfinite(mean).all():
        raise UserError("features hold NaN or infinite values; the images or the network are broken")
    return mean
