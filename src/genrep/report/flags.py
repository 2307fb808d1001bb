"""What a reader has to know of the runs behind a verdict: that one diverged, or that its samples collapsed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from genrep.report.estimates import OF_IMAGES, NotMeasured, find
from genrep.report.measurements import HIGHER_IS_CLEARER, REAL, Measurements
from genrep.report.predicates.runs import moment
from genrep.report.terms import Term

Moment = int | None  # an epoch, or None for the last one
ALL = -1  # every epoch that was looked at
# Predicates that look at one moment of a model, its last where none is named; the others look at its whole course.
OF_A_MOMENT = ("order", "agrees", "reaches", "falls_short", "improves")


def of_cell(measurements: Measurements, protocol: str) -> list[str]:
    """Trouble of the runs that a cell's terms (genrep.report.terms) rest on."""
    terms = [Term.parse(text) for text in protocol.split(" / ")]
    return flags(measurements, _by_model((t.model, t.epoch) if of_samples(t.metric) else (t.model,) for t in terms))


def of_parts(measurements: Measurements, parts: Iterable[Any]) -> list[str]:
    """Trouble of the runs that the parts of a claim (genrep.report.predicates.runs and others) rest on."""
    return flags(measurements, _by_model(use for part in parts for use in _uses(part)))


def flags(measurements: Measurements, moments: Mapping[str, set[Moment]]) -> list[str]:
    """One line per run and kind of trouble, of the runs that stand for some models; nothing where all went well.

    Args:
        measurements: of the replication.
        moments: by model, the epochs whose samples count (None: the last, ``ALL``: every one); that a run diverged is
            told of each of the models.
    """
    return [line for model in sorted(moments.keys() & measurements.best) for line in _of(measurements, model, moments)]


def of_samples(metric: str) -> bool:
    """Whether a metric is measured on samples: bounds and losses say nothing of how alike those are."""
    return metric.partition("@")[0] in HIGHER_IS_CLEARER and not metric.startswith(OF_IMAGES)


def _uses(part: Any) -> Iterator[tuple[str, Moment] | tuple[str]]:
    """The models of a part, each with an epoch where the part looks at its samples."""
    measured = (*getattr(part, "metrics", ()), *filter(None, [getattr(part, "metric", None)]))
    of_a_study = part.kind.startswith("study")  # of the trained networks, whatever its metrics are
    looks = of_a_study or any(map(of_samples, measured))
    for named in (*getattr(part, "models", ()), *filter(None, [getattr(part, "model", None)])):
        model, epoch = moment(named)
        at = epoch if of_a_study or part.kind in OF_A_MOMENT else ALL
        yield (model, at) if looks else (model,)


def _by_model(uses: Iterable[tuple[str, Moment] | tuple[str]]) -> dict[str, set[Moment]]:
    found: dict[str, set[Moment]] = {}
    for model, *at in uses:
        if model != REAL:
            found.setdefault(model, set()).update(at)
    return found


def _of(measurements: Measurements, model: str, moments: Mapping[str, set[Moment]]) -> Iterator[str]:
    run, asked = measurements.best_run(model), moments[model]
    for seed, record in measurements.runs[run].items():
        title = f"{run} seed {seed}"
        if record["status"] != "finished":
            yield f"{title} {record['status']}"
        last = max((snapshot["epoch"] for snapshot in record["snapshots"]), default=None)
        epochs = {last if epoch is None else epoch for epoch in asked}
        if noted := [flag for flag in record.get("flags", ()) if ALL in epochs or flag["epoch"] in epochs]:
            yield f"{title}, {_told(record, noted)}"


def _told(record: Mapping[str, Any], noted: Sequence[Mapping[str, Any]]) -> str:
    """Flags of one run in words: which epochs, what is wrong after the first, and how it is after the last of them."""
    epochs = [flag["epoch"] for flag in noted]
    said = f"after epoch {', '.join(map(str, epochs))}: {noted[0]['flag']}"
    if len(noted) == 1:
        return said
    metrics = next(snapshot["metrics"] for snapshot in record["snapshots"] if snapshot["epoch"] == epochs[-1])
    counts = [entry["n"] for entry in metrics if entry["name"] == "diversity"]
    try:
        value = find(metrics, "diversity", max(counts, default=0))["value"]
    except NotMeasured:
        return said
    return f"{said} after epoch {epochs[0]} and {value:.2g} after epoch {epochs[-1]}"
