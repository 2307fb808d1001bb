"""Figures of numbers: losses, quality over epochs, and epoch times.

Each function returns a figure or raises ``NotMeasured`` where there is nothing to show.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from genrep.report.estimates import Estimate, NotMeasured, find
from genrep.report.figures.charts import Line, Panel, Style, bars, curves, draw_panel, new_figure
from genrep.report.figures.style import GREY, colour_of, marker_of
from genrep.report.measurements import Measurements

Names = dict[str, str]  # of models or optimizers, for people
METRICS = {
    "legible_share": "legible share",
    "fid": "native FID (log scale)",
    "inception_score": "native IS",
    "sharpness": "variance of the Laplacian",
}
TITLES = {"legible_share": "Legibility", "fid": "Native FID: lower is better", "inception_score": "Native IS"}
LOOKS = {
    "contrast": "sd of an image's pixels",
    "class_separation": "share of variance between classes",
    "shape_distance": "Frechet distance (log scale)",
    "colour_distance": "Frechet distance (log scale)",
}
COLUMNS = 3  # of panels
BANDS = "bands: 95% over seeds where there are three, else over samples"
# of the losses of a model, in the order of its log
STYLES: tuple[Style, ...] = ("-", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (9, 3)), "--")


def losses(measurements: Measurements, models: Names, optimizers: Names, notes: Sequence[str]) -> Figure:
    """One panel per model, one colour per optimizer and one line style per loss; parts of a loss are thin lines.

    Two players with more losses than there are styles have a panel each.
    """
    panels: list[Panel] = []
    for model, name in models.items():
        logs = {run: record["log"] for run, record in _first_records(measurements, model)}
        names = next((list(log[0]["losses"]) for log in logs.values() if log), [])
        for player, own in _players(names).items():
            lines = [line for run, log in logs.items() for line in _loss_lines(log, own, _look(run, optimizers))]
            title = f"{name}, {player}" if player else name
            legend = {loss.replace("_", ", "): style for loss, style in own.items()} if len(own) > 1 else {}
            log = bool(lines) and all((line.y > 0).all() for line in lines)  # a critic's loss may be negative
            label, note = "loss (log scale)" if log else "loss", "" if lines else "not run"
            panels.append(Panel(title, label, lines, log=log, note=note, styles=legend))
    _something(panels)
    absent = _absent(measurements, models)
    title = "Training losses: means over each epoch, first seed"
    return curves(panels, title, [*absent, *notes], min(COLUMNS, len(panels)))


def _players(names: Sequence[str]) -> dict[str, dict[str, Style]]:
    """The losses of each panel with their styles, by the player that they are of; by ``""`` where one panel shows all.

    Solid for the first loss of a panel, dashed for the last, whatever lies between.
    """
    groups = {"": names}
    if len(names) > len(STYLES) and "generator" in names:
        first = names.index("generator")
        groups = {names[0]: names[:first], "generator": names[first:]}
    return {player: dict(zip(own, _styles(len(own)), strict=False)) for player, own in groups.items()}


def _styles(count: int) -> Sequence[Style]:
    return [*STYLES[: count - 1], STYLES[-1]] if count > 1 else STYLES[:1]


def _loss_lines(log: Sequence[dict[str, Any]], styles: dict[str, Style], look: tuple[str, str, str]) -> Iterator[Line]:
    """The losses of one run that a panel shows."""
    epochs = np.array([entry["epoch"] for entry in log])
    logged = log[0]["losses"] if log else {}
    for loss, style in ((loss, style) for loss, style in styles.items() if loss in logged):
        values = np.array([entry["losses"][loss] for entry in log])
        yield Line(epochs, values, *look, style=style, thin=_is_part(loss, [*styles]))


def quality_over_epochs(
    measurements: Measurements, models: Names, notes: Sequence[str], what: str = "Quality"
) -> Figure:
    """Four metrics against the epoch, one line per model (its best run), a band from the lowest to the highest seed.

    ``what`` begins the title.
    """
    best = {model: measurements.best[model] for model in models if model in measurements.best}
    if not best:
        raise NotMeasured("no run has been measured")
    n = measurements.common_n(*best)
    panels = []
    for metric, label in METRICS.items():
        lines = [_over_seeds(measurements, run, metric, n, *_model_look(model, models)) for model, run in best.items()]
        title = TITLES.get(metric, metric.capitalize())
        panels.append(
            Panel(title, label, lines, log=metric == "fid", level=_real(measurements, next(iter(best)), metric, n))
        )
    shown = ", ".join(f"{run} ({_seed_count(measurements, run)})" for run in best.values())
    absent = [f"no finished run: {name}" for model, name in models.items() if model not in best]
    band = "; the band spans the seeds" if any(len(measurements.runs[run]) > 1 for run in best.values()) else ""
    counts = f"{shown}; {n} samples at each point{band}"
    several = any(len(measurements.runs_of(model)) > 1 for model in models)
    title = f"{what} over epochs{', best optimizer of each model' * several}"
    return curves(panels, title, [counts, *absent, *notes], 2)


def looks_over_epochs(measurements: Measurements, models: Names, notes: Sequence[str]) -> Figure:
    """What is said of images in training, against the epoch: contrast, whether classes differ, shape and colour.

    A model has no line where a metric says nothing of it: no classes are asked for, or its images are grey.
    """
    best = {model: measurements.best[model] for model in models if model in measurements.best}
    if not best:
        raise NotMeasured("no run has been measured")
    n = measurements.common_n(*best)
    panels = []
    for metric, label in LOOKS.items():
        lines = []
        for model, run in best.items():
            try:
                lines.append(_over_seeds(measurements, run, metric, n, *_model_look(model, models)))
            except NotMeasured:
                continue
        if lines:
            level, log = _real(measurements, next(iter(best)), metric, n), "log scale" in label
            panels.append(Panel(metric.replace("_", " ").capitalize(), label, lines, log=log, level=level))
    _something(panels)
    absent = [f"no finished run: {name}" for model, name in models.items() if model not in best]
    counts = f"{', '.join(best.values())}; {n} samples at each point; distances are of 8x8 layouts from real images"
    return curves(panels, "Contrast, classes, shapes and colours over epochs", [counts, *absent, *notes], 2)


def score_by_samples(measurements: Measurements, models: Names, notes: Sequence[str]) -> Figure:
    """Native IS after the last epoch against the number of samples that it is computed on; real images beside.

    Where it was measured, the Inception network's score has a panel of its own.
    """
    panels = [_score_panel(measurements, models, "inception_score", "native IS")]
    if not panels[0].lines:
        raise NotMeasured("no run has been measured")
    beside = _score_panel(measurements, models, "inception_score/inception", "IS")
    panels += [beside] if beside.lines else []
    absent = [f"no finished run: {name}" for model, name in models.items() if model not in measurements.best]
    title = f"{'Native ' * (len(panels) == 1)}Inception Score by number of samples"
    return curves(panels, title, [BANDS, *absent, *notes], len(panels), panel_width=7.2 / len(panels))


def _score_panel(measurements: Measurements, models: Names, metric: str, label: str) -> Panel:
    """One line per model that has been measured, and one of real images."""
    lines = []
    for model in models:
        counts = measurements.counts(measurements.best[model], metric) if model in measurements.best else ()
        try:
            found = [measurements.final(measurements.best[model], metric, n) for n in counts]
        except NotMeasured:
            continue
        if not found:
            continue
        low, high = (np.array([getattr(e, end) for e in found]) for end in ("low", "high"))
        values = np.array([e.value for e in found])
        lines.append(Line(np.array(counts), values, *_model_look(model, models), low=low, high=high))
    record = measurements.real(next(iter(models)))
    real = record["snapshots"][0]["metrics"] if record else []
    scores = {m["n"]: m["value"] for m in real if m["name"] == metric}
    if lines and scores:
        lines.append(Line(np.array([*scores]), np.array([*scores.values()]), "real test images", GREY, "*"))
    return Panel("", label, lines, x_label="samples (log scale)", log_x=True)


def legible_by_optimizer(measurements: Measurements, models: Names, optimizers: Names, notes: Sequence[str]) -> Figure:
    """One panel per model: the legible share against the epoch, one line per optimizer."""
    panels = []
    for model, name in models.items():
        n = min(min(measurements.params.samples_of(run)) for run in measurements.runs_of(model))
        lines = [
            _over_seeds(measurements, run, "legible_share", n, *_look(run, optimizers))
            for run, record in _first_records(measurements, model)
            if record["snapshots"]
        ]
        title, note = f"{name} ({n} samples)", "" if lines else "not run"
        level = _real(measurements, model, "legible_share", n)
        panels.append(Panel(title, "legible share", lines, level=level, note=note, bottom=-0.03, top=1.03))
    _something(panels)
    title = "Share of samples that the digit classifier reads, by optimizer"
    return curves(panels, title, [*_absent(measurements, models), *notes], len(panels))


def epoch_times(measurements: Measurements, models: Names, notes: Sequence[str]) -> Figure:
    """Bars of the first and the later epochs per model, and the seconds of each timed epoch."""
    if measurements.times is None:
        raise NotMeasured("epochs have not been timed")
    timed = {timing["model"]: timing for timing in measurements.times["runs"].values() if timing["model"] in models}
    if not timed:
        raise NotMeasured("epochs have not been timed")
    shown = [model for model in models if model in timed]
    machine = measurements.times["machine"]
    where = f"{machine['device_name']} ({machine['device']}, {machine['threads']} threads)"
    cut = [f"{t['timed_steps']} of {t['steps']} ({models[m]})" for m, t in timed.items() if t.get("extrapolated")]
    extrapolated = f"steps of each epoch that were timed and scaled up to a whole one: {', '.join(cut)}" if cut else ""
    absent = [f"not timed: {name}" for model, name in models.items() if model not in timed]
    figure = new_figure(8.4, 3.3, "Seconds of a training epoch", [f"timed on {where}", extrapolated, *absent, *notes])
    left, right = figure.subplots(1, 2)
    series = {
        "first epoch, from a cold start": [_bar(measurements.epoch_seconds(model, "first")) for model in shown],
        "later epochs: median and range": [_bar(measurements.epoch_seconds(model, "last")) for model in shown],
    }
    bars(left, [models[model] for model in shown], series, ("#E69F00", "#56B4E9"), "s")
    left.set(xlabel="seconds", title="First and later epochs")
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2))
    lines = [
        Line(
            np.array([epoch["epoch"] for epoch in timed[model]["epochs"]]),
            np.array([epoch["seconds"] for epoch in timed[model]["epochs"]]),
            *_model_look(model, models),
        )
        for model in shown
    ]
    draw_panel(right, Panel("Each timed epoch", "seconds (log scale)", lines, log=True))
    right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3)
    return figure


def first_log(measurements: Measurements, model: str) -> list[dict[str, Any]]:
    """The epochs that a model's best run has logged with its first seed; empty if there is none."""
    run = measurements.best.get(model, "")
    return next((record["log"] for record in measurements.runs.get(run, {}).values()), [])


