"""The figures of the studies, in the layout of the thesis; captions give our numbers.

Each function returns a picture or a figure, or raises ``NotMeasured`` where there is nothing to show.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from genrep.report.estimates import NotMeasured
from genrep.report.figures import study_charts
from genrep.report.figures.book import Makers, Picture
from genrep.report.figures.charts import new_figure
from genrep.report.figures.radar import radar
from genrep.report.figures.study_charts import INTERPOLATION, SCRIBBLE
from genrep.report.figures.study_parts import (
    Names,
    by_depth,
    observed,
    paired,
    seen,
    sheet,
    sheets,
    study_notes,
)
from genrep.report.figures.style import COLOURS
from genrep.report.measurements import Measurements
from genrep.report.studies import Tiles

SPACES = ("pixels", "features")


def makers(
    measurements: Measurements, models: Names, notes: Sequence[str], own: Mapping[str, tuple[str, str]] = {}
) -> Makers:
    """Every figure of the studies that are asked for, by the name of its file.

    Args:
        measurements: of the replication.
        models: their names for people.
        notes: under every figure.
        own: a report's own names of files, and what it finds in each figure; by what ``figure_study_...`` ends in.
    """
    asked = measurements.params.studies
    if asked is None:
        return {}
    draw: dict[str, Callable[..., Any]] = {
        "improved_sampling": improved_samples,
        "encoded_latents": encoded_latents,
        "forward": forward_strip,
        "embedding": embedding_matrix,
        "recovery": recovered,
        "noise_denoise": denoised,
        "nearest_training": partial(neighbours, which="training"),
        "furthest_samples": partial(neighbours, which="far"),
        "nearest_samples": partial(neighbours, which="near"),
        "interpolation": interpolations,
        "opposite": opposites,
        "diffusion_interpolation": diffusion_interpolation,
        "diffusion_interpolation_by_depth": partial(charted, INTERPOLATION, "Interpolation over the depth of noise"),
        "inpainting": inpaintings,
        "concept": concepts,
        "scribble": scribbled,
        "scribble_by_depth": partial(charted, SCRIBBLE, "Scribble-guided editing over the depth of noise"),
    }
    study_of = {"encoded_latents": "improved_sampling"} | dict.fromkeys(
        ("nearest_training", "furthest_samples", "nearest_samples"), "neighbours"
    )
    study_of |= {f"{study}_by_depth": study for study in ("diffusion_interpolation", "scribble")}
    found: Makers = {}
    for key, make in (draw | {"radar": radar}).items():
        if key == "radar" or study_of.get(key, key) in asked.asked:
            name, finding = own.get(key, (f"figure_study_{key}", ""))
            told = [f"the report: {finding}"] if finding else []
            found[name] = partial(make, measurements, models, [*told, *notes])
    return found


# -- one per figure ---------------------------------------------------------------------------------------------------


def improved_samples(measurements: Measurements, models: Names, notes: Sequence[str]) -> Picture:
    """Figure 3.4: encoded and decoded training images, samples of the prior, improved samples."""
    found, whole = sheets(measurements, models, [("improved_sampling", "samples")])
    metrics = {f"frechet_distance/{k}": f"Frechet distance, {k}" for k in ("reconstructed", "prior", "improved")}
    lines = [*observed(measurements, models, metrics), *notes]
    return Picture(found, "Reconstructions, samples of the prior, improved samples", lines, whole)


def encoded_latents(measurements: Measurements, models: Names, notes: Sequence[str]) -> Figure:
    """Figure 3.5: one dimension of the means and deviations of encoded training images."""
    having = [model for model in models if not measurements.studies.reason(model, "improved_sampling")]
    if not having:
        raise NotMeasured("; ".join(measurements.studies.reason(model, "improved_sampling") for model in models))
    metrics = {
        "encoded_mean_sd": "sd of the means over images, all dimensions (0 if all were encoded to N(0, I))",
        "encoded_deviation": "mean deviation (1 then)",
        "aggregate_ks": "Kolmogorov-Smirnov distance of all latents from N(0, 1)",
    }
    lines = [*observed(measurements, models, metrics), *notes]
    figure = new_figure(7.5, 2.6 * len(having), "Encoded training images, one latent dimension", lines)
    for row, model in zip(figure.subplots(len(having), 2, squeeze=False), having, strict=True):
        dimension = int(measurements.studies.array(model, "improved_sampling", "dimension"))
        for ax, name, colour in zip(row, ("mean", "deviation"), COLOURS, strict=False):
            counts, edges = (
                measurements.studies.array(model, "improved_sampling", f"{name}_{p}") for p in ("counts", "edges")
            )
            ax.stairs(counts, edges, fill=True, color=colour)
            ax.set(title=f"{models[model]}: {name} of dimension {dimension + 1}", ylabel="images", xlabel=name)
    return figure


def forward_strip(measurements: Measurements, models: Names, notes: Sequence[str]) -> Picture:
    """Figure 5.1: images on their way to noise."""
    found, whole = sheets(measurements, models, [("forward", "strip")])
    metrics = {
        "forward_correlation": "correlation of the last step with the image",
        "forward_sd": "standard deviation of its pixels (1 in noise)",
    }
    lines = [*observed(measurements, models, metrics), "pixels beyond black and white are clipped", *notes]
    return Picture(found, "Forward diffusion", lines, whole)


def embedding_matrix(measurements: Measurements, models: Names, notes: Sequence[str]) -> Figure:
    """Figure 5.3: one row per time step, one column per dimension."""
    model = next((model for model in models if not measurements.studies.reason(model, "embedding")), None)
    if model is None:
        raise NotMeasured("; ".join(measurements.studies.reason(model, "embedding") for model in models))
    matrix = measurements.studies.array(model, "embedding", "matrix")
    metrics = {"embedding_apart": "mean distance of a step from the one that is most like it"}
    lines = [*observed(measurements, {model: "embedding"}, metrics), *notes]
    figure = new_figure(4.6, 5.4, "Sinusoidal embedding of time steps", lines)
    ax = figure.subplots()
    image = ax.imshow(matrix, aspect="auto", cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest")
    ax.grid(visible=False)
    ax.set(xlabel="dimension", ylabel="time step")
    figure.colorbar(image, ax=ax, shrink=0.7)
    return figure


def recovered(measurements: Measurements, models: Names, notes: Sequence[str]) -> Picture:
    """Figure 6.3: held-out images, what each decoder's best latent gives, and what a VAE decodes of what it encodes."""
    studies, whole = measurements.studies, True
    columns: list[Tiles] = []
    names: list[str] = []
    for study, tiles, word in (
        ("recovery", "recovered", "recovered"),
        ("encode_decode", "decoded", "encoded, decoded"),
    ):
        for model, name in models.items():
            try:
                found = studies.tiles(model, study, tiles)
            except NotMeasured:
                continue
            columns += [found] if columns else [Tiles(found.images[:, :1], [], [], found.real[:, :1]), found]
            names += [f"{name} {word}"] if names else ["original", f"{name} {word}"]
            whole &= studies.whole(model, study)
            last = model
    if not columns:
        reasons = [studies.reason(model, "recovery") for model in models]
        raise NotMeasured("; ".join(filter(None, reasons)) or "nothing was recovered")
    rows = min(len(part.images) for part in columns)
    images = np.concatenate([part.images[:rows, -1:] for part in columns], axis=1)
    letters = [f"({letter})" for letter in "abcdefghijklmnop"[: len(names)]]
    joined = Tiles(images, [], letters, np.ones(images.shape[:2], bool))
    legend = ", ".join(f"{letter} {name}" for letter, name in zip(letters, names, strict=True))
    metrics = {
        "recovery_mae": "mean absolute error, recovered",
        "encode_decode_mae": "encoded and decoded",
        "recovery_relative": "recovered, over the error of the nearest training image",
    }
    lines = [legend, *observed(measurements, models, metrics), *seen(measurements, models, "recovery"), *notes]
    return Picture([sheet(measurements, last, joined)], "Latent recovery", lines, whole)


