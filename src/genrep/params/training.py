"""Parameters of one run: data, network, objective, optimizer, schedule and sampler."""

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from genrep.params.base import Params, merge
from genrep.params.networks import NetworkParams, ProgressiveGANParams
from genrep.params.samplers import SamplerParams

Probability = Annotated[float, Field(ge=0, le=1)]
Beta = Annotated[float, Field(ge=0, lt=1)]
Precision = Literal["auto", "bf16", "fp32"]


class DataParams(Params):
    """Which images a run sees, and how their pixels are scaled."""

    set: str  # name in the catalogue
    split: Literal["train", "test", "all"]
    range: tuple[float, float]  # pixel values 0 and 255 map to these
    attributes: tuple[str, ...] = ()  # their combinations are the classes, in place of the set's own
    limit: PositiveInt | None = None  # train on the first so many images; None: on all

    @model_validator(mode="after")
    def _range_rises(self) -> "DataParams":
        if self.range[0] >= self.range[1]:
            raise ValueError(f"range: {self.range[0]} is not below {self.range[1]}")
        return self


class VAEObjectiveParams(Params):
    """genrep.objectives.vae"""

    kind: Literal["vae"]
    gaussian_sd: PositiveFloat | None = None  # of Gaussian pixels (squared error); None: Bernoulli pixels
    # what a public code computes in place of the bound: noise times the variance, KL averaged over latents, likelihood
    # averaged over channels
    noise: Literal["deviation", "variance"] = "deviation"
    kl: Literal["sum", "mean"] = "sum"
    channels: Literal["sum", "mean"] = "sum"


class DiscriminatorParams(Params):
    """What the discriminator of both classical games is shown."""

    real_label: Annotated[float, Field(gt=0.5, le=1)]  # one-sided label smoothing below 1
    fake_label: Annotated[float, Field(ge=0, lt=0.5)] = 0.0  # two-sided above 0
    random_labels: bool = False  # a target per image, uniform between 1 and real_label, or 0 and fake_label
    separate_batches: bool = False  # real and generated images never share a batch: matters under batch norm
    generator_batches: PositiveInt = 1  # size of the generator's batch over that of the real images


class GANObjectiveParams(DiscriminatorParams):
    """genrep.objectives.gan"""

    kind: Literal["gan"]


class MinimaxGANObjectiveParams(DiscriminatorParams):
    """genrep.objectives.minimax_gan"""

    kind: Literal["minimax_gan"]


class WGANObjectiveParams(Params):
    """genrep.objectives.wgan"""

    kind: Literal["wgan"]
    clip: PositiveFloat  # bound on the absolute value of every weight of the critic
    critic_steps: PositiveInt = 1  # per generator step
    same_batch: bool = False  # those steps see one batch of real images; False: a new one each


class WGANGPObjectiveParams(Params):
    """genrep.objectives.wgan_gp"""

    kind: Literal["wgan_gp"]
    penalty: PositiveFloat  # lambda
    critic_steps: PositiveInt = 1  # per generator step


GameParams = Annotated[
    GANObjectiveParams | MinimaxGANObjectiveParams | WGANObjectiveParams | WGANGPObjectiveParams,
    Field(discriminator="kind"),
]


class AuxiliaryObjectiveParams(Params):
    """genrep.objectives.auxiliary: a game whose discriminator or critic also names the class."""

    kind: Literal["auxiliary"]
    game: GameParams
    weight: PositiveFloat  # of the cross-entropy of the classes


class DiffusionObjectiveParams(Params):
    """genrep.objectives.diffusion"""

    kind: Literal["diffusion"]
    steps: PositiveInt  # T
    beta: tuple[PositiveFloat, PositiveFloat]  # linear from the first to the last step
    class_dropout: Probability = 0.0  # of the condition, for classifier-free guidance


class ClassificationObjectiveParams(Params):
    """genrep.objectives.classification"""

    kind: Literal["classification"]


ObjectiveParams = Annotated[
    VAEObjectiveParams
    | GANObjectiveParams
    | MinimaxGANObjectiveParams
    | WGANObjectiveParams
    | WGANGPObjectiveParams
    | AuxiliaryObjectiveParams
    | DiffusionObjectiveParams
    | ClassificationObjectiveParams,
    Field(discriminator="kind"),
]


class AdamParams(Params):
    """Adam; ``eps`` 1e-7 is Keras's default, 1e-8 PyTorch's."""

    kind: Literal["adam"]
    lr: PositiveFloat
    betas: tuple[Beta, Beta]
    eps: PositiveFloat
    l2: NonNegativeFloat = 0.0  # l2 |w|^2 is added to the loss, over matrices and kernels but not biases or norms


class SGDParams(Params):
    """Stochastic gradient descent."""

    kind: Literal["sgd"]
    lr: PositiveFloat
    momentum: Beta = 0.0


class RMSpropParams(Params):
    """RMSprop; Keras calls ``alpha`` rho (0.9), PyTorch's default is 0.99."""

    kind: Literal["rmsprop"]
    lr: PositiveFloat
    alpha: Beta
    eps: PositiveFloat


class AdagradParams(Params):
    """Adagrad; Keras starts its accumulator at 0.1, PyTorch at 0."""

    kind: Literal["adagrad"]
    lr: PositiveFloat
    initial_accumulator: NonNegativeFloat
    eps: PositiveFloat


OptimizerParams = Annotated[AdamParams | SGDParams | RMSpropParams | AdagradParams, Field(discriminator="kind")]


