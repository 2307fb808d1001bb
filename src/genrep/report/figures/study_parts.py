"""What the figures of the studies are put together from: sheets of tiles, and lines of numbers."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from genrep.report.estimates import NotMeasured
from genrep.report.figures.sheets import Sheet
from genrep.report.measurements import Measurements
from genrep.report.studies import Tiles
from genrep.report.study_tables import shown

Names = Mapping[str, str]  # of models, for people
Wanted = Sequence[tuple[str, str]]  # a study and one of its tiles
SEEN = "held-out images were among the training images of {}"


def sheet(measurements: Measurements, model: str, tiles: Tiles, heading: str = "", count: int | None = None) -> Sheet:
    """The first rows of tiles; those of the data set are marked with its name, so that a licence may blank them."""
    studies = measurements.studies
    name = measurements.params.runs[studies.runs[model]].data.set
    sets = np.where(tiles.real, name, "")[:count]
    return Sheet(tiles.images[:count], tiles.rows[:count], tiles.columns, heading, sets)


def sheets(
    measurements: Measurements, models: Names, wanted: Wanted, headings: Sequence[str] = (), count: int | None = None
) -> tuple[list[Sheet], bool]:
    """One sheet for each model that has the tiles, and whether all of them are whole.

    Raises:
        NotMeasured: no model has them; the reasons.
    """
    found, reasons, whole = [], [], True
    for model, name in models.items():
        for k, (study, tiles) in enumerate(wanted):
            try:
                one = measurements.studies.tiles(model, study, tiles)
            except NotMeasured as missing:
                reasons.append(str(missing))
                continue
            heading = f"{name}{f': {headings[k]}' if headings else ''}"
            found.append(sheet(measurements, model, one, heading, count))
            whole &= measurements.studies.whole(model, study)
    if not found:
        raise NotMeasured("; ".join(dict.fromkeys(reasons)) or "no model is studied")
    return found, whole


def paired(measurements: Measurements, models: Names, wanted: Wanted) -> tuple[list[Sheet], bool]:
    """As ``sheets`` of two tiles each, of which the rows of the second come under those of the first."""
    found, whole = sheets(measurements, models, wanted)
    joined = []
    for a, b in zip(found[::2], found[1::2], strict=True):
        assert a.sets is not None
        assert b.sets is not None
        sets = np.concatenate([a.sets, b.sets])
        images = np.concatenate([a.images, b.images])
        joined.append(Sheet(images, [*a.rows, *b.rows], a.columns, a.heading, sets))
    return joined, whole


def observed(measurements: Measurements, models: Names, metrics: Mapping[str, str]) -> Iterator[str]:
    """A line for each metric that a model has: what it is, and its value for every such model."""
    for metric, words in metrics.items():
        values = [
            f"{name} {value}" for model, name in models.items() if (value := shown(measurements, model, metric)) != "-"
        ]
        if values:
            yield f"{words}: {', '.join(values)}"


def seen(measurements: Measurements, models: Names, study: str) -> Iterator[str]:
    """A warning for models that were trained on the images that count as held out."""
    for model, name in models.items():
        if not measurements.studies.reason(model, study) and measurements.studies.first(model, study)[0]["seen"]:
            yield SEEN.format(name)


def study_notes(measurements: Measurements, models: Names, study: str) -> Iterator[str]:
    """What a study says of its own figure, once."""
    found: dict[str, None] = {}
    for model in models:
        if not measurements.studies.reason(model, study):
            found |= dict.fromkeys(measurements.studies.first(model, study)[1]["notes"])
    yield from found


def by_depth(measurements: Measurements, models: Names, family: str, words: str) -> Iterator[str]:
    """A line on how a metric changes with the noising steps."""
    for model, name in models.items():
        try:
            names = measurements.studies.family(model, family)
        except NotMeasured:
            continue
        values = [f"t={number}: {shown(measurements, model, metric)}" for number, metric in names.items()]
        yield f"{name}, {words}, {', '.join(values)}"
