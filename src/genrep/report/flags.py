"""What a reader has to know of the runs behind a verdict: that one diverged, or that its samples collapsed."""

from collections.abc import Iterable, Iterator

from genrep.report.measurements import Measurements


def flags(measurements: Measurements, models: Iterable[str]) -> list[str]:
    """One line per run and kind of trouble, of the runs that stand for some models; nothing where all went well."""
    return [line for model in sorted(set(models) & measurements.best.keys()) for line in _of(measurements, model)]


def _of(measurements: Measurements, model: str) -> Iterator[str]:
    run = measurements.best_run(model)
    for seed, record in measurements.runs[run].items():
        title = f"{run} seed {seed}"
        if record["status"] != "finished":
            yield f"{title} {record['status']}"
        if noted := record.get("flags"):
            epochs = ", ".join(str(flag["epoch"]) for flag in noted)
            yield f"{title}, after epoch {epochs}: {noted[-1]['flag']}"
