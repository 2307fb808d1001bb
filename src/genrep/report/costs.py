"""What runs would take: arithmetic, which is the same on every machine, and hours where something was timed."""

from statistics import median
from typing import Any

from genrep.params import ReplicationParams


def arithmetic(params: ReplicationParams, model: str, runs: list[str], times: dict[str, Any] | None) -> str:
    """``8.14 M training images, 2.12 PFLOP``: what some runs of a model would see and compute in training.

    With the times of other models' epochs also the hours at their mean rate.
    """
    from genrep.plan import plan_model, quantity  # imports torch, which tables of finished runs need not wait for

    found = plan_model(params, model, runs, None, {})
    text = f"{quantity(found.images).strip()} training images, {quantity(found.training_flops)}FLOP"
    if times is None:
        return text
    return (
        f"{text}: {on_machine(found.training_flops / _rate(times) / 3600, times)}, at the mean rate of what was timed"
    )


def on_machine(hours: float, times: dict[str, Any] | None) -> str:
    """``about 4 h on <device>``, the machine of some epoch times."""
    machine = (times or {})["machine"]
    return f"about {hours:.3g} h on {machine['device_name']} ({machine['device']}, {machine['threads']} threads)"


def _rate(times: dict[str, Any]) -> float:
    """Operations per second."""
    timed = times["runs"].values()
    seconds = sum(median(epoch["seconds"] for epoch in timing["epochs"][1:]) for timing in timed)
    return float(sum(timing["flops_per_image"] * timing["epoch_images"] for timing in timed) / seconds)
