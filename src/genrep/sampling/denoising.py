"""What samplers of diffusion models share: the trained network's idea of the noise in x_t."""

from typing import Any

import torch
from torch import Tensor, nn

from genrep.compilation import compiled, wanted
from genrep.devices import resolve_precision
from genrep.objectives.diffusion import Diffusion
from genrep.params.samplers import DenoisingParams
from genrep.params.training import DiffusionObjectiveParams, RunParams


class Denoiser:
    """eps(x, t), with classifier-free guidance where the network is told the class (Ho and Salimans, 2022).

    eps = (1 + w) eps_theta(x_t, t, c) - w eps_theta(x_t, t)

    Args:
        networks: ``denoiser``, in evaluation mode.
        run: its sampler says w; its objective, T.
        labels: (N,) classes asked for.
        device: of the network.
    """

    def __init__(self, networks: nn.ModuleDict, run: RunParams, labels: Tensor, device: torch.device):
        assert isinstance(run.objective, DiffusionObjectiveParams)
        assert isinstance(run.sampler, DenoisingParams)
        self.process, self.device, self.count = Diffusion.linear(run.objective, device), device, len(labels)
        self.network: Any = networks["denoiser"]
        self.conditional = getattr(self.network, "conditional", True)
        if device.type == "cuda" and wanted(run, device):
            self.network = compiled(self.network, "the denoiser")
        self.bf16 = resolve_precision(run.precision, device) == "bf16"
        self.w = run.sampler.guidance if self.conditional else 0.0
        labels = labels.to(device)
        self.labels = labels.repeat(2) if self.w else labels
        self.keep = torch.ones(len(self.labels), device=device)
        self.keep[self.count :] = 0

    def __call__(self, x: Tensor, t: int) -> Tensor:
        """The noise in x (N, C, H, W), all of it at step t of 1..T: (N, C, H, W) float32."""
        inputs = x.repeat(2, 1, 1, 1) if self.w else x
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            if self.conditional:
                time = torch.full((len(inputs),), t / self.process.steps, device=self.device)
                eps = self.network(inputs, time, self.labels, self.keep)
            else:
                eps = self.network(inputs, torch.full((len(inputs),), t, device=self.device))
        eps = eps.float()  # an update is a difference of large terms
        if self.w:
            eps = (1 + self.w) * eps[: self.count] - self.w * eps[self.count :]
        return eps
