"""The catalogue of sources (what is fetched) and sets (what is prepared), read from ``catalogue.yaml``."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from genrep.data.card import card_if_any
from genrep.errors import UserError
from genrep.params.yaml_loader import SafeLoader

DATA = Path("data")
PREPARED = DATA / "prepared"
UNVERIFIED = "official, unverified"

Access = Literal["torchvision", "url", "manual", "mirror", "generated"]
LayoutKind = Literal[
    "idx", "cifar-batches", "cifar-sheets", "images", "glyphs-npz", "imagenet-npz", "weights", "generated"
]


class Entry(BaseModel):
    """What all parts of the catalogue have in common: a mistyped key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceFile(Entry):
    """One official file; what nobody has published or computed is None."""

    url: str | None = None
    bytes: int | None = None
    md5: str | None = None
    sha256: str | None = None
    unpacked_md5: str | None = None  # of what is in a gz file
    repacked_sha256: str | None = None  # of a known gz file with the same content
    verified: date | None = None  # when the link was last seen to work


class Layout(Entry):
    """How the files of a source are read; see genrep.data.layouts."""

    kind: LayoutKind
    archive: str | None = None  # a zip, tar or folder of images
    pattern: str | None = (
        None  # of its entries: a group ``key`` that orders them and, where there are classes, ``label``
    )
    first: int | None = None  # the ``key`` of the first image, where they are numbered without gaps
    attributes: str | None = None  # file in the format of CelebA's list_attr_celeba.txt
    partition: str | None = None  # file in the format of CelebA's list_eval_partition.txt
    generator: str | None = None  # of genrep.data.standins


class Source(Entry):
    """One release: where it comes from and what may be done with it."""

    name: str
    title: str
    homepage: str | None = None
    citation: str
    licence: str
    redistribution: bool  # whether images, and figures showing them, may be published
    used_by: tuple[str, ...]
    access: Access
    torchvision: str | None = None  # its class
    url: str | None = None  # of the archive that holds the files, where they are not fetched one by one
    folder: str | None = None  # inside data/raw; None: the name
    mirror: str | None = None  # folder inside a mirror directory
    part_of: str | None = None
    deviations: tuple[str, ...] = ()  # from the source that it is part of
    layout: Layout
    files: dict[str, SourceFile] = {}
    instructions: str | None = None

    def raw(self, data: Path) -> Path:
        """The folder of its files under a data folder."""
        return data / "raw" / (self.folder or self.name)


class Preprocessing(Entry):
    """From a decoded image to the prepared one: crop, resize, grey or RGB."""

    centre_square: float | None = None  # side of the crop over the short side of the image; None: squashed to a square
    filter: Literal["bilinear", "bicubic", "lanczos", "box"] = "bilinear"  # of Pillow, with antialiasing

    def describe(self, size: int) -> str:
        """In words."""
        crop = "squashed to a square"
        if self.centre_square is not None:
            crop = f"centre square of {self.centre_square:g} of the short side"
        return f"{crop}, resized to {size}x{size} ({self.filter}, Pillow) unless it has that size"


class DataSet(Entry):
    """One prepared set: from which source, and what its pixels must be."""

    name: str
    sources: tuple[str, ...]  # the first that is at hand is taken; all give the same set
    set_title: str | None = None
    shape: tuple[int, int, int]  # C, H, W
    classes: int
    counts: dict[str, int]  # images per split, in the order in which they are stored
    preprocessing: Preprocessing | None = None
    label: str | None = None  # an attribute that becomes the class
    attributes: int = 0  # how many
    hold_out: int | None = None  # every so many-th image goes to the test split
    seed: int = 0  # of a generated set
    part_of: str | None = None
    reduced_from: str | None = None
    per_class: dict[str, int] = {}  # images per class and split that a reduced set keeps
    recorded_identity: str | None  # sha256 of the decoded set; None: not verified yet

    @property
    def source(self) -> Source:
        """The source that is preferred, which also has licence and citation."""
        return source(self.sources[0])

    @property
    def title(self) -> str:
        return self.set_title or self.source.title

    @property
    def redistribution(self) -> bool:
        """Whether its images, and figures showing them, may be published."""
        return self.source.redistribution

    @property
    def share_of_official(self) -> float:
        """Images of this set over those of the whole set."""
        whole = self.part_of or self.reduced_from
        return 1.0 if whole is None else sum(self.counts.values()) / sum(data_set(whole).counts.values())

    @property
    def identity(self) -> str | None:
        """What its pixels must be; where the catalogue does not know, what they are here, or None before that."""
        return self.recorded_identity or self._card().get("identity")

    @property
    def key(self) -> str:
        """Equal keys mean the same images, also before they are prepared: what jobs on this set depend on.

        The recorded identity where there is one. A whole set that nobody has verified yet has one key before and after
        it is prepared, so that preparing it does not make finished jobs stale; a part that a user's mirror holds has
        the identity of its pixels.
        """
        card = self._card()
        if self.recorded_identity is None and card and card.get("share_of_official") != self.share_of_official:
            return str(card["identity"])
        return self.recorded_identity or UNVERIFIED

    def _card(self) -> dict[str, Any]:
        return card_if_any(PREPARED / self.name)


@cache
def _content() -> dict[str, Any]:
    return yaml.load(Path(__file__).with_name("catalogue.yaml").read_text(encoding="utf-8"), SafeLoader)


@cache
def sources() -> dict[str, Source]:
    """Every known source by name."""
    return {name: Source(name=name, **entry) for name, entry in _content()["sources"].items()}


@cache
def catalogue() -> dict[str, DataSet]:
    """Every known data set by name."""
    renamed = {"identity": "recorded_identity", "title": "set_title"}
    return {
        name: DataSet(name=name, **{renamed.get(key, key): value for key, value in entry.items()})
        for name, entry in _content()["sets"].items()
    }


def percent(share: float) -> str:
    """A share in percent, with one decimal, or as many as it takes to tell it from nothing and from all."""
    for decimals in range(1, 9):
        shown = f"{share:.{decimals}%}"
        if share in (0, 1) or float(shown[:-1]) not in (0, 100):
            break
    return shown


def data_set(name: str) -> DataSet:
    """Look a data set up.

    Raises:
        UserError: no such name.
    """
    return _look_up(name, catalogue(), "data set")


def source(name: str) -> Source:
    """Look a source up.

    Raises:
        UserError: no such name.
    """
    return _look_up(name, sources(), "source")


def sources_of(name: str) -> list[Source]:
    """The sources of a set, or the source of that name.

    Raises:
        UserError: no such name.
    """
    if name in catalogue():
        return [source(one) for one in catalogue()[name].sources]
    return [_look_up(name, {**sources(), **catalogue()}, "data set or source")]


def _look_up(name: str, known: Mapping[str, Any], kind: str) -> Any:
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name.lower(), known, n=1)  # all names are in lower case
        hint = f" - did you mean {near[0]!r}?" if near else ""
        raise UserError(f"no {kind} {name!r}; the catalogue has {', '.join(known)}{hint}")
    return known[name]