def denoised(measurements: Measurements, models: Names, notes: Sequence[str]) -> Picture:
    """Figure 6.4: held-out images, noised and denoised."""
    found, whole = sheets(measurements, models, [("noise_denoise", "denoised")])
    lines = [
        *by_depth(measurements, models, "denoised_mae/t=", "mean absolute error"),
        *seen(measurements, models, "noise_denoise"),
        *notes,
    ]
    return Picture(found, "Noised and denoised", lines, whole)


NEIGHBOURS = {
    "training": (
        "Nearest training images of a sample",
        {
            "nearest_training/{}": "mean distance from a sample to the nearest training image, {}",
            "nearest_training_of_unseen/{}": "from unseen images, {}",
            "copied_share/{}": "share of samples that are copies, {}",
        },
    ),
    "far": (
        "Furthest samples from a sample",
        {
            "worst_remoteness": "remoteness of the worst 1% of the samples (1: as unseen images)",
            "furthest_remoteness": "remoteness of the samples furthest in pixels from another one",
            "furthest_over_unseen": "the same over what one of a hundred unseen images exceeds",
            "bad_share": "share of samples further off than 99% of unseen images",
        },
    ),
    "near": (
        "Nearest other samples of a sample",
        {"nearest_sample/{}": "mean distance from a sample to the nearest other one, {}"},
    ),
}


def neighbours(measurements: Measurements, models: Names, notes: Sequence[str], which: str) -> Picture:
    """Figures 6.5 to 6.7: a sample and its neighbours, by pixels above and by features below."""
    wanted = [("neighbours", f"{which}_{space}") for space in SPACES]
    found, whole = paired(measurements, models, wanted)
    title, metrics = NEIGHBOURS[which]
    spelt = {m.format(space): words.format(space) for m, words in metrics.items() for space in SPACES}
    return Picture(found, title, [*observed(measurements, models, spelt), *notes], whole)


