"""Weights of the Inception network: a local file that is checked before use, never one from the network.

``genrep data fetch inception`` writes ``data/weights/inception.safetensors`` from the published file - the network of
2015-12-05 behind published FID and IS, in torch-fidelity's conversion from TensorFlow - and beside it a card
``inception.json`` with the hashes of both: {"sha256": ..., "source_sha256": ...}.
"""

from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from genrep.data.catalogue import DATA
from genrep.data.weight_files import fetching, published_sha256, weights_path
from genrep.errors import UserError
from genrep.files import read_json, sha256_file


@dataclass(frozen=True)
class Weights:
    """A file of weights and what it must be.

    Attributes:
        path: of the safetensors file.
        source_sha256: of the published file that it was made from, which the card must name; None where ``sha256``
            says all.
        sha256: of the file itself; None where its card says it.
    """

    path: Path
    source_sha256: str | None = None
    sha256: str | None = None

    @property
    def identity(self) -> str:
        """The hash that names the weights in metric ids."""
        return self.source_sha256 or self.sha256 or ""

    @property
    def _mend(self) -> str:
        return f"run: {fetching(self.path.stem)}"

    def verify(self) -> None:
        """Hash the file.

        Raises:
            UserError: it is missing or of another hash.
        """
        if not self.path.exists():
            raise UserError(f"{self.path} does not exist; {self._mend}")
        expected = self.sha256 or self._carded()
        found = sha256_file(self.path)
        if found != expected:
            raise UserError(
                f"{self.path} has sha256 {found[:12]}..., expected {expected[:12]}...; delete it and {self._mend}"
            )

    def load(self) -> dict[str, Tensor]:
        """Read the state dict.

        Raises:
            UserError: the file is missing, of another hash, or no safetensors file.
        """
        self.verify()
        try:
            return load_file(self.path)
        except SafetensorError as error:
            raise UserError(f"{self.path} is no safetensors file ({error}); delete it and {self._mend}") from None

    def _carded(self) -> str:
        mend = self._mend
        path = self.path.with_suffix(".json")
        if not path.exists():
            raise UserError(f"{path} does not exist, so {self.path.name} cannot be verified; {mend}")
        card = read_json(path)
        if not isinstance(card, dict) or "sha256" not in card:
            raise UserError(f"{path} names no sha256, so {self.path.name} cannot be verified; delete it and {mend}")
        if card.get("source_sha256") != self.source_sha256:
            raise UserError(
                f"{self.path} was made from a file of sha256 {str(card.get('source_sha256'))[:12]}..., "
                f"expected {str(self.source_sha256)[:12]}...; delete it and {mend}"
            )
        return str(card["sha256"])


def published_weights(name: str, data: Path = DATA) -> Weights:
    """The weights of a source of the data catalogue.

    Raises:
        UserError: no such source, or none with a published hash.
    """
    return Weights(weights_path(name, data), source_sha256=published_sha256(name))
