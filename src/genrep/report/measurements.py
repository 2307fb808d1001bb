"""The measurements of one replication, and estimates with intervals from them."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from genrep.errors import UserError
from genrep.files import read_json
from genrep.layout import real_name
from genrep.params import ReplicationParams
from genrep.report.costs import arithmetic, on_machine
from genrep.report.estimates import LOSSES, Estimate, NotMeasured, estimate, find, loss_entry
from genrep.report.inception import is_inception, lacking, with_inception
from genrep.report.studies import Studies

REAL = "real"  # real images, where a model could stand
# Metrics of quality by name. Those without ``/inception`` are native: their network is the replication's classifier.
HIGHER_IS_CLEARER = {
    "legible_share": 1,
    "inception_score": 1,
    "inception_score/inception": 1,
    "sharpness": 1,
    "classes_covered": 1,
    "fid": -1,
    "fid/inception": -1,
    "kid/inception": -1,
    "precision/inception": 1,
    "recall/inception": 1,
    "elbo/train": 1,
    "elbo/test": 1,
    "reconstruction_error/train": -1,
    "reconstruction_error/test": -1,
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
    "diversity": 1,
    "high_frequency": 1,
    "shape_distance": -1,
    "style_diversity": 1,
    "top_class_share": 1,
    "transition_share": 1,
    # over that of real images of the model's own data set
    "relative/sharpness": 1,
}
RELATIVE = "relative/"


class Measurements:
    """Reads ``<results folder>/measurements``.

    Args:
        folder: ``results/<scale>/<name>``.
        params: of the replication at that scale; it says which runs there should be.
        read_otherwise: parameters of the runs that are measured by others than these: the readings of sweeps.
    """

    def __init__(
        self, folder: Path, params: ReplicationParams, read_otherwise: Mapping[str, ReplicationParams] | None = None
    ):
        self.folder, self.params, self._otherwise = folder / "measurements", params, read_otherwise or {}

    @cached_property
    def runs(self) -> dict[str, dict[int, dict[str, Any]]]:
        """Measurements by run and seed; only what is there."""
        found: dict[str, dict[int, dict[str, Any]]] = {}
        for name, run in self.params.runs.items():
            params = self._otherwise.get(name, self.params)
            for seed in run.seeds:
                path = self.folder / f"{name}-seed{seed}.json"
                if path.exists():
                    record = _record(path, "status", "log", "snapshots")
                    found.setdefault(name, {})[seed] = with_inception(params, name, record, path, _record)
        return found

    @cached_property
    def reals(self) -> dict[str, dict[str, Any]]:
        """The measurements of real images by the classifier that measured them; only what is there."""
        default = self.params.evaluation.classifier
        paths = {run: self.folder / f"{real_name(run, default)}.json" for run in self.params.classifiers}
        return {
            run: with_inception(self.params, run, _record(path, "snapshots"), path, _record)
            for run, path in paths.items()
            if path.exists()
        }

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
    def sampling(self) -> dict[str, Any] | None:
        """The sampling times, with the sizes of the networks."""
        path = self.folder / "sampling_times.json"
        return _record(path, "machine", "runs") if path.exists() else None

    @cached_property
    def studies(self) -> Studies:
        """The studies."""
        return Studies(self.folder, self.params)

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

    def common_n(self, *models: str, metric: str = "") -> int:
        """The largest sample count that all these models were measured at, by a metric (native if none is named).

        Raises:
            NotMeasured: a model was not, or nobody asked for the metric.
        """
        try:
            runs = [self.best_run(model) for model in models]
        except NotMeasured as missing:
            also = f"; {lacking(self.params, metric)}" if is_inception(metric) else ""
            raise NotMeasured(f"{missing}{also}") from None
        if is_inception(metric):
            return self.largest_n(metric)
        common = set.intersection(*(set(self.params.samples_of(run)) for run in runs))
        if not common:
            raise NotMeasured(f"{', '.join(models)} have no sample count in common")
        return max(common)

    def counts(self, run: str, metric: str) -> tuple[int, ...]:
        """The sample counts that a metric of a run is asked for at, ascending."""
        if not is_inception(metric):
            return self.params.samples_of(run)
        asked = self.params.evaluation.inception
        return tuple(sorted(asked.samples)) if asked is not None else ()

    def largest_n(self, metric: str) -> int:
        """The largest sample count that a metric is asked for at, of any model.

        Raises:
            NotMeasured: it is an Inception metric, and nobody asks for those.
        """
        if not is_inception(metric):
            return max(self.params.evaluation.samples)
        counts = self.counts("", metric)
        if not counts:
            raise NotMeasured(lacking(self.params, metric))
        return max(counts)

    def final(self, run: str, metric: str, n: int) -> Estimate:
        """A metric after the last epoch: Student t over three or more seeds, else the first seed's bootstrap."""
        return self.at(run, metric, n)

    def at(
        self, run: str, metric: str, n: int, epoch: int | None = None, protocol: str = "", seed: int | None = None
    ) -> Estimate:
        """A metric of a run after an epoch (the last one if None), combined over seeds as ``final`` does.

        Args:
            run: its name.
            metric: by name; ``losses/<name>`` is a training loss, a mean over the epoch; ``relative/<name>`` is
                over the metric of the real images that the model is compared with.
            n: samples that it was measured on; means nothing to a loss.
            epoch: from 1.
            protocol: what the id of the metric has to contain.
            seed: that alone; None: all that were measured.

        Raises:
            NotMeasured: the run, the epoch or the metric is missing.
        """
        if metric.startswith(RELATIVE):
            plain = metric.removeprefix(RELATIVE)
            real = self.real_metric(plain, n, self.params.model_of(run))
            return self.at(run, plain, n, epoch, protocol, seed).over(real, metric)
        records = [record for one, record in self.runs.get(run, {}).items() if seed in (None, one)]
        found = [self._entry(record, metric, n, epoch, protocol) for record in records]
        if not found or None in found:
            when = "the last epoch" if epoch is None else f"epoch {epoch}"
            raise NotMeasured(f"{run}: no measurement after {when}" if records else f"{run}: not run")
        return estimate([entry for entry in found if entry is not None])

    def _entry(
        self, record: dict[str, Any], metric: str, n: int, epoch: int | None, protocol: str
    ) -> dict[str, Any] | None:
        """The entry of one seed; None where it did not get to that epoch."""
        moments = record["log"] if metric.startswith(LOSSES) else record["snapshots"]
        chosen = [moment for moment in moments if epoch in (None, moment["epoch"])]
        if not chosen:
            return None
        if metric.startswith(LOSSES):
            return loss_entry(chosen[-1], metric)
        return self._found(record, chosen[-1]["metrics"], metric, n, protocol)

    def real_metric(self, metric: str, n: int | None = None, model: str | None = None) -> Estimate:
        """A metric of the held-out real images that a model is compared with, at n of them (the most if None)."""
        record = self.real(model)
        if record is None:
            raise NotMeasured("real images have not been measured")
        metrics = record["snapshots"][0]["metrics"]
        if n is None:
            n = max((m["n"] for m in metrics if m["name"] == metric), default=0)
        return estimate([self._found(record, metrics, metric, n)])

    def _found(
        self, record: dict[str, Any], metrics: list[dict[str, Any]], metric: str, n: int, protocol: str = ""
    ) -> dict[str, Any]:
        """The entry of a metric in a measurement; what an Inception metric lacks is told with the mend."""
        try:
            return find(metrics, metric, n, protocol)
        except NotMeasured as missing:
            raise (NotMeasured(lacking(self.params, metric, record)) if is_inception(metric) else missing) from None

    def curve(self, run: str, seed: int, metric: str, n: int, protocol: str = "") -> tuple[np.ndarray, np.ndarray]:
        """Epochs and values of a metric over a run's snapshots (of a loss: over its epochs), two (E,) arrays."""
        record = self.runs[run][seed]
        moments = record["log"] if metric.startswith(LOSSES) else record["snapshots"]
        entries = [self._entry(record, metric, n, moment["epoch"], protocol) for moment in moments]
        return np.array([m["epoch"] for m in moments]), np.array([entry["value"] for entry in entries if entry])

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
        return first + (epoch - 1) * last if epoch else 0.0

    def epoch_flops(self, model: str) -> Estimate:
        """Floating-point operations of one epoch of training."""
        timing = self.timed(model)
        value = float(timing["flops_per_image"] * timing["epoch_images"])
        return Estimate(value, value, value, n_seeds=1, metric="epoch_flops")

    def cost(self, model: str) -> str:
        """A sentence on what a model's missing runs would take: hours where epochs were timed, else arithmetic."""
        if model in self.params.left_out:
            would_take = arithmetic(self.params, self.runs_of(model), self.times)
            return f"{model}: {self.params.left_out[model]}; {would_take}"
        missing = [name for name in self.runs_of(model) if name not in self.runs]
        if not missing:  # none has come to its end
            return "; ".join(f"{name} {r['status']}" for name in self.runs_of(model) for r in self.runs[name].values())
        text = f"{', '.join(missing)}: not run"
        try:
            seconds = self.epoch_seconds(model, "last").value
        except NotMeasured:
            return f"{text}; {arithmetic(self.params, missing, self.times)}"
        hours = sum(self.params.runs[n].epochs * len(self.params.runs[n].seeds) for n in missing) * seconds / 3600
        return f"{text}; {on_machine(hours, self.times)}"


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
