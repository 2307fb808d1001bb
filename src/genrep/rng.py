"""One random stream per purpose: initial weights, data order, training noise, dropout, sampling."""

import hashlib

import torch


def derive(seed: int, *purpose: str | int) -> int:
    """A 63-bit seed for one purpose, independent of the seeds for all others."""
    text = "/".join(str(part) for part in (seed, *purpose))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *purpose: str | int, device: torch.device | str = "cpu") -> torch.Generator:
    """A ``torch.Generator`` on ``device``, seeded by ``derive``."""
    return torch.Generator(device=device).manual_seed(derive(seed, *purpose))
