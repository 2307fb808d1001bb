"""What the Snakemake rules ask: parameters, keys and paths of runs. Nothing here imports torch."""

import shutil
from functools import cached_property
from pathlib import Path
from typing import Any

from genrep.data.catalogue import data_set
from genrep.data.weight_files import missing_weights, published_sha256
from genrep.files import read_json, sha256_json
from genrep.identity import inception_key, measurement_key, run_key, sampling_times_key
from genrep.layout import adoption_path, inception_path, measurement_path, real_name, real_path, run_folder
from genrep.params import ReplicationParams, RunParams, TimingParams, resolve
from genrep.params.load import check_choice
from genrep.study_checks import check_studies
from genrep.sweep.readings import SEPARATOR, Sweeps, Variant, sweeps


class Plan:
    """One replication at one scale, as the rules see it.

    Args:
        params: the content of ``params.yaml``.
        replication: its name.
        scale: smoke, desk or full.
    """

    def __init__(self, params: dict[str, Any], replication: str, scale: str):
        self.name, self.scale = replication, scale
        self.params: ReplicationParams = resolve(params, replication, scale)
        if self.params.evaluation.inception is not None:
            published_sha256(self.params.evaluation.inception.weights)  # a mistyped name is told now
        check_studies(self.params)

    @cached_property
    def sweeps(self) -> Sweeps:
        """The sweeps of the replication's assumptions."""
        return sweeps(self.name, self.params, self.scale)

    @cached_property
    def variants(self) -> dict[str, Variant]:
        """The readings that are run or measured apart, by the name of their run."""
        found = {v.name: v for variants in self.sweeps.values() for v in variants if not v.not_run}
        return {name: variant for name, variant in found.items() if name not in self.params.runs}

    def params_of(self, name: str) -> ReplicationParams:
        """The parameters that hold a run: the replication's own, or those of a reading in a sweep.

        Raises:
            UserError: there is no such run.
        """
        if SEPARATOR in name and name not in self.params.runs:
            check_choice(f"run of {self.name}", name, (*self.params.runs, *self.variants))
            return self.variants[name].params
        check_choice(f"run of {self.name}", name, tuple(self.params.runs))
        return self.params

    def run(self, name: str) -> RunParams:
        """The parameters of one run."""
        return self.params_of(name).runs[name]

    def trained(self, name: str) -> str:
        """The run whose weights a run is measured on: itself, but for readings that are only measured otherwise."""
        return name if self.params_of(name) is self.params else self.variants[name].trained

    def training_key(self, name: str, seed: int | str) -> str:
        """Changes when the run has to be trained again."""
        return run_key(self.run(name), int(seed))

    def measuring_key(self, name: str, seed: int | str) -> str:
        """Changes when the run has to be measured again."""
        return measurement_key(self.params_of(name), name, int(seed))

    def images(self, name: str) -> str:
        """The prepared images that a run trains on."""
        return f"data/prepared/{self.run(name).data.set}/images.npy"

    def provenance(self, name: str, seed: int | str = 0) -> str:
        """What stands for a trained run: small, so that Snakemake compares its content and not its time."""
        return str(run_folder(self.scale, self.name, name, int(seed)) / "provenance.json")

    def real(self, classifier: str) -> str:
        """What the measurement of a classifier's real images is called."""
        return real_name(classifier, self.params.evaluation.classifier)

    def classifier_named(self, real: str) -> str:
        """The classifier whose real images a measurement is of."""
        return next(run for run in self.params.classifiers if self.real(run) == real)

    def classifier_of(self, name: str) -> str:
        """The run whose network measures a run."""
        return self.params_of(name).classifier_of(name)

    def real_of_classifier(self, classifier: str) -> str:
        """The measurement of a classifier's real images."""
        return str(real_path(self.scale, self.name, self.real(classifier)))

    def reals(self) -> list[str]:
        """The measurements of real images: one per classifier."""
        return [self.real_of_classifier(run) for run in self.params.classifiers]

    def real_of(self, name: str) -> str:
        """The measurement of the real images that a run is compared with."""
        return self.real_of_classifier(self.classifier_of(name))

    def measured(self) -> list[tuple[str, int]]:
        """Every run and seed that is sampled and measured."""
        return [(name, seed) for name, run in self.params.runs_here.items() if run.sampler for seed in run.seeds]

    def measurements(self) -> list[str]:
        """The measurement of every run and seed."""
        return [str(measurement_path(self.scale, self.name, name, seed)) for name, seed in self.measured()]

    def inception(self) -> list[str]:
        """The Inception measurements that can be made here, or that were adopted; the others are not run."""
        if self.params.evaluation.inception is None:
            return []
        here = not missing_weights(self.params.evaluation.inception.weights)
        titles = {(run, 0): self.real(run) for run in self.params.classifiers}
        titles |= {(name, seed): f"{name}-seed{seed}" for name, seed in self.measured()}
        folder = real_path(self.scale, self.name).parent
        return [
            str(inception_path(folder / f"{title}.json"))
            for (name, seed), title in titles.items()
            if here or self._inception_adopted(title, name, seed)
        ]

    def inception_key(self, name: str, seed: int | str) -> str:
        """Changes when a run (real images: the classifier's) has to be measured again on Inception features."""
        return inception_key(self.params_of(name), name, int(seed))

    def to_measure_inception(self, name: str, seed: int | str) -> list[str]:
        """What measuring a run on Inception features reads; nothing where such a measurement was adopted."""
        if self._inception_adopted(f"{name}-seed{seed}", name, seed):
            return []
        return [self.provenance(self.trained(name), seed)]

    def to_measure_real_inception(self, classifier: str) -> list[str]:
        """What measuring a classifier's real images on Inception features reads."""
        adopted = self._inception_adopted(self.real(classifier), classifier, 0)
        return [] if adopted else [self.images(classifier)]

    def _inception_adopted(self, title: str, name: str, seed: int | str) -> bool:
        return self._adopted.get(f"{title}.inception") == self.inception_key(name, seed)

    def swept(self, sweep: str) -> list[str]:
        """The measurements that a sweep reads, one per reading that can be run here."""
        found = [v for v in self.sweeps[sweep] if v.here]
        paths = list(dict.fromkeys(measurement_path(self.scale, self.name, v.name, v.seed) for v in found))
        asked = self.params.evaluation.inception
        if asked is not None and not missing_weights(asked.weights):
            paths += map(inception_path, paths[:])
        return list(map(str, paths))

    def to_measure(self, name: str, seed: int | str) -> list[str]:
        """What measuring a run reads; nothing where a measurement with the same key was adopted."""
        if self._adopted.get(f"{name}-seed{seed}") == self.measuring_key(name, seed):
            return []
        return [self.provenance(self.trained(name), seed), self.provenance(self.classifier_of(name))]

    def to_measure_real(self, classifier: str) -> list[str]:
        """What measuring a classifier's real images reads."""
        if self._adopted.get(self.real(classifier)) == self.training_key(classifier, 0):
            return []
        return [self.provenance(classifier)]

    def to_time(self) -> list[str]:
        """What timing epochs reads."""
        if self._adopted.get("epoch_times") == self.timing_key():
            return []
        return sorted({self.images(name) for name in self._timing.runs})

    def timing_key(self) -> str:
        """Changes when epochs have to be timed again."""
        runs = {name: run_key(self.run(name), 0) for name in self._timing.runs}
        return sha256_json({"runs": runs, "timing": self._timing.values()})

    def sampling_times_key(self) -> str:
        """Changes when sampling has to be timed again."""
        return sampling_times_key(self.params)

    @property
    def _timing(self) -> TimingParams:
        assert self.params.timing is not None
        return self.params.timing

    @cached_property
    def _adopted(self) -> dict[str, str]:
        path = adoption_path(self.scale, self.name)
        return read_json(path) if path.exists() else {}


def preparation_key(name: str) -> str:
    """Changes when a data set has to be prepared again."""
    # not its code: whatever prepares it, the pixels are checked against this hash
    return data_set(name).key


def gpus(device: str) -> int:
    """GPU slots that a job takes: 1, or 0 where runs go to the CPU."""
    return 0 if device == "cpu" or (device == "auto" and not _has_gpu()) else 1


def _has_gpu() -> bool:
    return Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi") is not None
