"""How Inception metrics are computed, and the ids that say so."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from genrep.errors import UserError
from genrep.params.inception import Grey, Resize


class InceptionProtocol(BaseModel):
    """Everything that changes an Inception feature. Two sets of features compare only under one protocol."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: str = Field(pattern="^[0-9a-f]{8,64}$")  # hash of the network's weights
    resize: Resize = "clean"  # see genrep.metrics.resize
    quantise: bool = False  # round to 8 bits after resizing
    grey: Grey = "refuse"  # what happens to images of one channel
    precision: Literal["fp32", "bf16"] = "fp32"

    @property
    def network(self) -> str:
        """``inception-<hash8>``"""
        return f"inception-{self.weights[:8]}"

    @property
    def preprocessing(self) -> str:
        """The resizing, and whatever departs from the defaults: ``clean``, ``clean/quantised/grey-repeated/bf16``."""
        departures = {
            "quantised": self.quantise,
            "grey-repeated": self.grey == "repeat",
            "bf16": self.precision == "bf16",
        }
        return "/".join([self.resize, *(name for name, departs in departures.items() if departs)])

    @property
    def features(self) -> str:
        """What features of this protocol are filed under: ``inception-<hash8>/clean``."""
        return f"{self.network}/{self.preprocessing}"

    def fid(self, n: int, split: str) -> str:
        """``fid/inception-<hash8>/n=10000/train/clean``; ``split`` is of the real images."""
        return self._id("fid", n, split)

    def kid(self, n: int, split: str, subsets: int, size: int) -> str:
        """``kid/inception-<hash8>/n=10000/train/subsets=100x1000/clean``"""
        return self._id("kid", n, split, f"subsets={subsets}x{size}")

    def inception_score(self, n: int, splits: int) -> str:
        """``inception_score/inception-<hash8>/n=10000/splits=10/clean``"""
        return self._id("inception_score", n, f"splits={splits}")

    def precision_recall(self, n: int, split: str, k: int) -> tuple[str, str]:
        """``precision/inception-<hash8>/n=10000/train/k=3/clean``, and the same of ``recall``."""
        return self._id("precision", n, split, f"k={k}"), self._id("recall", n, split, f"k={k}")

    def _id(self, metric: str, n: int, *parts: str) -> str:
        return "/".join([metric, self.network, f"n={n}", *parts, self.preprocessing])


def require(identifier: str, needed: int, available: int) -> None:
    """Refuse a metric whose protocol asks for more images than there are.

    Raises:
        UserError: too few images.
    """
    if available < needed:
        raise UserError(f"{identifier} needs {needed} images, got {available}; sample {needed - available} more")
