"""The figures of ``fashion_mnist_is``: a grid of samples per model, and what stands behind its claims."""

from functools import partial

from genrep.report.figures import samples, training
from genrep.report.figures.book import Makers
from genrep.report.measurements import Measurements

MODELS = {
    "gan": "GAN",
    "improved_gan": "improved GAN",
    "cgan": "CGAN",
    "wgan": "WGAN",
    "wgan_gp": "WGAN-GP",
    "vae": "VAE",
}
SHOWN = 64  # samples of each model, as in the report
COLUMNS = {"cgan": 10}  # a column for each of its classes, which come in turn; others have 8


def makers(measurements: Measurements, notes: list[str]) -> Makers:
    """Every figure by name."""
    return {
        **{
            f"figure_samples_{model}": partial(
                samples.last_samples, measurements, model, name, notes, SHOWN, COLUMNS.get(model, 8)
            )
            for model, name in MODELS.items()
        },
        "figure_inception_score_by_samples": partial(training.score_by_samples, measurements, MODELS, notes),
        "figure_losses": partial(training.losses, measurements, MODELS, {"": "mean over the epoch"}, notes),
        "figure_quality_over_epochs": partial(training.quality_over_epochs, measurements, MODELS, notes),
    }
