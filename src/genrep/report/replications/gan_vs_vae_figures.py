"""The figures of ``gan_vs_vae``: Figures 2 to 6 of the report, the bounds behind its ELBO, and quality over epochs."""

from collections.abc import Callable, Sequence
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
from genrep.report.replications.gan_vs_vae_data import trained_on

KINDS = {"gan": "GAN", "vae": "VAE"}
GANS, VAES = ("gan_mnist", "gan_celeba", "gan_imagenet"), ("vae_mnist", "vae_celeba")
GRIDS = {  # of the report's figures: model and epochs
    "figure_2_mnist_gan": ("gan_mnist", (5, 10, 15, 50)),
    "figure_3_mnist_vae": ("vae_mnist", (1, 5)),
    "figure_4_celeba_gan": ("gan_celeba", (10, 100)),
    "figure_5_celeba_vae": ("vae_celeba", (50,)),
    "figure_imagenet_gan": ("gan_imagenet", (100,)),
}
SHOWN = 40  # samples after each epoch
# Lines of figures: label, metric, sign and place among the colours.
LOSSES = (
    ("-elbo, training images", "elbo/train", -1.0, 0),
    ("-elbo, test images", "elbo/test", -1.0, 1),
    ("mean while training", "losses/loss", 1.0, 2),
)
PARTS = (
    ("loss", "losses/loss", 1.0, 0),
    ("reconstruction", "losses/reconstruction", 1.0, 1),
    ("KL divergence", "losses/kl", 1.0, 2),
)


def makers(measurements: Measurements, notes: list[str]) -> Makers:
    """Every figure by name."""
    names = {model: name(measurements, model) for model in (*GANS, *VAES)}
    grids = {
        figure: partial(samples.samples_at, measurements, model, names[model], epochs, notes, SHOWN)
        for figure, (model, epochs) in GRIDS.items()
    }
    whole_epoch = {"": "mean over the epoch"}
    gans = {model: names[model] for model in GANS}
    return {
        **grids,
        "figure_6_gan_losses": partial(training.losses, measurements, gans, whole_epoch, notes),
        "figure_vae_losses": partial(parts, measurements, notes),
        **{
            f"figure_reconstructions_{data}": partial(
                samples.reconstructions, measurements, f"vae_{data}", names[f"vae_{data}"], notes
            )
            for data in ("mnist", "celeba")
        },
        "figure_elbo": partial(bounds, measurements, notes),
        "figure_quality_mnist": _quality(measurements, ("gan_mnist", "vae_mnist"), notes),
        "figure_quality_celeba": _quality(measurements, ("gan_celeba", "vae_celeba"), notes),
        "figure_quality_imagenet": _quality(measurements, ("gan_imagenet",), notes),
    }


def name(measurements: Measurements, model: str) -> str:
    """``GAN on MNIST``, with the data set that was used."""
    return f"{KINDS[model.partition('_')[0]]} on {trained_on(measurements, model)}"


def _quality(measurements: Measurements, models: Sequence[str], notes: Sequence[str]) -> Callable[[], Figure]:
    kinds = {model: KINDS[model.partition("_")[0]] for model in models}
    what = f"Quality on {trained_on(measurements, models[0])}"
    return partial(training.quality_over_epochs, measurements, kinds, notes, what)


def parts(measurements: Measurements, notes: Sequence[str]) -> Figure:
    """A row per VAE: the training loss with its reconstruction, which lie close, and the divergence apart from them."""
    panels = []
    for model in VAES:
        title = name(measurements, model)
        lines = [_line(measurements, model, *one) for one in PARTS] if model in measurements.best else []
        panels.append(Panel(title, "nats per image", lines[:2], note="not run"))
        panels.append(Panel(f"{title}: divergence", "nats per image", lines[2:], note="not run"))
    return _of_vaes(measurements, panels, "Training losses of the VAEs: means over each epoch", notes)


def bounds(measurements: Measurements, notes: Sequence[str]) -> Figure:
    """One panel per VAE: its loss over the epochs on three sets of images, and the published value, read as a loss."""
    printed = read_published(REPLICATIONS / "gan_vs_vae").set_index("cell")["value"].abs()
    panels = []
    for model in VAES:
        lines = [_line(measurements, model, *one) for one in LOSSES] if model in measurements.best else []
        level = ("published, without its sign", printed[f"table1-{model.replace('_', '-')}-elbo"]) if lines else None
        panels.append(Panel(name(measurements, model), "nats per image", lines, level=level, note="not run"))
    return _of_vaes(measurements, panels, "Loss of the VAEs: minus the bound on the log-likelihood", notes)


def _of_vaes(measurements: Measurements, panels: Sequence[Panel], title: str, notes: Sequence[str]) -> Figure:
    if not any(panel.lines for panel in panels):
        raise NotMeasured("no run has been measured")
    several = any(line.low is not None for panel in panels for line in panel.lines)
    bands = ["bands: from the lowest to the highest seed"] if several else []
    return curves(panels, title, [*bands, *notes], 2, panel_width=4.4)


def _line(measurements: Measurements, model: str, label: str, metric: str, sign: float, k: int) -> Line:
    """A metric over the epochs as a mean over the seeds, in the k-th colour."""
    run = measurements.best_run(model)
    found = [measurements.curve(run, seed, metric, 0) for seed in measurements.runs[run]]
    epochs, values = found[0][0], sign * np.stack([values for _, values in found])  # (seeds, E)
    low, high = (values.min(0), values.max(0)) if len(values) > 1 else (None, None)
    return Line(epochs, values.mean(0), label, COLOURS[k], MARKERS[k], low=low, high=high)