def _first_records(measurements: Measurements, model: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each measured run of a model with the record of its first seed."""
    for run in measurements.runs_of(model):
        for record in list(measurements.runs.get(run, {}).values())[:1]:
            yield run, record


def _over_seeds(
    measurements: Measurements, run: str, metric: str, n: int, label: str, colour: str, marker: str
) -> Line:
    """Mean over the seeds of a run at the epochs that all of them reached; with several seeds a band over them."""
    curves_of = [measurements.curve(run, seed, metric, n) for seed in measurements.runs[run]]
    count = min(len(epochs) for epochs, _ in curves_of)
    values = np.stack([values[:count] for _, values in curves_of])  # (seeds, E)
    low, high = (values.min(0), values.max(0)) if len(values) > 1 else (None, None)
    return Line(curves_of[0][0][:count], values.mean(0), label, colour, marker, low=low, high=high)


def _real(measurements: Measurements, model: str, metric: str, n: int) -> tuple[str, float] | None:
    """The level of the real images that a model is compared with at the same sample count, where it was measured."""
    record = measurements.real(model)
    if record is None:
        return None
    try:
        value = find(record["snapshots"][0]["metrics"], metric, n)["value"]
    except NotMeasured:
        return None
    return "real test images", value


def _look(run: str, optimizers: Names) -> tuple[str, str, str]:
    """Label, colour and marker of a run by its optimizer; colours are those that models do not take."""
    key = run.partition("-")[2]
    return optimizers[key], colour_of([*optimizers], key, start=3), marker_of([*optimizers], key)


def _model_look(model: str, models: Names) -> tuple[str, str, str]:
    return models[model], colour_of([*models], model), marker_of([*models], model)


def _is_part(loss: str, names: Sequence[str]) -> bool:
    """Whether a loss is contained in another of the same log: all in ``loss``, ``a_b`` in ``a``."""
    return loss != "loss" and ("loss" in names or any(loss.startswith(f"{name}_") for name in names))


def _absent(measurements: Measurements, models: Names) -> list[str]:
    """A note on the runs that were not run, and one on those that stopped early."""
    runs = [run for model in models for run in measurements.runs_of(model)]
    absent = [run for run in runs if run not in measurements.runs]
    stopped = [
        f"{run} after epoch {len(record['log'])}"
        for model in models
        for run, record in _first_records(measurements, model)
        if record["status"] != "finished"
    ]
    named = {"not run": absent, "stopped by a loss that was no longer finite": stopped}
    return [f"{what}: {', '.join(which)}" for what, which in named.items() if which]


def _something(panels: Sequence[Panel]) -> None:
    if not any(panel.lines for panel in panels):
        raise NotMeasured("no run has been measured")


def _seed_count(measurements: Measurements, run: str) -> str:
    count = len(measurements.runs[run])
    return f"{count} seed{'s' * (count > 1)}"


def _bar(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high
