"""Parameters of the samplers: one class per module in genrep.sampling, chosen by ``kind``."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from genrep.params.base import Params


class LatentPriorParams(Params):
    """genrep.sampling.latent_prior: decode z drawn from the network's prior."""

    kind: Literal["latent_prior"]


class ImprovedPriorParams(Params):
    """genrep.sampling.improved_prior: decode z drawn from what a VAE's encoder makes of the training images."""

    kind: Literal["improved_prior"]


class DenoisingParams(Params):
    """Samplers of diffusion models."""

    guidance: NonNegativeFloat = 0.0  # w of (1 + w) conditional - w unconditional
    average: Literal["ema"] | None = (
        None  # ema: the weights must be a moving average; None: it is taken if there is one
    )


class AncestralParams(DenoisingParams):
    """genrep.sampling.ancestral: all T reverse steps, with classifier-free guidance."""

    kind: Literal["ancestral"]
    variance: Literal["beta", "posterior"] = "beta"  # of a reverse step
    clip: bool = False  # what the network takes for the image is kept within the range of the data


class DDIMParams(DenoisingParams):
    """genrep.sampling.ddim: some of the T steps, with less noise or none."""

    kind: Literal["ddim"]
    steps: PositiveInt
    eta: Annotated[float, Field(ge=0, le=1)] = 0.0  # noise of a step, as a share of that of ancestral sampling


SamplerParams = Annotated[
    LatentPriorParams | ImprovedPriorParams | AncestralParams | DDIMParams, Field(discriminator="kind")
]
