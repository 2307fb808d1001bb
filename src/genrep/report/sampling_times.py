"""Sampling times and sizes of the networks, from ``sampling_times.json``."""

from statistics import median
from typing import Any

from genrep.report.estimates import Estimate, NotMeasured
from genrep.report.measurements import Measurements


def of_model(measurements: Measurements, model: str) -> dict[str, Any]:
    """The record of a model.

    Raises:
        NotMeasured: there is none.
    """
    for record in (measurements.sampling or {"runs": {}})["runs"].values():
        if record["model"] == model:
            return record
    raise NotMeasured(f"the sampling of {model} has not been timed; run: genrep time-sampling")


def sampling_seconds(measurements: Measurements, model: str, which: str = "") -> Estimate:
    """Seconds of one batch: the median of the repetitions, between the fastest and the slowest."""
    seconds = of_model(measurements, model)["seconds"]
    return Estimate(median(seconds), min(seconds), max(seconds), n_seeds=1, metric="sampling_seconds")


def sampling_flops(measurements: Measurements, model: str, which: str = "") -> Estimate:
    """Floating-point operations behind one sampled image."""
    return _exact(of_model(measurements, model)["flops_per_image"], "sampling_flops")


def parameters(measurements: Measurements, model: str, which: str = "") -> Estimate:
    """Parameters of all networks; ``leaves``: as torchinfo counted before its version 1.7 (genrep.models.sizes)."""
    counts = of_model(measurements, model)["leaf_parameters" if which == "leaves" else "parameters"]
    return _exact(sum(counts.values()), "parameters" + f"/{which}" * bool(which))


def efficiency(measurements: Measurements, model: str, which: str) -> Estimate:
    """10^9 / (FID x parameters/leaves), equation 6.1 of the thesis, with the published FID: ``fid=<value>``."""
    fid = float(which.removeprefix("fid="))
    return _exact(1e9 / (fid * parameters(measurements, model, "leaves").value), f"efficiency/{which}")


SIZES = {
    "sampling_seconds": sampling_seconds,
    "sampling_flops": sampling_flops,
    "parameters": parameters,
    "efficiency": efficiency,
}


def cpu_reason(measurements: Measurements, protocol: str) -> str:
    """Why not to judge a ratio of times that a CPU took, with the ratio of arithmetic beside it; empty on a GPU."""
    machine = (measurements.sampling or {})["machine"]
    if machine["device"] == "cuda":
        return ""
    models = [term.partition(":")[2] for term in protocol.split(" / ")]
    reason = f"timed on a CPU ({machine['device_name']}, {machine['threads']} threads); the report used a GPU"
    if len(set(models)) == 2:
        top, bottom = (sampling_flops(measurements, model).value for model in models)
        reason += f"; the ratio of arithmetic is {top / bottom:.3g}"
    return reason


def _exact(value: float, metric: str) -> Estimate:
    return Estimate(float(value), float(value), float(value), n_seeds=1, metric=metric)
