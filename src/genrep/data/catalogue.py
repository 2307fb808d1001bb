"""The catalogue of data sets, read from ``catalogue.yaml``."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from genrep.errors import UserError


class DataSet(BaseModel):
    """One entry: source, licence, what the decoded set must be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    source: str
    homepage: str
    citation: str
    licence: str
    redistribution: bool  # whether images, and figures showing them, may be published
    shape: tuple[int, int, int]  # C, H, W
    classes: int
    counts: dict[str, int]  # images per official split, in the order in which they are stored
    loader: Literal["mnist", "reduced"]
    mirror: str | None = None  # folder inside a mirror directory
    files: dict[str, str] = {}  # md5 of the raw files, decompressed
    reduced_from: str | None = None
    per_class: dict[str, int] = {}  # images per class and split that a reduced set keeps
    identity: str | None  # sha256 of the decoded pixels and labels; None: not verified yet


@cache
def catalogue() -> dict[str, DataSet]:
    """Every known data set by name."""
    entries = yaml.safe_load((Path(__file__).with_name("catalogue.yaml")).read_text(encoding="utf-8"))
    return {name: DataSet(name=name, **entry) for name, entry in entries.items()}


def data_set(name: str) -> DataSet:
    """Look a data set up.

    Raises:
        UserError: no such name.
    """
    if name not in catalogue():
        from difflib import get_close_matches

        near = get_close_matches(name, catalogue(), n=1)
        hint = f" - did you mean {near[0]!r}?" if near else ""
        raise UserError(f"no data set {name!r}; the catalogue has {', '.join(catalogue())}{hint}")
    return catalogue()[name]
