"""Which trained models there are under ``runs/``, and why others cannot be opened."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from genrep.data.catalogue import data_set
from genrep.errors import UserError
from genrep.explore.weights import Shapes, check, shapes_of
from genrep.files import read_json
from genrep.layout import RUNS, results_folder
from genrep.params.training import RunParams

SNAPSHOTS = "snapshots"
SNAPSHOT = re.compile(r"epoch(\d+)\.safetensors")


@dataclass(frozen=True)
class TrainedRun:
    """A finished run whose model decodes latents."""

    folder: Path
    params: RunParams
    seed: int
    images_seen: int
    epochs: tuple[int, ...] = ()  # snapshots that can be opened, ascending

    @property
    def id(self) -> str:
        """``<scale>/<replication>/<run>/seed<k>``"""
        return "/".join(self.folder.parts[-4:])

    @property
    def title(self) -> str:
        """For people."""
        scale, replication, run, seed = self.folder.parts[-4:]
        return f"{run} ({replication}, {scale}, {seed.replace('seed', 'seed ')})"

    @property
    def classes(self) -> int:
        """Of its data: the set's own, or combinations of attributes."""
        attributes = self.params.data.attributes
        return 2 ** len(attributes) if attributes else data_set(self.params.data.set).classes

    @property
    def report(self) -> Path:
        """The verdicts on the claims of its replication."""
        scale, replication = self.folder.parts[-4:-2]
        return results_folder(scale, replication) / "claims.html"

    @property
    def again(self) -> str:
        """The command that trains it."""
        return _command(self.folder)

    @property
    def shapes(self) -> Shapes:
        """Of the parameters that its network has in this version."""
        return shapes_of(self.params.network, data_set(self.params.data.set).shape, self.classes)

    @property
    def told(self) -> bool:
        """Whether it is told a class."""
        network = self.params.network
        return getattr(network, "conditional", False) or getattr(network, "classes", "ignored") != "ignored"

    def weights(self, epoch: int | None) -> Path:
        """The final weights of all roles, or the sampling weights of a snapshot."""
        if epoch is None:
            return self.folder / "weights.safetensors"
        return self.folder / SNAPSHOTS / f"epoch{epoch:04d}.safetensors"


@dataclass(frozen=True)
class Skipped:
    """A run folder, or a snapshot in one, that cannot be opened."""

    id: str
    reason: str


def find_runs(root: Path = RUNS) -> tuple[list[TrainedRun], list[Skipped]]:
    """Every finished run with a decoder or generator, and every folder that was meant to be one but cannot be read.

    Unfinished runs are skipped with the command that finishes them; classifiers and diffusion models, which decode no
    latent, are passed over.
    """
    found: list[TrainedRun] = []
    skipped: list[Skipped] = []
    for folder in sorted(root.glob("*/*/*/seed*")):
        if not folder.is_dir():
            continue
        try:
            run = open_run(folder)
        except UserError as error:
            skipped.append(Skipped("/".join(folder.parts[-4:]), str(error)))
        else:
            if run is not None:
                kept, spoilt = _snapshots(run)
                found.append(replace(run, epochs=kept))
                skipped += spoilt
    return found, skipped


def _snapshots(run: TrainedRun) -> tuple[tuple[int, ...], list[Skipped]]:
    """The epochs whose weights are those of the run's network, and what else is there under such a name."""
    kept, spoilt = [], []
    for path in sorted((run.folder / SNAPSHOTS).glob("epoch*.safetensors")):
        named = SNAPSHOT.fullmatch(path.name)
        try:
            if named is None:
                raise UserError("its name has no epoch")
            check(path, run.shapes)
        except UserError as error:
            spoilt.append(Skipped(f"{run.id}/{SNAPSHOTS}/{path.name}", f"{error}; train it again: {run.again}"))
        else:
            kept.append(int(named[1]))
    return tuple(sorted(kept)), spoilt


def open_run(folder: Path) -> TrainedRun | None:
    """The run in a folder; None where it decodes no latent.

    Raises:
        UserError: unfinished, damaged, or of another version of genrep.
    """
    again = _command(folder)
    for file in ("config.yaml", "provenance.json", "weights.safetensors"):
        if not (folder / file).is_file():
            raise UserError(f"not finished ({file} is missing); run: {again}")
    try:
        identity: Any = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
        record = read_json(folder / "provenance.json")
        params = RunParams.model_validate(identity["params"])
        run = TrainedRun(folder, params, int(identity["seed"]), int(record["images_seen"]))
        run.classes  # noqa: B018 - its data set must be known here
    except ValidationError as error:
        what = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise UserError(f"trained by another version of genrep (parameter {what}); train it again: {again}") from None
    except (OSError, UserError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise UserError(f"damaged ({reason}); train it again: {again}") from None
    if not hasattr(params.network, "latent"):
        return None
    try:
        check(run.weights(None), run.shapes)
    except UserError as error:
        raise UserError(f"{error}; train it again: {again}") from None
    return run


def _command(folder: Path) -> str:
    scale, replication, name, seed = folder.parts[-4:]
    return f"genrep train {replication} {name} --seed {seed.removeprefix('seed')} --scale {scale}"
