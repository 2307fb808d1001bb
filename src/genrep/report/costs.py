"""What runs would take: arithmetic, which is the same on every machine, and hours where something was timed."""

from statistics import median
from typing import Any

from genrep.params import ReplicationParams


def arithmetic(params: ReplicationParams, runs: list[str], times: dict[str, Any] | None) -> str:
    """``8.14 M training images, 2.12 PFLOP``: what some runs would see and compute in training.

    With the times of other models' epochs also the hours at their mean rate.
    """
    from genrep.data.catalogue import data_set  # torch, which tables of finished runs need not wait for
    from genrep.flops import training_flops_per_image
    from genrep.plan import classes_of, images_to_see, quantity

    images = flops = 0
    for run in (params.runs[name] for name in runs):
        seen = images_to_see(run) * len(run.seeds)
        images += seen
        flops += seen * training_flops_per_image(run, data_set(run.data.set).shape, classes_of(run))
    text = f"{quantity(images).strip()} training images, {quantity(flops)}FLOP"
    if times is None:
        return text
    return f"{text}: {on_machine(flops / _rate(times) / 3600, times)}, at the mean rate of what was timed"


def on_machine(hours: float, times: dict[str, Any] | None) -> str:
    """``about 4 h on <device>``, the machine of some epoch times."""
    machine = (times or {})["machine"]
    return f"about {hours:.3g} h on {machine['device_name']} ({machine['device']}, {machine['threads']} threads)"


def _rate(times: dict[str, Any]) -> float:
    """Operations per second."""
    timed = times["runs"].values()
    seconds = sum(median(epoch["seconds"] for epoch in timing["epochs"][1:]) for timing in timed)
    return float(sum(timing["flops_per_image"] * timing["epoch_images"] for timing in timed) / seconds)