def interpolations(measurements: Measurements, models: Names, notes: Sequence[str]) -> Picture:
    """Figures 6.9 and 6.11: between samples, in the latent space."""
    found, whole = paired(measurements, models, [("interpolation", "spherical"), ("interpolation", "linear")])
    metrics = {
        f"path_length/{way}": f"path length in feature space, {way} (1: straight)" for way in ("spherical", "linear")
    }
    metrics |= {
        f"remoteness/{way}": f"remoteness between the ends, {way} (1: as unseen images)"
        for way in ("spherical", "linear")
    }
    return Picture(found, "Interpolation between samples", [*observed(measurements, models, metrics), *notes], whole)


def opposites(measurements: Measurements, models: Names, notes: Sequence[str]) -> Picture:
    """Figure 6.10: from a latent to its negative."""
    found, whole = paired(measurements, models, [("opposite", "linear"), ("opposite", "spherical")])
    metrics = {
        "jump/linear": "share of the whole way that is made across zero",
        "middle_remoteness/linear": "remoteness of the middle, linear",
        "middle_remoteness/spherical": "spherical",
        "middle_loss": "linear over spherical, image by image (1: nothing is lost)",
        "middle_sharpness/linear": "sharpness of the middle, linear",
        "middle_sharpness/spherical": "spherical",
    }
    return Picture(found, "From x to -x", [*observed(measurements, models, metrics), *notes], whole)


def diffusion_interpolation(measurements: Measurements, models: Names, notes: Sequence[str]) -> Picture:
    """Figure 6.12: between real images, one row per depth of noise."""
    variants = measurements.params.studies.diffusion_interpolation.variants  # type: ignore[union-attr]
    wanted = [("diffusion_interpolation", variant) for variant in variants]
    found, whole = sheets(measurements, models, wanted, [f"mixed {variant} noising" for variant in variants])
    lines = by_depth(measurements, models, "interpolation_cost/t=", "path length times remoteness")
    return Picture(found, "Interpolation by noising and denoising", [*lines, *notes], whole)


def inpaintings(measurements: Measurements, models: Names, notes: Sequence[str]) -> Picture:
    """Figures 6.13 to 6.16: the hole and what each model fills it with."""
    found, whole = sheets(measurements, models, [("inpainting", "filled")])
    metrics = {
        "inpainting_ring": "error of the known pixels around the hole",
        "inpainting_seam": "error of the steps across the edge, against those of the original",
        "inpainting_hole": "error inside, against the original",
        "inpainting_diversity": "mean difference between two fillings",
        "inpainting_solutions": "fillings that differ",
        "inpainting_alike": "share of images with one filling only",
        "inpainting_differing": "share of further starts, or runs, that lead to another filling",
        "seconds_per_image/inpainting": "seconds for each filling",
    }
    told = "fillings in the order of their error on the known pixels; whole: what the model makes of the whole image"
    lines = [told, *observed(measurements, models, metrics), *study_notes(measurements, models, "inpainting")]
    return Picture(found, "Inpainting", [*lines, *seen(measurements, models, "inpainting"), *notes], whole)


def concepts(measurements: Measurements, models: Names, notes: Sequence[str]) -> Picture:
    """Figures 6.17 to 6.19: samples, and recovered real images, with more and more of the concept vector."""
    found, whole = sheets(
        measurements,
        models,
        [("concept", "samples"), ("concept", "real")],
        ("samples", "recovered real images"),
        count=2,
    )
    attribute = measurements.params.studies.concept.attribute  # type: ignore[union-attr]
    metrics = {"probe_accuracy": "accuracy of the probe"}
    for prefix, where in (("concept", "samples"), ("concept_real", "real images")):
        metrics |= {
            f"{prefix}_strength": f"edit strength, {where} (1: from the mean image without to that with it)",
            f"{prefix}_inside": f"mean change in the region, {where}",
            f"{prefix}_outside": f"mean change outside, {where}",
            f"{prefix}_selectivity": f"share of the summed change that lies in the region, {where}",
        }
    metrics |= {
        "seconds_per_image/concept": "seconds to edit a sample",
        "seconds_per_image/encoded_concept": "to encode and edit an image",
    }
    lines = [*observed(measurements, models, metrics), *study_notes(measurements, models, "concept")]
    missing = [
        f"{name}: {reason}"
        for model, name in models.items()
        if (reason := measurements.studies.reason(model, "concept"))
    ]
    title = f"Concept vector: {attribute if isinstance(attribute, str) else f'class {attribute}'}"
    return Picture(found, title, [*lines, *missing, *notes], whole)


def charted(
    families: Mapping[str, str], title: str, measurements: Measurements, models: Names, notes: Sequence[str]
) -> Figure:
    """The numbers of Figures 6.12 and 6.21 over the depth of noise."""
    return study_charts.by_depth(measurements, models, notes, families, title)


def scribbled(measurements: Measurements, models: Names, notes: Sequence[str]) -> Picture:
    """Figures 6.20 and 6.21: painted hair, the mask that is kept, and the result at several depths."""
    found, whole = sheets(measurements, models, [("scribble", "edited")])
    lines = [*by_depth(measurements, models, "scribble_score/t=", "score")]
    lines += study_notes(measurements, models, "scribble")
    return Picture(found, "Scribble-guided editing", [*lines, *notes], whole)
