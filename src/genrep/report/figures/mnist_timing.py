"""The figures of ``mnist_timing``: Figures 5, 6 and 9 to 11 of the report, and what stands behind its claims."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from genrep.report.figures import samples, training
from genrep.report.figures.style import blank, save, theme
from genrep.report.measurements import Measurements, NotMeasured

MODELS = {"vae": "VAE", "gan": "GAN", "diffusion": "Diffusion model"}
OPTIMIZERS = {"adam": "Adam", "sgd": "SGD", "rmsprop": "RMSprop", "adagrad": "Adagrad"}
NUMBERS = {"vae": 9, "gan": 10, "diffusion": 11}  # of the report's figures
SMOKE_NOTE = "smoke scale: proves the machinery, no published number is judged"


def draw(folder: Path, measurements: Measurements, scale: str) -> list[Path]:
    """Write every figure; one that nothing was measured for says so.

    Args:
        folder: ``results/<scale>/mnist_timing``.
        measurements: of that folder; runs that are missing are named under the figures.
        scale: smoke, desk or full.

    Returns:
        What was written, in the order of the report.
    """
    paths = []
    with theme():
        for name, figure in figures(measurements, scale):
            paths.append(folder / f"{name}.png")
            save(figure, paths[-1])
    return paths


def figures(measurements: Measurements, scale: str) -> Iterator[tuple[str, Figure]]:
    """Each figure with the name of its file."""
    for name, make in _makers(measurements, [SMOKE_NOTE] if scale == "smoke" else []).items():
        try:
            yield name, make()
        except NotMeasured as missing:
            yield name, blank(name.replace("_", " ").capitalize(), f"nothing to draw: {missing}")


def _makers(measurements: Measurements, notes: list[str]) -> dict[str, Callable[[], Figure]]:
    return {
        "figure_5_forward_diffusion": partial(samples.forward_strip, measurements, "diffusion", notes),
        "figure_6_forward_and_reverse_diffusion": partial(samples.both_strips, measurements, "diffusion", notes),
        **{
            f"figure_{NUMBERS[model]}_{model}_samples": partial(samples.last_samples, measurements, model, name, notes)
            for model, name in MODELS.items()
        },
        **{
            f"figure_samples_over_epochs_{model}": partial(
                samples.samples_over_epochs, measurements, model, name, notes
            )
            for model, name in MODELS.items()
        },
        "figure_losses": partial(training.losses, measurements, MODELS, OPTIMIZERS, notes),
        "figure_epoch_times": partial(training.epoch_times, measurements, MODELS, notes),
        "figure_quality_over_epochs": partial(training.quality_over_epochs, measurements, MODELS, notes),
        "figure_legible_by_optimizer": partial(training.legible_by_optimizer, measurements, MODELS, OPTIMIZERS, notes),
    }
