"""Parameters of the replications: runs and what is measured on them."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, model_validator

from genrep.params.base import Params
from genrep.params.inception import InceptionParams
from genrep.params.samplers import SamplerParams
from genrep.params.studies import StudiesParams
from genrep.params.training import DiffusionObjectiveParams, Precision, Probability, RunParams

Extra = Literal[
    "classes_covered",
    "class_shares",
    "class_separation",
    "conditional",
    "contrast",
    "diversity",
    "high_frequency",
    "layout_distance",
    "manifold",
    "style_diversity",
]


class EvaluationParams(Params):
    """How every snapshot is sampled and measured."""

    classifier: str  # the run whose network measures legibility, native FID and native IS
    classifier_of: dict[str, str] = Field(default={})  # other classifiers by model: those of other data sets
    samples: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]  # n of each metric, ascending
    samples_of: dict[str, tuple[PositiveInt, ...]] = Field(default={})  # other n for one model: slow samplers
    confidence: Probability  # above which a sample counts as legible
    seed: int
    extra: tuple[Extra, ...] = ()  # further native metrics: modules of genrep.metrics.extra
    probes: tuple[Literal["latent_controls", "class_transitions", "latent_plane"], ...] = ()  # of genrep.metrics.probes
    looked_at: dict[str, tuple[PositiveInt, ...]] = Field(default={})  # by model: epochs with intervals and a grid too
    also: dict[str, SamplerParams] = Field(default={})  # by model: measured at its last snapshot, as metric@kind
    splits: PositiveInt = 1  # consecutive parts of the samples that native IS is a mean over
    inception: InceptionParams | None = None  # metrics of the Inception network, where its weights are at hand

    def native_values(self) -> dict[str, Any]:
        """What identifies the native measurement, which Inception metrics beside it leave as it is."""
        return {key: value for key, value in self.values().items() if key != "inception"}


class TimingParams(Params):
    """The rule that times epochs with the machine to itself."""

    runs: Annotated[tuple[str, ...], Field(min_length=1)]
    epochs: Annotated[int, Field(ge=2)]  # timed one after another from a cold start; the last stands for the 50th
    steps: Annotated[int, Field(ge=2)] | None = None  # time so many steps of each epoch and scale up; None: all
    threads: PositiveInt | None = None  # of torch on a CPU; None: all that the rule is given


class SamplingTimesParams(Params):
    """The rule that times sampling with the machine to itself."""

    runs: Annotated[tuple[str, ...], Field(min_length=1)]
    batch: PositiveInt  # images
    repetitions: PositiveInt  # after one that warms up; the median stands
    cpu_steps: PositiveInt | None = None  # of a sampler that takes steps, timed on a CPU and scaled up; None: all
    threads: PositiveInt | None = None  # of torch on a CPU; None: all that the rule is given


class ReplicationParams(Params):
    """One replication at one scale; variants of a model have become runs of their own."""

    deviations: tuple[str, ...] = ()  # from the report, carried into the reasons
    left_out: dict[str, str] = Field(default={})  # models that this scale leaves to another one, and where they are run
    precision: Precision
    threads: PositiveInt
    runs: dict[str, RunParams]
    evaluation: EvaluationParams
    timing: TimingParams | None = None
    sampling_times: SamplingTimesParams | None = None
    studies: StudiesParams | None = None

    @model_validator(mode="after")
    def _names_are_of_runs(self) -> "ReplicationParams":
        models = {self.model_of(run) for run in self.runs}
        classifiers = {name for name, run in self.runs.items() if run.objective.kind == "classification"}
        sampled = {name for name, run in self.runs.items() if run.sampler is not None}
        named = (
            ("evaluation.classifier", (self.evaluation.classifier,), classifiers),
            ("evaluation.classifier_of", self.evaluation.classifier_of.values(), classifiers),
            ("evaluation.classifier_of", self.evaluation.classifier_of, models),
            ("evaluation.samples_of", self.evaluation.samples_of, models),
            ("evaluation.looked_at", self.evaluation.looked_at, models),
            ("left_out", self.left_out, models),
            ("timing.runs", self.timing.runs if self.timing else (), set(self.runs)),
            ("sampling_times.runs", self.sampling_times.runs if self.sampling_times else (), models & set(self.runs)),
            ("evaluation.also", self.evaluation.also, models),
            ("studies.runs", self.studies.runs if self.studies else (), sampled),
            *((where, by_model, models) for where, by_model in self._of_models_in_studies()),
        )
        for where, names, known in named:
            for name in names:
                if name not in known:
                    near = get_close_matches(name, known, n=1)
                    hint = f" - did you mean {near[0]!r}?" if near else ""
                    raise ValueError(f"{where}: {name!r} is not one of {', '.join(sorted(known))}{hint}")
        return self

    def _of_models_in_studies(self) -> Iterator[tuple[str, Iterable[str]]]:
        """What the studies ask of single models, by where it stands."""
        if self.studies is not None and self.studies.neighbours is not None:
            yield "studies.neighbours.samples_of", self.studies.neighbours.samples_of
            yield "studies.neighbours.sampler_of", self.studies.neighbours.sampler_of
        if self.studies is not None and self.studies.concept is not None:
            yield "studies.concept.amount_of", self.studies.concept.amount_of

    @model_validator(mode="after")
    def _depths_are_within_the_noise(self) -> "ReplicationParams":
        for name in self.studies.runs if self.studies else ():
            objective = self.runs[name].objective if name in self.runs else None
            if not isinstance(objective, DiffusionObjectiveParams):
                continue
            assert self.studies is not None
            for study in self.studies.asked:
                for depth in getattr(getattr(self.studies, study), "depths", ()):
                    if depth > objective.steps:
                        raise ValueError(
                            f"studies.{study}.depths: {depth} steps of noise; {name} is trained with {objective.steps}"
                        )
        return self

    @model_validator(mode="after")
    def _features_have_a_protocol(self) -> "ReplicationParams":
        if self.studies is not None and self.studies.features == "inception" and self.evaluation.inception is None:
            raise ValueError("studies.features: inception has no protocol; give evaluation.inception")
        return self

    @model_validator(mode="after")
    def _what_is_looked_at_is_kept(self) -> "ReplicationParams":
        for name, run in self.runs.items():
            kept = run.snapshot_epochs()
            for epoch in self.looked_at(name):
                if epoch not in kept:
                    raise ValueError(
                        f"evaluation.looked_at: {name} keeps no snapshot of epoch {epoch}; it has "
                        f"{', '.join(map(str, kept)) or 'none'}"
                    )
        return self

    def looked_at(self, run: str) -> tuple[int, ...]:
        """Epochs of a run, besides the last, that a table or figure looks at."""
        return self.evaluation.looked_at.get(self.model_of(run), ())

    def model_of(self, run: str) -> str:
        """``vae-adam`` is a run of the model ``vae``."""
        return run.split("-")[0]

    def samples_of(self, run: str) -> tuple[int, ...]:
        """The sample counts n that the run's metrics are computed at, ascending."""
        return tuple(sorted(self.evaluation.samples_of.get(self.model_of(run), self.evaluation.samples)))

    def classifier_of(self, run: str) -> str:
        """The run whose network measures this run."""
        return self.evaluation.classifier_of.get(self.model_of(run), self.evaluation.classifier)

    def also_of(self, run: str) -> SamplerParams | None:
        """Another sampler that the run's last snapshot is measured with."""
        return self.evaluation.also.get(self.model_of(run))

    @property
    def classifiers(self) -> tuple[str, ...]:
        """Every run whose network measures at this scale, the default one first."""
        found = dict.fromkeys((self.evaluation.classifier, *self.evaluation.classifier_of.values()))
        idle = {self.classifier_of(model) for model in self.left_out}
        busy = {
            self.classifier_of(name)
            for name, run in self.runs.items()
            if run.sampler and self.model_of(name) not in self.left_out
        }
        return tuple(name for name in found if name not in idle or name in busy)

    @property
    def runs_here(self) -> dict[str, RunParams]:
        """The runs of this scale: those of models that it does not leave to another one, and their classifiers."""
        judges = {name for name, run in self.runs.items() if run.objective.kind == "classification"}
        idle = {*self.left_out, *(judges - {*self.classifiers})} if self.left_out else set()
        return {name: run for name, run in self.runs.items() if self.model_of(name) not in idle}

    def values(self) -> dict[str, Any]:
        """See ``Params.values``; runs resolve to their own."""
        return super().values() | {"runs": {name: run.values() for name, run in self.runs.items()}}
