"""Mode collapse: a generator whose samples are nearly all alike."""

from genrep.metrics.measure import Metrics

COLLAPSED = 0.1  # of the variance of real images


def collapse(metrics: Metrics) -> str:
    """What is wrong with the diversity of a snapshot, in words; empty where nothing is or it is not measured."""
    found = [entry for entry in metrics if entry["name"] == "diversity"]
    if not found:
        return ""
    most = max(found, key=lambda entry: entry["n"])
    if most["value"] >= COLLAPSED:
        return ""
    return f"samples are nearly all alike (mode collapse), with {most['value']:.2g} of the variance of real images"
