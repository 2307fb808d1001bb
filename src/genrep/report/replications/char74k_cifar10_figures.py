"""The figures of ``char74k_cifar10``: Figures 2 to 5, demonstrations as pictures, and what stands behind its claims."""

from functools import partial

from matplotlib.figure import Figure

from genrep.report.figures import latent, samples, training
from genrep.report.figures.book import Makers
from genrep.report.figures.pairs import gan_and_vae
from genrep.report.measurements import Measurements

DIGITS = [str(digit) for digit in range(10)]
OBJECTS = ["plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
FACES = ["female", "male", "female, smiling", "male, smiling"]  # combinations of Male and Smiling
MODELS = {
    "mnist": {
        "acgan_mnist": "AC-GAN",
        "cvae_mnist": "conditional VAE",
        "acwgan_mnist": "auxiliary WGAN",
        "vae_mnist": "VAE",
        "gan_mnist": "GAN without classes",
        "acgan_mnist_transposed": "AC-GAN, transposed",
        "acgan_mnist_deep": "AC-GAN, deeper",
    },
    "char74k": {"acwgan_char74k": "auxiliary WGAN", "vae_char74k": "VAE"},
    "cifar10": {"acgan_cifar10": "AC-GAN", "vae_cifar10": "VAE", "acgan_cifar10_upsampling": "AC-GAN, upsampling"},
    "celeba": {"gan_celeba": "GAN", "cvae_celeba": "conditional VAE"},
}
TITLES = {"mnist": "MNIST", "char74k": "Char74K", "cifar10": "CIFAR-10", "celeba": "CelebA"}
PAIRS = {
    "figure_2_mnist": ("mnist", {"acgan_mnist": DIGITS, "cvae_mnist": DIGITS}),
    "figure_3_char74k": ("char74k", {}),
    "figure_4_cifar10": ("cifar10", {"acgan_cifar10": OBJECTS}),
    "figure_5_celeba": ("celeba", {"cvae_celeba": FACES}),
}
OVER_EPOCHS = ("acgan_mnist", "acgan_cifar10", "vae_cifar10")


def makers(measurements: Measurements, notes: list[str]) -> Makers:
    """Every figure by name."""
    everything = {model: f"{TITLES[data]}: {name}" for data, models in MODELS.items() for model, name in models.items()}
    return {
        **{figure: partial(_pair, measurements, data, named, notes) for figure, (data, named) in PAIRS.items()},
        "figure_latent_plane": partial(latent.manifold, measurements, "vae_mnist", "VAE on MNIST", notes),
        "figure_latent_points": partial(latent.points, measurements, "vae_mnist", "VAE on MNIST", notes),
        "figure_transitions": partial(latent.transitions, measurements, "vae_mnist", "VAE on MNIST", notes),
        "figure_single_inputs": partial(
            latent.single_inputs,
            measurements,
            {model: everything[model] for model in ("acgan_mnist", "acgan_cifar10", "gan_celeba")},
            notes,
        ),
        **{
            f"figure_samples_over_epochs_{model}": partial(
                samples.samples_over_epochs, measurements, model, everything[model], notes
            )
            for model in OVER_EPOCHS
        },
        **{
            f"figure_quality_over_epochs_{data}": partial(training.quality_over_epochs, measurements, models, notes)
            for data, models in MODELS.items()
        },
        **{
            f"figure_looks_over_epochs_{data}": partial(training.looks_over_epochs, measurements, MODELS[data], notes)
            for data in ("mnist", "cifar10")
        },
        "figure_losses": partial(training.losses, measurements, everything, {"": "mean over the epoch"}, notes),
    }


def _pair(measurements: Measurements, data: str, named: dict[str, list[str]], notes: list[str]) -> Figure:
    first_two = dict(list(MODELS[data].items())[:2])
    headings = {model: f"({letter}) {name}" for letter, (model, name) in zip("ab", first_two.items(), strict=True)}
    return gan_and_vae(measurements, f"{TITLES[data]}: GAN and VAE after the last epoch", headings, named, notes)
