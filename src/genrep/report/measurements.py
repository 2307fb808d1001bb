"""The measurements of one replication, and estimates with intervals from them."""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from scipy.stats import t as student

from genrep.errors import UserError
from genrep.files import read_json
from genrep.layout import real_name
from genrep.params import ReplicationParams

REAL = "real"  # real images, where a model could stand
# Metrics of quality by name. Those without a network in it are native: their network is the replication's classifier.
HIGHER_IS_CLEARER = {
    "legible_share": 1,
    "inception_score": 1,
    "inception_score/inception": 1,
    "sharpness": 1,
    "classes_covered": 1,
    "fid": -1,
    # of genrep.metrics.extra and genrep.metrics.probes
    "attribute_accuracy": 1,
    "class_1_share": 1,
    "class_separation": 1,
    "colour_distance": -1,
    "conditional_accuracy": 1,
    "contrast": 1,
    "controls_colour": 1,
    "controls_sharpness": 1,
    "controls_tilt": 1,
    "coverage": 1,
    "density": 1,
    "high_frequency": 1,
    "shape_distance": -1,
    "style_diversity": 1,
    "top_class_share": 1,
    "transition_share": 1,
    # over that of real images of the model's own data set
    "relative/sharpness": 1,
}
RELATIVE = "relative/"


@dataclass(frozen=True)
class Estimate:
    """A number with its uncertainty."""

    value: float
    low: float
    high: float
    n_seeds: int
    seed_sd: float | None = None  # between trainings
    eval_sd: float | None = None  # between evaluation samples, of the first seed
    metric: str = ""  # id

    @property
    def margin(self) -> float:
        """Half the width of the 95% interval."""
        return (self.high - self.low) / 2

    def over(self, other: "Estimate", metric: str) -> "Estimate":
        """The quotient of two independent estimates: relative margins add in squares."""
        value = self.value / other.value
        margin = abs(value) * sqrt((self.margin / self.value) ** 2 + (other.margin / other.value) ** 2)
        return Estimate(value, value - margin, value + margin, min(self.n_seeds, other.n_seeds), metric=metric)

    def __str__(self) -> str:
        return f"{self.value:.4g}" + (f" [{self.low:.4g}, {self.high:.4g}]" if self.margin else "")


class NotMeasured(Exception):
    """What is missing; the reason of a ``not run`` verdict."""


