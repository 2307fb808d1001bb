"""Parameters of the metrics on Inception features; all that changes a value is in its id (genrep.metrics.protocol)."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from genrep.params.base import Params

Resize = Literal["clean", "legacy_pytorch", "legacy_tensorflow"]  # see genrep.metrics.resize
Grey = Literal["refuse", "repeat"]  # what happens to images of one channel


class KIDParams(Params):
    """Kernel Inception distance: mean over random subsets."""

    subsets: Annotated[int, Field(ge=2)]
    size: Annotated[int, Field(ge=2)]  # images of each set in a subset; no more than there are


class InceptionParams(Params):
    """What is measured on Inception features, and how; cells and claims read the largest n and the first of ``splits``.

    FID is measured wherever ``real`` says against which images.
    """

    weights: str  # a source of the data catalogue; ``genrep data fetch`` brings it
    samples: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]  # n of each metric
    resize: Resize
    quantise: bool = False  # round to 8 bits after resizing
    grey: Grey = "refuse"
    precision: Literal["fp32", "bf16"] = "fp32"
    snapshots: Literal["last", "all"] = "last"
    splits: tuple[PositiveInt, ...] = ()  # of the Inception Score, each a reading; none: no score
    real: Literal["train", "test", "all"] | None = None  # split of a run's data set that distances compare with
    kid: KIDParams | None = None
    k: NonNegativeInt = 0  # neighbours behind precision and recall; 0: neither

    @model_validator(mode="after")
    def _measures_something(self) -> "InceptionParams":
        if self.real is None and (self.kid or self.k):
            raise ValueError("real: kid and k compare with real images; say which split of the data set")
        if self.real is None and not self.splits:
            raise ValueError("splits: nothing is measured; give splits for a score, or real for distances")
        if max(self.splits, default=0) > min(self.samples):
            raise ValueError(f"splits: {max(self.splits)} splits of {min(self.samples)} samples leave some empty")
        if len({*self.splits}) < len(self.splits) or len({*self.samples}) < len(self.samples):
            raise ValueError("splits, samples: a value stands there twice")
        return self
