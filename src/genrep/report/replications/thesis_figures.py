"""Figures of ``thesis``: samples (6.2, 6.10), training graphs (6.8), quality over epochs."""

from collections.abc import Sequence
from functools import partial
from itertools import accumulate

import numpy as np
from matplotlib.figure import Figure

from genrep.report.estimates import NotMeasured
from genrep.report.figures import samples, training
from genrep.report.figures.book import Makers, Picture
from genrep.report.figures.charts import Line, Panel, curves
from genrep.report.figures.study_parts import sheet
from genrep.report.figures.style import colour_of
from genrep.report.measurements import Measurements
from genrep.report.replications.thesis_studies import STUDY_MODELS as MODELS

GRAPHS = (
    ("VAE: reconstruction", "vae", ("reconstruction",)),
    ("VAE: KL divergence", "vae", ("kl",)),
    ("GAN", "gan", ("critic_real", "critic_fake", "generator")),
    ("Diffusion model", "diffusion", ("loss",)),
)
LOSSES = [loss for _, _, losses in GRAPHS for loss in losses]
THIN = 60  # epochs from which lines are thin
SHOWN, COLUMNS = 40, 10  # samples of each model


def makers(measurements: Measurements, notes: list[str]) -> Makers:
    """Every figure by name."""
    faces = {"figure_6_2_data": partial(data, measurements, notes)} | {
        f"figure_6_2_{model}": partial(samples.last_samples, measurements, model, name, notes, count=SHOWN)
        for model, name in MODELS.items()
    }
    landscapes = {"figure_6_10_data": partial(landscape_data, measurements, notes)} | {
        f"figure_6_10_{model}": partial(
            landscape_samples, measurements, f"{model}_landscapes", f"{name}, landscapes", notes
        )
        for model, name in MODELS.items()
    }
    over_epochs = {
        f"figure_samples_over_epochs_{model}": partial(samples.samples_over_epochs, measurements, model, name, notes)
        for model, name in MODELS.items()
    }
    return {
        **faces,
        "figure_6_8_training_graphs": partial(training_graphs, measurements, notes),
        "figure_quality_over_epochs": partial(training.quality_over_epochs, measurements, MODELS, notes),
        **over_epochs,
        **landscapes,
    }


def data(measurements: Measurements, notes: Sequence[str]) -> Picture:
    """Figure 6.2 (a): training images; blank in what is committed where they may not be redistributed."""
    tiles = measurements.studies.tiles("diffusion", "forward", "data")
    whole = measurements.studies.whole("diffusion", "forward")
    return Picture([sheet(measurements, "diffusion", tiles)], "The data: training images", notes, whole)


def landscape_data(measurements: Measurements, notes: Sequence[str]) -> Figure:
    """Figure 6.10 (a): the few images of the data that were kept with the diffusion model's measurement."""
    return samples.real_images(measurements, "diffusion_landscapes", "The data: landscapes", notes)


def landscape_samples(measurements: Measurements, model: str, name: str, notes: Sequence[str]) -> Figure:
    """Figure 6.10: samples, with the FID that the thesis prints under them and the native one."""
    run = measurements.best_run(model)
    told = []
    for metric, words in (("fid/inception", "FID"), ("fid", "native FID")):
        try:
            found = measurements.final(run, metric, measurements.common_n(model, metric=metric))
            told.append(f"{words} {found}")
        except NotMeasured:
            told.append(f"{words} not measured")
    return samples.last_samples(measurements, model, name, [", ".join(told), *notes], count=SHOWN)


def training_graphs(measurements: Measurements, notes: Sequence[str]) -> Figure:
    """Figure 6.8: the losses of each best run over its epochs, first seed; the VAE's two have axes of their own."""
    panels = []
    for title, model, losses in GRAPHS:
        log = training.first_log(measurements, model)
        lines = [
            Line(
                np.array([record["epoch"] for record in log]),
                np.array([record["losses"][loss] for record in log]),
                loss.replace("_", ", "),
                colour_of(LOSSES, loss),
                thin=len(log) > THIN,
            )
            for loss in losses
            if log
        ]
        panels.append(Panel(title, "loss", lines, note="not run"))
    if not any(panel.lines for panel in panels):
        raise NotMeasured("no run has been measured")
    growth = measurements.params.runs["gan"].growth
    ends = [*accumulate(part.epochs for part in growth)][:-1]
    grows = f"the GAN's resolution doubles after epochs {', '.join(map(str, ends))}" if ends else ""
    return curves(panels, "Training losses: means over each epoch", [grows, *notes], 2)