class Measurements:
    """Reads ``<results folder>/measurements``.

    Args:
        folder: ``results/<scale>/<name>``.
        params: of the replication at that scale; it says which runs there should be.
    """

    def __init__(self, folder: Path, params: ReplicationParams):
        self.folder, self.params = folder / "measurements", params

    @cached_property
    def runs(self) -> dict[str, dict[int, dict[str, Any]]]:
        """Measurements by run and seed; only what is there."""
        found: dict[str, dict[int, dict[str, Any]]] = {}
        for name, run in self.params.runs.items():
            for seed in run.seeds:
                path = self.folder / f"{name}-seed{seed}.json"
                if path.exists():
                    found.setdefault(name, {})[seed] = _record(path, "status", "log", "snapshots")
        return found

    @cached_property
    def reals(self) -> dict[str, dict[str, Any]]:
        """The measurements of real images by the classifier that measured them; only what is there."""
        default = self.params.evaluation.classifier
        paths = {run: self.folder / f"{real_name(run, default)}.json" for run in self.params.classifiers}
        return {run: _record(path, "snapshots") for run, path in paths.items() if path.exists()}

    def real(self, model: str | None = None) -> dict[str, Any] | None:
        """The measurement of the real images that a model is compared with; the default classifier's if None."""
        evaluation = self.params.evaluation
        return self.reals.get(evaluation.classifier if model is None else self.params.classifier_of(model))

    @cached_property
    def times(self) -> dict[str, Any] | None:
        """The epoch times."""
        path = self.folder / "epoch_times.json"
        return _record(path, "machine", "runs") if path.exists() else None

    @cached_property
    def deviations(self) -> str:
        """How this scale, and the images that its runs were trained on, differ from the report; for reasons."""
        found = list(self.params.deviations)
        for records in self.runs.values():
            for record in records.values():
                data = record.get("provenance", {}).get("data", {})
                found += [f"{data['name']}: {what}" for what in data.get("deviations", ())]
        return "; ".join(dict.fromkeys(found))

    @property
    def models(self) -> list[str]:
        """Every model that is sampled, in the order of ``params.yaml``."""
        return list(dict.fromkeys(self.params.model_of(name) for name, run in self.params.runs.items() if run.sampler))

    def runs_of(self, model: str) -> list[str]:
        """The runs that a model should have."""
        return [name for name in self.params.runs if self.params.model_of(name) == model]

    @cached_property
    def best(self) -> dict[str, str]:
        """Per model the run with the lowest native FID at its last epoch (first seed, smallest n)."""
        best: dict[str, str] = {}
        for model in self.models:
            scored = {}
            for name in self.runs_of(model):
                for record in list(self.runs.get(name, {}).values())[:1]:
                    if record["status"] == "finished":
                        n = min(self.params.samples_of(name))
                        scored[name] = find(record["snapshots"][-1]["metrics"], "fid", n)["value"]
            if scored:
                best[model] = min(scored, key=scored.__getitem__)
        return best

    def best_run(self, model: str) -> str:
        """``best[model]``.

        Raises:
            NotMeasured: no run of the model has been measured.
        """
        if model not in self.best:
            raise NotMeasured(self.cost(model))
        return self.best[model]

    def common_n(self, *models: str) -> int:
        """The largest sample count that all these models were measured at."""
        common = set.intersection(*(set(self.params.samples_of(self.best_run(m))) for m in models))
        if not common:
            raise NotMeasured(f"{', '.join(models)} have no sample count in common")
        return max(common)

    def final(self, run: str, metric: str, n: int) -> Estimate:
        """A metric after the last epoch: Student t over three or more seeds, else the first seed's bootstrap.

        ``relative/<metric>`` is that of the model over that of the real images it is compared with.
        """
        if metric.startswith(RELATIVE):
            plain = metric.removeprefix(RELATIVE)
            ours = self.final(run, plain, n)
            return ours.over(self.real_metric(plain, n, self.params.model_of(run)), metric)
        records = list(self.runs.get(run, {}).values())
        if not records or any(not record["snapshots"] for record in records):
            raise NotMeasured(f"{run}: no measurement after the last epoch")
        entries = [find(record["snapshots"][-1]["metrics"], metric, n) for record in records]
        return estimate(entries)

    def real_metric(self, metric: str, n: int | None = None, model: str | None = None) -> Estimate:
        """A metric of the held-out real images that a model is compared with, at n of them (the most if None)."""
        record = self.real(model)
        if record is None:
            raise NotMeasured("real images have not been measured")
        metrics = record["snapshots"][0]["metrics"]
        if n is None:
            n = max((m["n"] for m in metrics if m["name"] == metric), default=0)
        return estimate([find(metrics, metric, n)])

    def curve(self, run: str, seed: int, metric: str, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Epochs and values of a metric over a run's snapshots, two (E,) arrays."""
        snapshots = self.runs[run][seed]["snapshots"]
        values = [find(s["metrics"], metric, n)["value"] for s in snapshots]
        return np.array([s["epoch"] for s in snapshots]), np.array(values)

    # -- cost ---------------------------------------------------------------------------------------------------------

    def timed(self, model: str) -> dict[str, Any]:
        """The timing of a model.

        Raises:
            NotMeasured: there is none.
        """
        if self.times is not None:
            for timing in self.times["runs"].values():
                if timing["model"] == model:
                    return timing
        raise NotMeasured(f"the epochs of {model} have not been timed")

    def epoch_seconds(self, model: str, which: str) -> Estimate:
        """Seconds of the ``first`` epoch, or the median of the later ones (``last``)."""
        epochs = self.timed(model)["epochs"]
        later = [epoch["seconds"] for epoch in epochs[1:]]
        value = epochs[0]["seconds"] if which == "first" else median(later)
        spread = (min(later), max(later)) if which == "last" else (value, value)
        return Estimate(value, *spread, n_seeds=1, metric=f"epoch_seconds/{which}")

    def seconds_until(self, model: str, epoch: float) -> float:
        """Training seconds to the end of an epoch (infinite for none), with the machine to itself.

        From the timed epochs: runs themselves share the machine with others, so their own clocks do not compare.
        """
        first, last = (self.epoch_seconds(model, which).value for which in ("first", "last"))
        return first + (epoch - 1) * last

    def epoch_flops(self, model: str) -> Estimate:
        """Floating-point operations of one epoch of training."""
        timing = self.timed(model)
        value = float(timing["flops_per_image"] * timing["epoch_images"])
        return Estimate(value, value, value, n_seeds=1, metric="epoch_flops")

    def cost(self, model: str) -> str:
        """A sentence on what a model's missing runs would take on the machine that the epochs were timed on."""
        missing = [name for name in self.runs_of(model) if name not in self.runs]
        if not self.runs_of(model):
            return f"{model}: not run at this scale"
        text = f"{', '.join(missing)}: not run"
        try:
            seconds = self.epoch_seconds(model, "last").value
            hours = sum(self.params.runs[n].epochs * len(self.params.runs[n].seeds) for n in missing) * seconds / 3600
        except NotMeasured:
            estimated = [self._hours_by_arithmetic(name) for name in missing]
            if not estimated or None in estimated:
                return text
            hours = sum(filter(None, estimated))
        machine = (self.times or {})["machine"]
        where = f"{machine['device_name']} ({machine['device']}, {machine['threads']} threads)"
        return f"{text}; about {hours:.3g} h on {where}"

    def _hours_by_arithmetic(self, run: str) -> float | None:
        """Training of all seeds of a run that was not timed, at the mean rate of those that were; None if unknown."""
        times = self.times or {}
        operations = times.get("operations", {}).get(run)
        if operations is None:
            return None
        timed = times["runs"].values()
        done = sum(t["flops_per_image"] * t["epoch_images"] for t in timed)
        rate = done / sum(median(e["seconds"] for e in t["epochs"][1:]) for t in timed)
        return float(operations * len(self.params.runs[run].seeds) / rate / 3600)


def _record(path: Path, *keys: str) -> dict[str, Any]:
    """A measurement file, with the keys that it must have.

    Raises:
        UserError: it is no such file.
    """
    try:
        record = read_json(path)
    except UnicodeDecodeError:
        record = None
    if not isinstance(record, dict) or not all(record.get(key) is not None for key in keys):
        raise UserError(f"{path} is damaged; restore it with git, or delete it and measure again")
    return record


def find(metrics: list[dict[str, Any]], name: str, n: int) -> dict[str, Any]:
    """The entry of a metric at a sample count; a probe's has none.

    Raises:
        NotMeasured: there is none.
    """
    for entry in metrics:
        if entry["name"] == name and entry["n"] in (n, None):
            return entry
    raise NotMeasured(f"{name} at n={n} has not been measured")


def estimate(entries: list[dict[str, Any]]) -> Estimate:
    """Combine one metric's entries over seeds into an estimate."""
    values = [entry["value"] for entry in entries]
    first = entries[0]
    low, high = (first["ci_low"], first["ci_high"]) if first["ci_low"] is not None else (first["value"],) * 2
    eval_sd = (high - low) / 2 / 1.96
    if len(values) < 3:
        return Estimate(values[0], low, high, len(values), None, eval_sd, first["id"])
    mean, sd = float(np.mean(values)), float(np.std(values, ddof=1))
    margin = float(student.ppf(0.975, len(values) - 1)) * sd / sqrt(len(values))
    return Estimate(mean, mean - margin, mean + margin, len(values), sd, eval_sd, first["id"])
