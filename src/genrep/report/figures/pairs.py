"""Samples of a GAN above those of a VAE on the same data, as the report shows them."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from genrep.report.figures.samples import kept_images
from genrep.report.figures.sheets import Sheet, draw_sheets
from genrep.report.measurements import Measurements, NotMeasured

COLUMNS, ROWS = 10, 4


def gan_and_vae(
    measurements: Measurements,
    title: str,
    models: Mapping[str, str],
    classes: Mapping[str, Sequence[str]],
    notes: Sequence[str],
) -> Figure:
    """The last samples of each model under its heading, unselected.

    Args:
        measurements: of the runs.
        title: of the figure.
        models: headings by model, the GAN first.
        classes: of a model whose classes are few: one column each, with these names.
        notes: at the bottom.

    Raises:
        NotMeasured: none of the models was.
    """
    sheets, missing = [], []
    for model, heading in models.items():
        try:
            images = kept_images(measurements, measurements.best_run(model), "grid")
        except NotMeasured as reason:
            missing.append(str(reason))
            continue
        sheets.append(_sheet(images, heading, classes.get(model, ())))
    if not sheets:
        raise NotMeasured("; ".join(missing))
    return draw_sheets(sheets, title, [*(f"not shown: {reason}" for reason in missing), *notes])


def _sheet(images: np.ndarray, heading: str, names: Sequence[str]) -> Sheet:
    """(100, C, H, W), classes in turn -> ROWS of COLUMNS; where classes are named, each has columns of its own."""
    if not names:
        return Sheet(images[: ROWS * COLUMNS].reshape(ROWS, COLUMNS, *images.shape[1:]), heading=heading)
    each = COLUMNS // len(names)  # columns of a class
    rows = min(ROWS, len(images) // (len(names) * each))
    turns = images[: rows * each * len(names)].reshape(rows * each, len(names), *images.shape[1:])
    shown = turns.reshape(rows, each, len(names), *images.shape[1:]).swapaxes(1, 2)
    columns = [name if k == each // 2 else "" for name in names for k in range(each)]
    return Sheet(shown.reshape(rows, each * len(names), *images.shape[1:]), columns=columns, heading=heading)