class GrowthParams(Params):
    """One resolution of progressive growing."""

    resolution: PositiveInt
    epochs: PositiveInt  # at this resolution
    fade: NonNegativeInt = 0  # of these, the first ones while it fades in
    batch_size: PositiveInt

    @model_validator(mode="after")
    def _fading_ends(self) -> "GrowthParams":
        if self.fade > self.epochs:
            raise ValueError(f"fade: {self.fade} epochs are more than the {self.epochs} at {self.resolution}")
        return self


class RunParams(Params):
    """One trained model, everything resolved."""

    data: DataParams
    network: NetworkParams
    objective: ObjectiveParams
    optimizer: OptimizerParams
    optimizer_of: dict[str, OptimizerParams] = Field(default={})  # by phase, laid over ``optimizer``
    sampler: SamplerParams | None = None  # None: nothing to sample (a classifier)
    batch_size: PositiveInt
    epochs: PositiveInt
    replacement: bool = False  # draw batches with replacement instead of shuffling each epoch
    drop_last: bool = False  # leave the incomplete last batch of an epoch out
    lr_decay: Literal["constant", "linear"] = "constant"  # linear: lr times (1 - epoch/epochs)
    ema: Beta | None = None  # decay of the moving average that is sampled from
    ema_warm_up: bool = False  # begin it with a shorter memory
    accumulate: PositiveInt = 1  # micro-batches per optimizer step
    recompute: bool = False  # activations in the backward pass instead of keeping them: less memory, more arithmetic
    growth: tuple[GrowthParams, ...] = ()  # of networks that grow; () trains at the images' resolution from the start
    snapshots: Literal["all"] | tuple[PositiveInt, ...] = ()  # epochs whose sampling weights are kept
    seeds: Annotated[tuple[NonNegativeInt, ...], Field(min_length=1)] = (0,)
    compile: bool | Literal["cuda"] = False  # cuda: on a GPU only
    precision: Precision
    threads: PositiveInt  # of torch on a CPU: their number changes floating-point bits
    on_divergence: Literal["fail", "record"] = "fail"  # record: a NaN loss is this run's result

    @model_validator(mode="before")
    @classmethod
    def _phases_inherit_the_optimizer(cls, block: Any) -> Any:
        if not (isinstance(block, dict) and isinstance(own := block.get("optimizer_of"), dict)):
            return block  # not given, or for the types to refuse
        return block | {"optimizer_of": {phase: merge(block.get("optimizer"), o) for phase, o in own.items()}}

    @model_validator(mode="after")
    def _snapshots_lie_within_the_run(self) -> "RunParams":
        if self.snapshots != "all" and self.snapshots and max(self.snapshots) > self.epochs:
            raise ValueError(f"snapshots: epoch {max(self.snapshots)} lies beyond the run's {self.epochs} epochs")
        return self

    @model_validator(mode="after")
    def _averages_exist(self) -> "RunParams":
        if self.ema is None:
            if getattr(self.sampler, "average", None) == "ema":
                raise ValueError("sampler.average: the run keeps no moving average; set ema, 0.9999 for example")
            if self.ema_warm_up:
                raise ValueError("ema_warm_up: the run keeps no moving average; set ema, or leave ema_warm_up out")
        return self

    @model_validator(mode="after")
    def _growth_leads_to_the_images(self) -> "RunParams":
        sides = [part.resolution for part in self.growth]
        if not sides:
            return self
        if any(new != 2 * old for old, new in pairwise(sides)):
            raise ValueError(f"growth: each resolution is twice the one before, not {', '.join(map(str, sides))}")
        if self.growth[0].fade:
            raise ValueError("growth: the first resolution has nothing to fade in from; leave fade out")
        if (total := sum(part.epochs for part in self.growth)) != self.epochs:
            raise ValueError(f"growth: its parts have {total} epochs, the run has {self.epochs}")
        if isinstance(self.network, ProgressiveGANParams) and sides[-1] != self.network.resolution:
            raise ValueError(f"growth: ends at {sides[-1]}, but the networks lead to {self.network.resolution}")
        return self

    @model_validator(mode="after")
    def _pixels_are_what_the_objective_takes(self) -> "RunParams":
        if isinstance(self.objective, VAEObjectiveParams) and self.data.range != (0, 1):
            raise ValueError(
                f"data.range: the vae objective takes pixels for probabilities; [0, 1], not {list(self.data.range)}"
            )
        return self

    @model_validator(mode="after")
    def _classes_are_predicted_where_that_is_trained(self) -> "RunParams":
        predicts = getattr(self.network, "classes", None) == "predicted"
        if predicts != isinstance(self.objective, AuxiliaryObjectiveParams):
            raise ValueError(
                "network.classes: a discriminator that predicts the class and the auxiliary objective need each other"
            )
        return self

    @model_validator(mode="after")
    def _batches_are_whole(self) -> "RunParams":
        if self.replacement and not self.drop_last:
            raise ValueError("replacement: an epoch of batches drawn with replacement is whole: set drop_last: true")
        for size in (self.batch_size, *(part.batch_size for part in self.growth)):
            if size % self.accumulate:
                raise ValueError(f"accumulate: {self.accumulate} does not divide batch_size {size}")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds: {list(self.seeds)} names one twice")
        return self

    def optimizer_for(self, phase: str) -> OptimizerParams:
        """The optimizer that a phase of the objective steps with."""
        return self.optimizer_of.get(phase, self.optimizer)

    def snapshot_epochs(self) -> tuple[int, ...]:
        """Epochs (from 1) after which sampling weights are kept; the last one always is."""
        if self.sampler is None:
            return ()
        if self.snapshots == "all":
            return tuple(range(1, self.epochs + 1))
        return tuple(sorted({*self.snapshots, self.epochs}))

    def training_values(self) -> dict:
        """What identifies one trained model apart from its seed; how it is sampled later is no part of it."""
        return {k: v for k, v in self.values().items() if k not in ("seeds", "sampler")}
