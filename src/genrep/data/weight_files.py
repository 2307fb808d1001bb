"""Where converted weights are and what they must be. Nothing here imports torch: planning asks, too."""

from pathlib import Path

from genrep.data.catalogue import DATA, source, sources
from genrep.errors import UserError


def weights_path(name: str, data: Path = DATA) -> Path:
    """Where the converted weights of a source are: ``data/weights/<name>.safetensors``."""
    return data / "weights" / f"{name}.safetensors"


def published_sha256(name: str) -> str:
    """The hash of the published file, which names the weights in the ids of metrics.

    Raises:
        UserError: no such source, it holds no weights, or nobody has published the hash.
    """
    origin = source(name)
    if origin.layout.kind != "weights":
        known = [one for one, entry in sources().items() if entry.layout.kind == "weights"]
        raise UserError(f"{name} is no source of weights; the catalogue has {', '.join(known)}")
    (file,) = origin.files.values()
    if file.sha256 is None:
        raise UserError(f"{name}: nobody has published the hash of these weights, so no metric can name them")
    return file.sha256


def missing_weights(name: str, data: Path = DATA) -> str:
    """One line with the command that mends it where the weights are not at hand, else nothing.

    Only looks: genrep.metrics.weights hashes them before they are used.
    """
    path = weights_path(name, data)
    return "" if path.is_file() else f"{path} does not exist; run: {fetching(name)}"


def fetching(name: str) -> str:
    """The command that brings the weights of a source."""
    return f"genrep data fetch {name}"
