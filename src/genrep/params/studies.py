"""Parameters of the studies (genrep.studies): which are done, on which runs, on how many images."""

from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from genrep.params.base import Params
from genrep.params.samplers import SamplerParams

Depths = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]  # steps of noise, 1 to T
Frames = Annotated[int, Field(ge=3)]  # images of an interpolation, its ends among them


class SearchParams(Params):
    """Gradient descent on latents by Adam (section 6.2 of the thesis, which leaves the schedule open)."""

    starts: PositiveInt  # latents per image
    steps: PositiveInt
    lr: PositiveFloat
    decay: Literal["constant", "cosine"] = "constant"  # cosine: to zero over the steps


class RecoveryParams(Params):
    """genrep.studies.recovery"""


class EncodeDecodeParams(Params):
    """genrep.studies.encode_decode"""


class NoiseDenoiseParams(Params):
    """genrep.studies.noise_denoise"""

    depths: Depths


class NeighboursParams(Params):
    """genrep.studies.neighbours"""

    samples: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]  # each n that distances are measured at
    samples_of: dict[str, tuple[PositiveInt, ...]] = Field(default={})  # other n for one model: slow samplers
    queries: PositiveInt = 64  # samples whose neighbours are looked for
    sampler_of: dict[str, SamplerParams] = Field(default={})  # another sampler than the run's own, by model

    def counts(self, model: str) -> tuple[int, ...]:
        """The n of a model, ascending."""
        return tuple(sorted(self.samples_of.get(model, self.samples)))


class InterpolationParams(Params):
    """genrep.studies.interpolation and opposite: between samples, in the latent space."""

    frames: Frames


class OppositeParams(Params):
    """genrep.studies.opposite: from a latent to its negative."""

    frames: Frames

    @model_validator(mode="after")
    def _zero_is_a_frame(self) -> "OppositeParams":
        if self.frames % 2 == 0:
            raise ValueError(f"frames: {self.frames} frames have none in the middle; give an odd number")
        return self


class DiffusionInterpolationParams(Params):
    """genrep.studies.diffusion_interpolation: between real images, noised and denoised."""

    depths: Annotated[tuple[NonNegativeInt, ...], Field(min_length=1)]
    frames: Frames
    variants: tuple[Literal["after", "before"], ...] = ("after",)  # mixed after noising, or before
    shared_noise: bool = False  # both ends get the same noise, so that a mixture keeps its variance


class InpaintingParams(Params):
    """genrep.studies.inpainting"""

    region: str = "eye"  # of genrep.studies.regions
    ring: PositiveInt = 2  # pixels around the hole in which the fit is measured
    # mean absolute difference in the hole, of 1, below which two fillings count as one: five of 255 grey levels, about
    # what is needed to tell two plain patches apart by eye
    same: PositiveFloat = 0.02


class ConceptParams(Params):
    """genrep.studies.concept"""

    attribute: str | int  # a name in the data set, or a class
    examples: Annotated[int, Field(ge=2)]  # of each side
    amount: PositiveFloat = 1.0  # of the concept vector, added to samples
    amount_of: dict[str, PositiveFloat] = Field(default={})  # by model
    real_amount: PositiveFloat = 1.0  # added to recovered real images
    frames: Frames = 5
    region: str = "hair"  # where the attribute is, of genrep.studies.regions

    def amount_for(self, model: str) -> float:
        """What a model's samples get."""
        return self.amount_of.get(model, self.amount)


class ScribbleParams(Params):
    """genrep.studies.scribble"""

    attribute: str | int
    examples: Annotated[int, Field(ge=2)]  # of each side
    depths: Depths
    strokes: PositiveInt = 12
    region: str = "hair"  # that is painted, of genrep.studies.regions
    keep: str = "face"  # what stays as it is


class ImprovedSamplingParams(Params):
    """genrep.studies.improved_sampling"""

    samples: Annotated[int, Field(ge=2)]  # of each kind behind a Frechet distance
    draws: Annotated[int, Field(ge=1)] = 3
    dimension: NonNegativeInt = 6  # whose histograms are drawn, from 0; the thesis shows the seventh


class ForwardParams(Params):
    """genrep.studies.forward"""

    moments: Annotated[int, Field(ge=2)]


class EmbeddingParams(Params):
    """genrep.studies.embedding"""

    steps: Annotated[int, Field(ge=2)]
    dimensions: Annotated[int, Field(ge=2, multiple_of=2)]


class EffortParams(Params):
    """genrep.studies.effort"""


class StudiesParams(Params):
    """All studies of a replication; one that is not named is not done. The order is that of the thesis."""

    runs: Annotated[tuple[str, ...], Field(min_length=1)]  # whose models are studied, every seed of them
    images: Annotated[int, Field(ge=2)]  # held-out images, samples or pairs behind each number
    repeats: PositiveInt = 1  # draws of noise for each, averaged
    seed: int
    batch_size: PositiveInt = 128  # images per pass where no gradient is needed
    features: Literal["classifier", "inception"] = "classifier"  # whose feature space
    label: NonNegativeInt | None = None  # class that conditional networks are told; none: they are left alone
    search: SearchParams | None = None  # of every latent that is searched

    improved_sampling: ImprovedSamplingParams | None = None
    forward: ForwardParams | None = None
    embedding: EmbeddingParams | None = None
    recovery: RecoveryParams | None = None
    encode_decode: EncodeDecodeParams | None = None
    noise_denoise: NoiseDenoiseParams | None = None
    neighbours: NeighboursParams | None = None
    interpolation: InterpolationParams | None = None
    opposite: OppositeParams | None = None
    diffusion_interpolation: DiffusionInterpolationParams | None = None
    inpainting: InpaintingParams | None = None
    concept: ConceptParams | None = None
    scribble: ScribbleParams | None = None
    effort: EffortParams | None = None

    @model_validator(mode="after")
    def _something_is_studied(self) -> "StudiesParams":
        if not self.asked:
            raise ValueError(f"no study is named; there are {', '.join(STUDIES)}")
        searching = [name for name in ("recovery", "inpainting") if name in self.asked]
        if self.search is None and searching:
            raise ValueError(f"search: {searching[0]} searches latents; say with which starts, steps and lr")
        return self

    @property
    def asked(self) -> tuple[str, ...]:
        """The studies that are done."""
        return tuple(name for name in STUDIES if getattr(self, name) is not None)

    def sampler_of(self, model: str, own: SamplerParams) -> SamplerParams:
        """What samples of a model are drawn with: its run's own sampler, unless there is another one."""
        return self.neighbours.sampler_of.get(model, own) if self.neighbours is not None else own

    def study(self, name: str) -> dict[str, Any]:
        """What decides one study's numbers: its own block and what all share."""
        shared = {key: value for key, value in self.values().items() if key not in (*STUDIES, "runs")}
        return shared | {name: getattr(self, name).values()}


STUDIES = tuple(
    name for name in StudiesParams.model_fields if name not in
    ("runs", "images", "repeats", "seed", "batch_size", "features", "label", "search")
)  # fmt: skip
