"""Metrics of studies over the depth of noise, as curves."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from genrep.report.estimates import NotMeasured
from genrep.report.figures.charts import Line, Panel, curves
from genrep.report.figures.study_parts import Names
from genrep.report.figures.style import colour_of, marker_of
from genrep.report.measurements import Measurements

INTERPOLATION = {
    "path_length/t=": "path length",
    "remoteness/t=": "remoteness",
    "interpolation_cost/t=": "their product",
}
SCRIBBLE = {
    "scribble_strength/t=": "edit strength",
    "scribble_selectivity/t=": "share of the change in the region",
    "scribble_remoteness/t=": "remoteness",
    "scribble_score/t=": "score",
}


def by_depth(
    measurements: Measurements, models: Names, notes: Sequence[str], families: Mapping[str, str], title: str
) -> Figure:
    """A panel for each family of metrics that end in a number of noising steps, with 95% intervals.

    Raises:
        NotMeasured: no model has been measured so.
    """
    panels, reasons = [], []
    for family, words in families.items():
        lines = []
        for model in models:
            try:
                lines.append(_line(measurements, models, model, family))
            except NotMeasured as missing:
                reasons.append(str(missing))
        panels.append(Panel(words, words, lines, x_label="steps of noise", note="not measured"))
    if not any(panel.lines for panel in panels):
        raise NotMeasured("; ".join(dict.fromkeys(reasons)))
    return curves(panels, title, ["bands: 95% intervals over images", *notes], 2)


def _line(measurements: Measurements, models: Names, model: str, family: str) -> Line:
    names = measurements.studies.family(model, family)
    found = [measurements.studies.estimate(model, name) for name in names.values()]
    value, low, high = (np.array([getattr(one, part) for one in found]) for part in ("value", "low", "high"))
    colour, marker = colour_of(list(models), model), marker_of(list(models), model)
    return Line(np.array(list(names)), value, models[model], colour, marker, low=low, high=high)
