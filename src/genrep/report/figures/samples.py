"""Figures of images: samples after the last epoch, samples over epochs, and diffusion strips.

Each function returns a figure or raises ``NotMeasured`` where its images are not there.
"""

from collections.abc import Sequence
from dataclasses import replace
from zipfile import BadZipFile

import numpy as np
from matplotlib.figure import Figure

from genrep.data.catalogue import data_set
from genrep.errors import UserError
from genrep.params.training import DiffusionObjectiveParams
from genrep.report.estimates import NotMeasured
from genrep.report.figures.sheets import Sheet, draw_sheets, image_grid
from genrep.report.measurements import Measurements

MOST_ROWS = 10
CLIPPED = "t counts the steps of noise; pixels beyond black and white are clipped"


def kept_images(measurements: Measurements, run: str, key: str) -> np.ndarray:
    """Images that were kept with a run's measurement, of its first measured seed.

    Raises:
        NotMeasured: the run, or this kind of image, is not there.
        UserError: the run was measured, but its images are missing or damaged.
    """
    path = measurements.folder / f"{run}-seed{first_seed(measurements, run)}.npz"
    try:
        with np.load(path, allow_pickle=False) as stored:
            if key in stored and len(stored[key]):
                return np.asarray(stored[key])
    except (OSError, BadZipFile, EOFError, ValueError):
        state = "damaged" if path.exists() else "missing"
        raise UserError(
            f"{path} is {state}; restore it with git, or delete {path.stem}.json and measure again"
        ) from None
    raise NotMeasured(f"{run}: no {key} images")


def first_seed(measurements: Measurements, run: str) -> int:
    """The first seed of a run that has been measured.

    Raises:
        NotMeasured: there is none.
    """
    for seed in measurements.runs.get(run, {}):
        return seed
    raise NotMeasured(f"{run}: not run")


def last_samples(
    measurements: Measurements,
    model: str,
    name: str,
    notes: Sequence[str],
    count: int | None = None,
    columns: int = 10,
) -> Figure:
    """The first ``count`` samples (all if None) after the last epoch of a model's best run, ``columns`` to a row."""
    run = measurements.best_run(model)
    grid = image_grid(kept_images(measurements, run, "grid")[:count], columns)
    epoch = measurements.runs[run][first_seed(measurements, run)]["snapshots"][-1]["epoch"]
    title = f"{name}: samples after epoch {epoch}\n({_which(measurements, run)})"
    return draw_sheets([grid], title, [choice(measurements, model), *notes])


def samples_at(
    measurements: Measurements, model: str, name: str, epochs: Sequence[int], notes: Sequence[str], count: int
) -> Figure:
    """The first ``count`` samples of a model's best run after each of some epochs, ten to a row, from the same draws.

    An epoch that the run did not reach is left out; its last one is kept as ``grid``, others as ``grid_<epoch>``.
    """
    run = measurements.best_run(model)
    last = measurements.runs[run][first_seed(measurements, run)]["snapshots"][-1]["epoch"]
    shown = [epoch for epoch in epochs if epoch <= last] or [last]
    keys = {epoch: "grid" if epoch == last else f"grid_{epoch}" for epoch in shown}
    grids = {epoch: image_grid(kept_images(measurements, run, key)[:count], columns=10) for epoch, key in keys.items()}
    sheets = [replace(grid, heading=f"after epoch {epoch}") for epoch, grid in grids.items()]
    missing = [str(epoch) for epoch in epochs if epoch > last]
    short = [f"not trained to epoch {', '.join(missing)}"] if missing else []
    return draw_sheets(sheets, f"{name}: samples\n({_which(measurements, run)})", [*short, *notes])


def samples_over_epochs(measurements: Measurements, model: str, name: str, notes: Sequence[str]) -> Figure:
    """One row of samples per snapshot of a model's best run, from the same draws in each row."""
    run = measurements.best_run(model)
    rows, epochs = (kept_images(measurements, run, key) for key in ("rows", "epochs"))
    chosen = thinned(epochs)
    sheet = Sheet(rows[chosen], rows=[f"epoch {epoch}" for epoch in epochs[chosen]])
    title = f"{name}: the same draws after more and more epochs\n({_which(measurements, run)})"
    return draw_sheets([sheet], title, [choice(measurements, model), *notes])


