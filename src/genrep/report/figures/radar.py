"""The radar chart of Figure 7.1, from measured quantities: each axis ranks the models, further out is better.

Models whose 95% intervals overlap are not told apart: they share a rank.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from genrep.report.estimates import Estimate, NotMeasured, estimate
from genrep.report.figures.charts import new_figure
from genrep.report.figures.style import TEXT_SIZE, colour_of, marker_of
from genrep.report.measurements import Measurements


@dataclass(frozen=True)
class Axis:
    """One criterion: what is measured, and which way is better."""

    name: str
    definition: str
    value: Callable[[Measurements, str], Estimate]
    higher: bool = False  # is better


def radar(measurements: Measurements, models: Mapping[str, str], notes: Sequence[str]) -> Figure:
    """Models as polygons over ten axes; an axis that a model has no number for is left out, and a note says so.

    Raises:
        NotMeasured: fewer than three axes have a number for every model.
    """
    values: dict[Axis, dict[str, Estimate]] = {}
    left_out = []
    for axis in AXES:
        try:
            values[axis] = {model: axis.value(measurements, model) for model in models}
        except NotMeasured as missing:
            left_out.append(f"left out - {axis.name}: {missing}")
    if len(values) < 3:
        raise NotMeasured("; ".join(left_out))
    lines = [_line(axis, found, models) for axis, found in values.items()]
    how = f"each axis ranks the {len(models)} models, the best outermost; overlapping intervals share a rank"
    figure = new_figure(7.4, 5.2, "The models compared, by measured quantities", [how, *lines, *left_out, *notes], True)
    ax = figure.add_subplot(projection="polar")
    angles = np.linspace(0, 2 * np.pi, len(values), endpoint=False)
    for model, name in models.items():
        ranks = [rank(found, axis.higher)[model] for axis, found in values.items()]
        colour, marker = colour_of(list(models), model), marker_of(list(models), model)
        closed = np.append(angles, angles[0]), [*ranks, ranks[0]]
        ax.plot(*closed, label=name, linewidth=1.7, markersize=5, color=colour, marker=marker)
        ax.fill(*closed, color=colour, alpha=0.08)
    ax.set_xticks(angles, [axis.name for axis in values], fontsize=TEXT_SIZE)
    ax.set_yticks(range(1, len(models) + 1), [])
    ax.set_ylim(0, len(models) + 0.15)
    ax.tick_params(axis="x", pad=4)
    for label, angle in zip(ax.get_xticklabels(), angles, strict=True):
        side = np.cos(angle)  # labels begin, or end, at their axis
        label.set_horizontalalignment("left" if side > 0.1 else "right" if side < -0.1 else "center")
    figure.legend(loc="upper right", ncols=1)
    return figure


def rank(values: Mapping[str, Estimate], higher: bool) -> dict[str, int]:
    """1 for the worst up to the number of models for the best: one more than a model leaves clear of its interval.

    A model loses a rank for each other one whose whole interval is better than its own.
    """

    def better(a: Estimate, b: Estimate) -> bool:
        return a.low > b.high if higher else a.high < b.low

    return {
        model: len(values) - sum(better(other, value) for other in values.values()) for model, value in values.items()
    }


def _line(axis: Axis, values: Mapping[str, Estimate], models: Mapping[str, str]) -> str:
    shown = ", ".join(f"{models[model]} {_shown(value)}" for model, value in values.items())
    return f"{axis.name}: {axis.definition}, {'higher' if axis.higher else 'lower'} is better - {shown}"


def _shown(value: Estimate) -> str:
    return f"{value.value:.3g}" + (f" [{value.low:.3g}, {value.high:.3g}]" if value.margin else "")


def _fid(measurements: Measurements, model: str) -> Estimate:
    n = min(measurements.params.samples_of(measurements.best_run(model)))
    return measurements.final(measurements.best_run(model), "fid", n)


def _efficiency(measurements: Measurements, model: str) -> Estimate:
    records = measurements.runs.get(measurements.best_run(model), {})
    parameters = [sum(record["provenance"]["parameters"].values()) for record in records.values()]
    found = _fid(measurements, model)
    value, low, high = (1e9 / (fid * parameters[0]) for fid in (found.value, found.high, found.low))
    return Estimate(value, low, high, found.n_seeds)


def _roughness(measurements: Measurements, model: str) -> Estimate:
    """Of the second half of the loss that is minimised first, averaged over seeds; an interval from three on."""
    found = []
    for record in measurements.runs[measurements.best_run(model)].values():
        losses = [next(iter(epoch["losses"].values())) for epoch in record["log"]]
        half = np.array(losses[len(losses) // 2 :])
        if len(half) < 3:
            raise NotMeasured(f"{model}: {len(losses)} epochs say nothing about stability")
        found.append(float(np.abs(np.diff(half)).mean() / max(np.ptp(np.array(losses)), 1e-12)))
    return estimate([{"id": "", "value": value, "ci_low": None, "ci_high": None} for value in found])


def _first(*metrics: str, highest: bool = False) -> Callable[[Measurements, str], Estimate]:
    """The best of those metrics that a model has; a name that ends in ``t=*`` stands for all depths of noise."""

    def value(measurements: Measurements, model: str) -> Estimate:
        found: list[Estimate] = []
        reasons = []
        for metric in metrics:
            try:
                names = [metric]
                if metric.endswith("*"):
                    names = list(measurements.studies.family(model, metric[:-1]).values())
                found += [measurements.studies.estimate(model, name) for name in names]
            except NotMeasured as missing:
                reasons.append(str(missing))
        if not found:
            raise NotMeasured(reasons[0])
        return max(found, key=lambda one: one.value if highest else -one.value)

    return value


def _diversity(measurements: Measurements, model: str) -> Estimate:
    """At the largest n that all studied models have."""
    metric = "nearest_sample/features"
    others = [(one, metric) for one in measurements.studies.runs]
    entries = dict(zip(measurements.studies.runs, measurements.studies.at_common_n(others), strict=True))
    return estimate(entries[model])


AXES = (
    Axis("realism", "native FID after training", _fid),
    Axis(
        "generalisation",
        "error on unseen images, recovered, encoded and decoded or denoised, over that of the nearest training image",
        _first("recovery_relative", "encode_decode_relative", "denoised_relative"),
    ),
    Axis("diversity", "mean distance in feature space from a sample to the nearest other one", _diversity, True),
    Axis("sampling speed", "seconds for each sample", _first("seconds_per_image/sampling")),
    Axis(
        "training stability",
        "mean change of the loss between epochs in the second half of training, over the loss's whole range",
        _roughness,
    ),
    Axis("parameter efficiency", "1e9 / (native FID x parameters)", _efficiency, True),
    Axis(
        "interpolation",
        "path length in feature space times remoteness of what lies between the ends, at the best way or depth",
        _first("interpolation_cost/spherical", "interpolation_cost/linear", "interpolation_cost/best"),
    ),
    Axis("inpainting", "error of the steps across the hole's edge", _first("inpainting_seam")),
    Axis(
        "semantic editing",
        "share of the image's summed change that lies in the region, at the amount of the report or the best depth "
        "(the diffusion model is told to keep the face)",
        _first("concept_selectivity", "scribble_selectivity/best", highest=True),
        True,
    ),
    Axis("ease of implementation", "statements of code of network, objective and sampler", _first("statements")),
)
