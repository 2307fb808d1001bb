"""Figures of latent spaces: the plane of two dimensions, transitions between classes, single inputs of a generator."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from genrep.report.figures.charts import new_figure
from genrep.report.figures.samples import first_seed, kept_images
from genrep.report.figures.sheets import Sheet, draw_sheets
from genrep.report.measurements import Measurements, NotMeasured


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
    for label in np.unique(classes):
        own = z[classes == label]
        colour = colormaps["tab10"](int(label) % 10)
        ax.scatter(own[:, 0], own[:, 1], s=9, color=colour, alpha=0.6, linewidths=0)
        ax.annotate(
            str(label),
            (float(np.median(own[:, 0])), float(np.median(own[:, 1]))),
            ha="center",
            va="center",
            weight="bold",
            bbox={"boxstyle": "circle,pad=0.2", "facecolor": "white", "edgecolor": colour},
        )
    ax.set(xlabel="first latent", ylabel="second latent")
    return figure


def transitions(measurements: Measurements, model: str, name: str, notes: Sequence[str]) -> Figure:
    """Points on straight lines between latents of two classes, decoded."""
    run = measurements.best_run(model)
    images = kept_images(measurements, run, "transitions")
    columns = [f"{share:.0%}" for share in np.linspace(0, 1, images.shape[1])]
    sets = np.full(images.shape[:2], measurements.params.runs[run].data.set)  # the ends are reconstructions
    title = f"{name}: from one class to another\n({run}, seed {first_seed(measurements, run)})"
    return draw_sheets([Sheet(images, columns=columns, sets=sets)], title, notes)


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
