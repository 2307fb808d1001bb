"""The studies of a replication as measured: numbers by model, image by image where models are to be compared."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from scipy.stats import t as student

from genrep.data.weight_files import fetching
from genrep.errors import UserError
from genrep.files import read_json
from genrep.layout import run_folder
from genrep.params import ReplicationParams
from genrep.report.estimates import Estimate, NotMeasured, estimate
from genrep.report.study_metrics import study_of


@dataclass(frozen=True)
class Tiles:
    """Images of one figure: (R, K, C, H, W) uint8, their labels, and which of them show images of the data set."""

    images: np.ndarray
    rows: list[str]
    columns: list[str]
    real: np.ndarray  # (R, K) bool


class Studies:
    """Reads ``<results folder>/measurements/studies``.

    Args:
        folder: ``results/<scale>/<name>/measurements``.
        params: of the replication at that scale.
    """

    def __init__(self, folder: Path, params: ReplicationParams):
        self.folder, self.params = folder / "studies", params

    @cached_property
    def records(self) -> dict[str, dict[int, dict[str, Any]]]:
        """Measurements by run and seed; only what is there."""
        found: dict[str, dict[int, dict[str, Any]]] = {}
        for name in self.params.studies.runs if self.params.studies else ():
            for seed in self.params.runs[name].seeds:
                path = self.folder / f"{name}-seed{seed}.json"
                if path.exists():
                    found.setdefault(name, {})[seed] = _record(path)
        return found

    @property
    def runs(self) -> dict[str, str]:
        """The run that is studied of each model: the first one named."""
        found: dict[str, str] = {}
        for name in self.params.studies.runs if self.params.studies else ():
            found.setdefault(self.params.model_of(name), name)
        return found

    def entries(self, model: str, metric: str) -> dict[int, list[dict[str, Any]]]:
        """A metric of a model at every n that it was measured at: one entry per seed.

        Raises:
            NotMeasured: not run, or not possible with this model; the reason is that of the study.
        """
        run = self.runs.get(model)
        if run is None:
            raise NotMeasured(f"params.yaml asks for no studies of {model}")
        if run not in self.records:
            raise NotMeasured(self._not_run(run))
        found: dict[int, list[dict[str, Any]]] = {}
        for record in self.records[run].values():
            for entry in self._part(record, study_of(metric)).get("metrics", ()):
                if entry["name"] == metric:
                    found.setdefault(entry["n"], []).append(entry)
        if not found:
            why = self.reason(model, study_of(metric) or "") or "no study measures it"
            raise NotMeasured(f"{run}: {metric} has not been measured; {why}")
        return found

    @staticmethod
    def _part(record: dict[str, Any], study: str | None) -> dict[str, Any]:
        """A study in a record; empty where it is not there."""
        return dict(record["studies"].get(study, {}))

    def at_common_n(self, metrics: list[tuple[str, str]]) -> list[list[dict[str, Any]]]:
        """Entries of several (model, metric) at the largest n that all have; each at its own largest if there is none.

        Raises:
            NotMeasured: see ``entries``.
        """
        found = [self.entries(model, metric) for model, metric in metrics]
        common = set.intersection(*(set(entries) for entries in found))
        return [entries[max(common or entries)] for entries in found]

    def estimate(self, model: str, metric: str) -> Estimate:
        """A metric at its largest n: Student t over three or more seeds, else the first seed's interval."""
        return estimate(self.at_common_n([(model, metric)])[0])

    def family(self, model: str, prefix: str) -> dict[int, str]:
        """Metrics whose name is a prefix and a whole number, by that number, ascending.

        Raises:
            NotMeasured: there are none.
        """
        records = self.records.get(self.runs.get(model, ""), {}).values()
        parts = [self._part(record, study_of(prefix)) for record in records]
        names = {entry["name"] for part in parts for entry in part.get("metrics", ())}
        numbers = {int(name.removeprefix(prefix)): name for name in names if _numbered(name, prefix)}
        if not numbers:
            self.entries(model, prefix)  # says what is missing
        return dict(sorted(numbers.items()))

    def reason(self, model: str, study: str) -> str:
        """Why a study has nothing to show of a model; empty where it has."""
        run = self.runs.get(model)
        if run is None or run not in self.records:
            return self._not_run(run) if run else f"params.yaml asks for no studies of {model}"
        part = next(iter(self.records[run].values()))["studies"].get(study)
        return f"{study or 'it'} was not asked for" if part is None else str(part.get("not_possible", ""))

    def _not_run(self, run: str) -> str:
        inception, params = self.params.evaluation.inception, self.params.studies
        text = f"{run}: not studied"
        if params is not None and params.features == "inception" and inception is not None:
            return (
                f"{text}; its feature space needs the weights of the Inception network: {fetching(inception.weights)}"
            )
        return text

    @property
    def machine(self) -> dict[str, Any]:
        """Where the first studied run was studied; empty where none was."""
        return next((r["evaluation"] for seeds in self.records.values() for r in seeds.values()), {})

    # -- images -------------------------------------------------------------------------------------------------------

    def first(self, model: str, study: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The record of a model's first studied seed, and its part of a study.

        Raises:
            NotMeasured: there is none, or the study is not possible with this model.
        """
        if reason := self.reason(model, study):
            raise NotMeasured(reason)
        record = next(iter(self.records[self.runs[model]].values()))
        return record, record["studies"][study]

    def tiles(self, model: str, study: str, name: str) -> Tiles:
        """Tiles of a figure; real ones are black where they may not be redistributed and are not kept on this machine.

        Raises:
            NotMeasured: see ``first``; or the study has no such tiles.
        """
        _, part = self.first(model, study)
        if name not in part["tiles"]:
            raise NotMeasured(f"{self.runs[model]}: {study} has no tiles {name!r}")
        arrays, prefix = self._arrays(model, study)
        images, real = arrays[f"{prefix}tiles/{name}"], arrays[f"{prefix}real/{name}"]
        return Tiles(images, part["tiles"][name]["rows"], part["tiles"][name]["columns"], real)

    def array(self, model: str, study: str, name: str) -> np.ndarray:
        """Another array of a figure; raises as ``tiles`` does."""
        self.first(model, study)
        arrays, prefix = self._arrays(model, study)
        return arrays[f"{prefix}arrays/{name}"]

    def whole(self, model: str, study: str) -> bool:
        """Whether the tiles of a study are on this machine with nothing blanked."""
        return self.reason(model, study) == "" and self._kept(model, study) is not None

    def _arrays(self, model: str, study: str) -> tuple[dict[str, np.ndarray], str]:
        """What a study has drawn, and what its names begin with."""
        kept = self._kept(model, study)
        if kept is not None:
            return _arrays(kept), ""
        record, _ = self.first(model, study)
        return _arrays(self.folder / f"{record['run']}-seed{record['seed']}.npz"), f"{study}/"

    def _kept(self, model: str, study: str) -> Path | None:
        """The file with the whole tiles in the folder of the run, if it is of the same study."""
        record, part = self.first(model, study)
        scale, replication = self.folder.parts[-4:-2]
        path = run_folder(scale, replication, record["run"], record["seed"]) / "studies" / f"{study}.json"
        if not path.exists() or not path.with_suffix(".npz").exists() or read_json(path).get("key") != part["key"]:
            return None
        return path.with_suffix(".npz")


def _record(path: Path) -> dict[str, Any]:
    """A measurement file.

    Raises:
        UserError: it is no such file.
    """
    try:
        record = read_json(path)
    except UnicodeDecodeError:
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("studies"), dict):
        raise UserError(f"{path} is damaged; restore it with git, or delete it and study again")
    return record


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)
    except (OSError, BadZipFile, EOFError, ValueError):
        state = "damaged" if path.exists() else "missing"
        raise UserError(f"{path} is {state}; restore it with git, or study again") from None


def _numbered(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and name.removeprefix(prefix).isdigit()


def difference(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> Estimate:
    """b - a, image by image where both were measured on as many; else by their own intervals.

    Args:
        a: entries of one metric, one per seed.
        b: of another.
    """
    pairs = [per_image(a), per_image(b)]
    if pairs[0] is not None and pairs[1] is not None and len(pairs[0]) == len(pairs[1]) > 1:
        return _mean(pairs[1] - pairs[0], min(len(a), len(b)))
    low, high = estimate(a), estimate(b)
    value, margin = high.value - low.value, float(np.hypot(low.margin, high.margin))
    return Estimate(value, value - margin, value + margin, min(low.n_seeds, high.n_seeds))


def per_image(entries: list[dict[str, Any]]) -> np.ndarray | None:
    """Values of each image, averaged over seeds: (N,); None where they were not kept or differ in number."""
    kept = [entry["values"] for entry in entries]
    if any(values is None for values in kept) or len({len(values) for values in kept}) != 1:
        return None
    return np.mean(kept, axis=0)


def ratio(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> Estimate:
    """a / b by relative errors, which add in squares."""
    top, bottom = estimate(a), estimate(b)
    value = top.value / bottom.value
    margin = abs(value) * float(np.hypot(top.margin / top.value, bottom.margin / bottom.value))
    return Estimate(value, value - margin, value + margin, min(top.n_seeds, bottom.n_seeds))


def _mean(values: np.ndarray, seeds: int) -> Estimate:
    count, mean = len(values), float(values.mean())
    margin = float(student.ppf(0.975, count - 1) * values.std(ddof=1) / count**0.5)
    return Estimate(mean, mean - margin, mean + margin, seeds)
