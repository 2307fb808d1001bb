"""Figures of latent spaces: the plane of two dimensions, transitions between classes, single inputs of a generator."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from genrep.report.figures.charts import new_figure
from genrep.report.figures.samples import first_seed, kept_images
from genrep.report.figures.sheets import Sheet, draw_sheets
from genrep.report.figures.style import GREY
from genrep.report.measurements import Measurements, NotMeasured

LABEL = 19  # points between the middles of two labels that do not touch


def manifold(measurements: Measurements, model: str, name: str, notes: Sequence[str]) -> Figure:
    """What the points of the latent plane decode to, at even quantiles of the prior."""
    run = measurements.best_run(model)
    where = "first latent to the right, second up; the middle 96 % of the prior in each direction"
    title = f"{name}: the latent plane, decoded\n({run}, seed {first_seed(measurements, run)})"
    return draw_sheets([Sheet(kept_images(measurements, run, "plane"))], title, [where, *notes])


def points(measurements: Measurements, model: str, name: str, notes: Sequence[str]) -> Figure:
    """Where held-out images lie in the latent plane, one colour and number per class."""
    run = measurements.best_run(model)
    z, classes = (kept_images(measurements, run, key) for key in ("latents", "latent_classes"))
    title = f"{name}: means of q(z|x) of {len(z):,} held-out images ({run})"
    figure = new_figure(6.4, 5.6, title, notes)
    ax = figure.subplots()
    found = np.unique(classes)
    for label in found:
        own = z[classes == label]
        ax.scatter(own[:, 0], own[:, 1], s=9, color=_colour(label), alpha=0.6, linewidths=0)
    figure.canvas.draw()  # the layout decides how many pixels the axes have
    medians = ax.transData.transform([np.median(z[classes == label], axis=0) for label in found])
    least = LABEL * figure.dpi / 72
    for label, median, place in zip(found, medians, apart(medians, least), strict=True):
        ax.annotate(
            str(label),
            tuple(ax.transData.inverted().transform(median)),
            tuple(ax.transData.inverted().transform(place)),
            ha="center",
            va="center",
            weight="bold",
            bbox={"boxstyle": "circle,pad=0.2", "facecolor": "white", "edgecolor": _colour(label)},
            arrowprops={"arrowstyle": "-", "color": GREY, "shrinkA": 0, "shrinkB": 0},
        )
    ax.set(xlabel="first latent", ylabel="second latent")
    return figure


def apart(places: np.ndarray, least: float) -> np.ndarray:
    """(N, 2) places, moved until no two are closer than ``least``, each by no more than its neighbours push it."""
    turns = np.arange(len(places))[:, None] + [0.0, np.pi / 2]
    found = places + 1e-3 * least * np.sin(turns)  # equal places have to part in some direction
    for _ in range(200):
        away = found[:, None] - found[None]  # (N, N, 2)
        distance = np.linalg.norm(away, axis=2)
        np.fill_diagonal(distance, np.inf)
        push = np.clip(least - distance, 0, None) / 2
        if push.max(initial=0) < 1e-3 * least:
            break
        found += ((push / distance)[..., None] * away).sum(1)
    return found


def _colour(label: int) -> tuple[float, ...]:
    return tuple(colormaps["tab10"](int(label) % 10))


def transitions(measurements: Measurements, model: str, name: str, notes: Sequence[str]) -> Figure:
    """Points on straight lines between latents of two classes, decoded; a row says which."""
    run = measurements.best_run(model)
    images, ends = (kept_images(measurements, run, key) for key in ("transitions", "transition_classes"))
    rows = [f"{a} to {b}" for a, b in ends]
    columns = [f"{share:.0%}" for share in np.linspace(0, 1, images.shape[1])]
    sets = np.full(images.shape[:2], measurements.params.runs[run].data.set)  # the ends are reconstructions
    title = f"{name}: from one class to another\n({run}, seed {first_seed(measurements, run)})"
    return draw_sheets([Sheet(images, rows=rows, columns=columns, sets=sets)], title, notes)


def single_inputs(measurements: Measurements, models: dict[str, str], notes: Sequence[str]) -> Figure:
    """Per model and aspect, one latent from end to end of the input that moves the aspect furthest."""
    sheets, missing = [], []
    for model, name in models.items():
        try:
            images = kept_images(measurements, measurements.best_run(model), "controls")
        except NotMeasured as reason:
            missing.append(str(reason))
            continue
        grey = images.shape[2] == 1
        sheets.append(Sheet(images, rows=["tilt", "brightness" if grey else "colour", "sharpness"], heading=name))
    if not sheets:
        raise NotMeasured("; ".join(missing))
    reach = "the input that moves each aspect furthest, from -2 to 2 standard deviations, at one point"
    return draw_sheets(sheets, "Single inputs of a generator", [reach, *missing, *notes])
