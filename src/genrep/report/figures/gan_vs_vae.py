"""The figures of ``gan_vs_vae``: Figures 2 to 6 of the report, the bounds behind its ELBO, and quality over epochs."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.figure import Figure

from genrep.layout import REPLICATIONS
from genrep.report.cells import read_published
from genrep.report.estimates import NotMeasured
from genrep.report.figures import samples, training
from genrep.report.figures.book import Makers
from genrep.report.figures.charts import Line, Panel, curves
from genrep.report.figures.style import COLOURS, MARKERS
from genrep.report.measurements import Measurements

MNIST = {"gan_mnist": "GAN", "vae_mnist": "VAE"}
CELEBA = {"gan_celeba": "GAN", "vae_celeba": "VAE"}
IMAGENET = {"gan_imagenet": "GAN"}
GANS = {"gan_mnist": "GAN on MNIST", "gan_celeba": "GAN on CelebA", "gan_imagenet": "GAN on ImageNet-64"}
VAES = {"vae_mnist": "VAE on MNIST", "vae_celeba": "VAE on CelebA"}
GRIDS = {  # of the report's figures: model, name, epochs
    "figure_2_mnist_gan": ("gan_mnist", GANS["gan_mnist"], (5, 10, 15, 50)),
    "figure_3_mnist_vae": ("vae_mnist", VAES["vae_mnist"], (1, 5)),
    "figure_4_celeba_gan": ("gan_celeba", GANS["gan_celeba"], (10, 100)),
    "figure_5_celeba_vae": ("vae_celeba", VAES["vae_celeba"], (50,)),
    "figure_imagenet_gan": ("gan_imagenet", GANS["gan_imagenet"], (100,)),
}
SHOWN = 40  # samples after each epoch
LOSSES = {
    "-elbo, training images": ("elbo/train", -1.0),
    "-elbo, test images": ("elbo/test", -1.0),
    "mean while training": ("losses/loss", 1.0),
}


def makers(measurements: Measurements, notes: list[str]) -> Makers:
    """Every figure by name."""
    grids = {
        name: partial(samples.samples_at, measurements, model, title, epochs, notes, SHOWN)
        for name, (model, title, epochs) in GRIDS.items()
    }
    whole_epoch = {"": "mean over the epoch"}
    return {
        **grids,
        "figure_6_gan_losses": partial(training.losses, measurements, GANS, whole_epoch, notes),
        "figure_vae_losses": partial(training.losses, measurements, VAES, whole_epoch, notes),
        **{
            f"figure_reconstructions_{model.partition('_')[2]}": partial(
                samples.reconstructions, measurements, model, name, notes
            )
            for model, name in VAES.items()
        },
        "figure_elbo": partial(bounds, measurements, notes),
        "figure_quality_mnist": partial(training.quality_over_epochs, measurements, MNIST, notes),
        "figure_quality_celeba": partial(training.quality_over_epochs, measurements, CELEBA, notes),
        "figure_quality_imagenet": partial(training.quality_over_epochs, measurements, IMAGENET, notes),
    }


def bounds(measurements: Measurements, notes: Sequence[str]) -> Figure:
    """One panel per VAE: its loss over the epochs on three sets of images, and the published value, read as a loss."""
    printed = read_published(REPLICATIONS / "gan_vs_vae").set_index("cell")["value"].abs()
    panels = []
    for model, name in VAES.items():
        lines = list(_lines(measurements, model)) if model in measurements.best else []
        level = ("published, without its sign", printed[f"table1-{model.replace('_', '-')}-elbo"]) if lines else None
        panels.append(Panel(name, "nats per image", lines, level=level, note="not run"))
    if not any(panel.lines for panel in panels):
        raise NotMeasured("no run has been measured")
    band = "bands: from the lowest to the highest seed"
    return curves(panels, "Loss of the VAEs: minus the bound on the log-likelihood", [band, *notes], 2, panel_width=4.4)


def _lines(measurements: Measurements, model: str) -> list[Line]:
    run = measurements.best_run(model)
    lines = []
    for k, (label, (metric, sign)) in enumerate(LOSSES.items()):
        found = [measurements.curve(run, seed, metric, 0) for seed in measurements.runs[run]]
        epochs, values = found[0][0], sign * np.stack([values for _, values in found])  # (seeds, E)
        low, high = (values.min(0), values.max(0)) if len(values) > 1 else (None, None)
        lines.append(Line(epochs, values.mean(0), label, COLOURS[k], MARKERS[k], low=low, high=high))
    return lines
