"""Parameters of the replications: runs and what is measured on them."""

from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, model_validator

from genrep.params.base import Params
from genrep.params.training import Precision, Probability, RunParams

Extra = Literal[
    "classes_covered",
    "class_shares",
    "class_separation",
    "conditional",
    "contrast",
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


class TimingParams(Params):
    """The rule that times epochs with the machine to itself."""

    runs: Annotated[tuple[str, ...], Field(min_length=1)]
    epochs: Annotated[int, Field(ge=2)]  # timed one after another from a cold start; the last stands for the 50th
    steps: Annotated[int, Field(ge=2)] | None = None  # time so many steps of each epoch and scale up; None: all
    threads: PositiveInt | None = None  # of torch on a CPU; None: all that the rule is given


class ReplicationParams(Params):
    """One replication at one scale; variants of a model have become runs of their own."""

    deviations: tuple[str, ...] = ()  # from the report, carried into the reasons
    precision: Precision
    threads: PositiveInt
    runs: dict[str, RunParams]
    evaluation: EvaluationParams
    timing: TimingParams | None = None

    @model_validator(mode="after")
    def _names_are_of_runs(self) -> "ReplicationParams":
        models = {self.model_of(run) for run in self.runs}
        classifiers = {name for name, run in self.runs.items() if run.objective.kind == "classification"}
        named = (
            ("evaluation.classifier", (self.evaluation.classifier,), classifiers),
            ("evaluation.classifier_of", self.evaluation.classifier_of.values(), classifiers),
            ("evaluation.classifier_of", self.evaluation.classifier_of, models),
            ("evaluation.samples_of", self.evaluation.samples_of, models),
            ("timing.runs", self.timing.runs if self.timing else (), set(self.runs)),
        )
        for where, names, known in named:
            for name in names:
                if name not in known:
                    near = get_close_matches(name, known, n=1)
                    hint = f" - did you mean {near[0]!r}?" if near else ""
                    raise ValueError(f"{where}: {name!r} is not one of {', '.join(sorted(known))}{hint}")
        return self

    def model_of(self, run: str) -> str:
        """``vae-adam`` is a run of the model ``vae``."""
        return run.split("-")[0]

    def samples_of(self, run: str) -> tuple[int, ...]:
        """The sample counts n that the run's metrics are computed at, ascending."""
        return tuple(sorted(self.evaluation.samples_of.get(self.model_of(run), self.evaluation.samples)))

    def classifier_of(self, run: str) -> str:
        """The run whose network measures this run."""
        return self.evaluation.classifier_of.get(self.model_of(run), self.evaluation.classifier)

    @property
    def classifiers(self) -> tuple[str, ...]:
        """Every run whose network measures, the default one first."""
        return tuple(dict.fromkeys((self.evaluation.classifier, *self.evaluation.classifier_of.values())))

    def values(self) -> dict[str, Any]:
        """See ``Params.values``; runs resolve to their own."""
        return super().values() | {"runs": {name: run.values() for name, run in self.runs.items()}}
