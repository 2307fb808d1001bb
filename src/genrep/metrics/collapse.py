"""Mode collapse: a generator whose samples are nearly all alike."""

from genrep.metrics.measure import Metrics

COLLAPSED = 0.1  # of the variance that real images have in the classifier's features


def collapse(metrics: Metrics) -> str:
    """What is wrong with the spread of a snapshot's samples, in words; empty where nothing is or it is not measured."""
    spreads = [entry for entry in metrics if entry["name"] == "feature_spread"]
    if not spreads:
        return ""
    widest = max(spreads, key=lambda entry: entry["n"])
    if widest["value"] >= COLLAPSED:
        return ""
    return f"mode collapse: the features of samples vary {widest['value']:.2g} times as much as those of real images"