def reconstructions(measurements: Measurements, model: str, name: str, notes: Sequence[str]) -> Figure:
    """Test images above, and what comes back of them after more and more epochs of a model's best run below.

    Raises:
        NotMeasured: none are kept, as of images that may not be passed on.
    """
    run = measurements.best_run(model)
    shown = measurements.params.runs[run].data.set
    if not data_set(shown).redistribution:
        raise NotMeasured(f"{run}: images of {shown} may not be passed on, nor what comes back of them")
    originals, back, epochs = (
        kept_images(measurements, run, key) for key in ("originals", "reconstructions", "epochs")
    )
    chosen = thinned(epochs)
    labels = ["test images", *(f"epoch {epoch}" for epoch in epochs[chosen])]
    images = np.concatenate([originals[None], back[chosen]])
    sheet = Sheet(images, rows=labels, sets=np.full(images.shape[:2], shown))
    title = f"{name}: test images, and what comes back of them\n({_which(measurements, run)})"
    return draw_sheets([sheet], title, [choice(measurements, model), *notes])


def forward_strip(measurements: Measurements, model: str, notes: Sequence[str]) -> Figure:
    """Real images on their way to noise, left to right."""
    sheet = _strip(measurements, measurements.best_run(model), "forward")
    return draw_sheets([sheet], "Forward diffusion: noise is added to real images", [CLIPPED, *notes])


def real_images(measurements: Measurements, model: str, title: str, notes: Sequence[str]) -> Figure:
    """Images of a diffusion model's data, the beginnings of its forward strips, side by side."""
    strip = _strip(measurements, measurements.best_run(model), "forward")
    assert strip.sets is not None
    images, sets = (part[:, 0][None] for part in (strip.images, strip.sets))
    return draw_sheets([Sheet(images, sets=sets)], title, notes)


def both_strips(measurements: Measurements, model: str, notes: Sequence[str]) -> Figure:
    """The forward process above, and samples of the trained model on their way from noise below."""
    run = measurements.best_run(model)
    sheets = [
        replace(_strip(measurements, run, "forward"), heading="forward: from real images to noise"),
        replace(_strip(measurements, run, "reverse"), heading="reverse: from noise to samples"),
    ]
    title = f"Forward and reverse diffusion\n({_which(measurements, run)}, last epoch)"
    return draw_sheets(sheets, title, [choice(measurements, model), CLIPPED, *notes])


def thinned(epochs: np.ndarray) -> np.ndarray:
    """Indices of at most ``MOST_ROWS`` of the (E,) epochs: first, last, and closer together where they are early."""
    if len(epochs) <= MOST_ROWS:
        return np.arange(len(epochs))
    wanted = np.geomspace(epochs[0], epochs[-1], MOST_ROWS)
    return np.unique(np.abs(epochs[:, None] - wanted).argmin(axis=0))


def choice(measurements: Measurements, model: str) -> str:
    """How the run that stands for a model was chosen, and which runs it was not compared with; empty if it is alone."""
    if len(measurements.runs_of(model)) == 1:
        return ""
    missing = [run for run in measurements.runs_of(model) if run not in measurements.runs]
    others = f"; not run: {', '.join(missing)}" if missing else ""
    return f"of the runs of this model, {measurements.best_run(model)} has the lowest native FID at the end{others}"


def _strip(measurements: Measurements, run: str, direction: str) -> Sheet:
    """One image a row, its moments side by side; kept as (moments, images, C, H, W), evenly spread from 0 to T."""
    images = kept_images(measurements, run, direction)
    objective = measurements.params.runs[run].objective
    assert isinstance(objective, DiffusionObjectiveParams)
    labels = [f"t = {round(objective.steps * share)}" for share in np.linspace(0, 1, len(images))]
    images = images.swapaxes(0, 1)
    if direction == "reverse":
        return Sheet(images, columns=labels[::-1])
    return Sheet(images, columns=labels, sets=np.full(images.shape[:2], measurements.params.runs[run].data.set))


def _which(measurements: Measurements, run: str) -> str:
    return f"{run}, seed {first_seed(measurements, run)}"
