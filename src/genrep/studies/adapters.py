"""Trained runs as models with abilities: the roles of their networks say which.

``decoder`` and ``generator`` decode, ``encoder`` encodes and ``denoiser`` denoises. A network that must be told the
class is told one and the same throughout, ``studies.label``; without that it is run only where it was trained to go
without the class (a diffusion model with class dropout).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from genrep.devices import resolve_precision
from genrep.models.latent import latents, told
from genrep.objectives.diffusion import Diffusion
from genrep.params.samplers import AncestralParams, DDIMParams, SamplerParams
from genrep.params.training import DiffusionObjectiveParams, RunParams
from genrep.sampling import sample
from genrep.studies.abilities import Decoder, Denoiser, Encoder, Model

TOLD = "its network is told the class besides; say with studies.label which one"


def of_run(
    name: str,
    networks: nn.ModuleDict,
    run: RunParams,
    shape: tuple[int, int, int],
    classes: int,
    device: torch.device,
    sampler: SamplerParams | None = None,
    label: int | None = None,
) -> Model:
    """A trained run as a model.

    Args:
        name: of the run, for messages.
        networks: in evaluation mode, on ``device``; their weights are frozen.
        run: everything resolved.
        shape: (C, H, W) of one image.
        classes: in the data set; samples take them in turn.
        device: where it all runs.
        sampler: that samples are drawn with; None: the run's own.
        label: class that a conditional network is told when it decodes or denoises; None: such a one is left alone.
    """
    networks.requires_grad_(False)
    drawn = run if sampler is None else run.model_copy(update={"sampler": sampler})
    network: Any = next((networks[role] for role in ("decoder", "generator") if role in networks), None)
    untold = label is None and (
        getattr(network, "conditional", False) or ("denoiser" in networks and _needs_class(networks["denoiser"], run))
    )
    cast = _Autocast(run, device)

    def draw_samples(count: int, generator: torch.Generator) -> Tensor:
        return sample(networks, drawn, torch.arange(count) % classes, shape, generator)

    return Model(
        name,
        shape,
        device,
        draw_samples,
        decoder=None if network is None or untold else _decoder(networks, network, run, cast, label),
        encoder=_encoder(networks["encoder"], run, cast) if "encoder" in networks and not untold else None,
        denoiser=_denoiser(networks["denoiser"], run, device, cast, label)
        if "denoiser" in networks and not untold
        else None,
        sampler=described(drawn.sampler) if drawn.sampler is not None else "",
        lacks=TOLD if untold else "",
    )


def described(sampler: SamplerParams) -> str:
    """A sampler as a part of ids: its kind and, where it takes fewer steps than the model has, how many."""
    return f"ddim-{sampler.steps}" if isinstance(sampler, DDIMParams) else sampler.kind


class _Autocast:
    """Calls a network in the run's precision; what comes out is float32."""

    def __init__(self, run: RunParams, device: torch.device):
        self.device, self.bf16 = device.type, resolve_precision(run.precision, device) == "bf16"

    def __call__(self, function: Callable[..., Any], *inputs: Tensor) -> Any:
        with torch.autocast(self.device, torch.bfloat16, enabled=self.bf16):
            output = function(*inputs)
        return tuple(part.float() for part in output) if isinstance(output, tuple) else output.float()


def _decoder(networks: nn.ModuleDict, network: Any, run: RunParams, cast: _Autocast, label: int | None) -> Decoder:
    low, high = run.data.range

    def decode(z: Tensor) -> Tensor:
        labels = torch.full((len(z),), label or 0, device=z.device)  # an unconditional network is not told
        return (network.to_pixels(cast(partial(told, network), z, labels)) - low) / (high - low)

    improved: Any = getattr(networks, "posterior", None)
    prior = partial(latents, network)
    return Decoder(network.latent, prior if improved is None else improved.draw, decode)


def _encoder(network: nn.Module, run: RunParams, cast: _Autocast) -> Encoder:
    low, high = run.data.range

    def encode(images: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = cast(network, images * (high - low) + low)
        return mean, (0.5 * log_variance).exp()

    return Encoder(encode)


def _needs_class(network: nn.Module, run: RunParams) -> bool:
    assert isinstance(run.objective, DiffusionObjectiveParams)
    return getattr(network, "conditional", True) and not run.objective.class_dropout


def _denoiser(network: Any, run: RunParams, device: torch.device, cast: _Autocast, label: int | None) -> Denoiser:
    assert isinstance(run.objective, DiffusionObjectiveParams)
    process = Diffusion.linear(run.objective, device)

    def predict(x: Tensor, t: int) -> Tensor:
        N = len(x)
        x = x.contiguous(memory_format=torch.channels_last)
        if not getattr(network, "conditional", True):
            return cast(network, x, torch.full((N,), t, device=device))
        labels = torch.full((N,), label or 0, device=device)
        shown = torch.full((N,), float(label is not None), device=device)
        time = torch.full((N,), t / process.steps, device=device)
        return cast(network, x, time, labels, shown)

    if isinstance(run.sampler, AncestralParams):
        return Denoiser(process, predict, run.data.range, run.sampler.clip, run.sampler.variance)
    return Denoiser(process, predict, run.data.range)
