"""The figures of ``mnist_timing``: Figures 5, 6 and 9 to 11 of the report, and what stands behind its claims."""

from functools import partial

from genrep.report.figures import samples, training
from genrep.report.figures.book import Makers
from genrep.report.measurements import Measurements

MODELS = {"vae": "VAE", "gan": "GAN", "diffusion": "Diffusion model"}
OPTIMIZERS = {"adam": "Adam", "sgd": "SGD", "rmsprop": "RMSprop", "adagrad": "Adagrad"}
NUMBERS = {"vae": 9, "gan": 10, "diffusion": 11}  # of the report's figures


def makers(measurements: Measurements, notes: list[str]) -> Makers:
    """Every figure by name."""
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
