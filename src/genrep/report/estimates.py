"""Estimates: one number with an interval, from the entries that measurements have of it over seeds."""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
from scipy.stats import t as student

LOSSES = "losses/"  # before the name of a training loss, where a metric could stand
# Of images rather than of samples (genrep.metrics.bound): the number of samples means nothing to them.
OF_IMAGES = ("elbo/", "log_likelihood/", "kl/", "reconstruction_error/", "log_likelihood_limit/")


@dataclass(frozen=True)
class Estimate:
    """A number with its uncertainty."""

    value: float
    low: float
    high: float
    n_seeds: int
    seed_sd: float | None = None  # between trainings
    eval_sd: float | None = None  # between evaluation samples, of the first seed
    metric: str = ""  # id
    sd: float | None = None  # over splits or subsets, of the first seed

    @property
    def margin(self) -> float:
        """Half the width of the 95% interval."""
        return (self.high - self.low) / 2

    def times(self, factor: float) -> "Estimate":
        """The estimate of a multiple."""
        low, high = sorted((factor * self.low, factor * self.high))
        seed_sd, eval_sd = (sd and abs(factor) * sd for sd in (self.seed_sd, self.eval_sd))
        return replace(self, value=factor * self.value, low=low, high=high, seed_sd=seed_sd, eval_sd=eval_sd)

    def over(self, other: "Estimate", metric: str) -> "Estimate":
        """The quotient of two independent estimates: relative margins add in squares."""
        value = self.value / other.value
        margin = abs(value) * sqrt((self.margin / self.value) ** 2 + (other.margin / other.value) ** 2)
        return Estimate(value, value - margin, value + margin, min(self.n_seeds, other.n_seeds), metric=metric)

    def __str__(self) -> str:
        return f"{self.value:.4g}" + (f" [{self.low:.4g}, {self.high:.4g}]" if self.margin else "")


class NotMeasured(Exception):
    """What is missing; the reason of a ``not run`` verdict."""


def find(metrics: list[dict[str, Any]], name: str, n: int, protocol: str = "") -> dict[str, Any]:
    """The entry of a metric at a sample count, which a probe's has none of, with a given part in its id.

    Raises:
        NotMeasured: there is none.
    """
    of_images = name.startswith(OF_IMAGES)
    for entry in metrics:
        if (
            entry["name"] == name
            and (of_images or entry["n"] in (n, None))
            and (not protocol or protocol in entry["id"])
        ):
            return entry
    at = "" if of_images else f" at n={n}"
    raise NotMeasured(f"{name}{at} has not been measured{protocol and f' with {protocol}'}")


def loss_entry(epoch: dict[str, Any], metric: str) -> dict[str, Any]:
    """A training loss of one epoch of the log in the form of a metric's entry; it has no interval of its own.

    Raises:
        NotMeasured: the run has no such loss.
    """
    name = metric.removeprefix(LOSSES)
    if name not in epoch["losses"]:
        raise NotMeasured(f"there is no loss {name!r}; there is {', '.join(epoch['losses'])}")
    return {"id": metric, "value": epoch["losses"][name], "ci_low": None, "ci_high": None}


def estimate(entries: list[dict[str, Any]]) -> Estimate:
    """Combine one metric's entries over seeds into an estimate."""
    values = [entry["value"] for entry in entries]
    first = entries[0]
    low, high = (first["ci_low"], first["ci_high"]) if first["ci_low"] is not None else (first["value"],) * 2
    eval_sd = (high - low) / 2 / 1.96
    spread = first.get("sd")
    if len(values) < 3:
        return Estimate(values[0], low, high, len(values), None, eval_sd, first["id"], spread)
    mean, sd = float(np.mean(values)), float(np.std(values, ddof=1))
    margin = float(student.ppf(0.975, len(values) - 1)) * sd / sqrt(len(values))
    return Estimate(mean, mean - margin, mean + margin, len(values), sd, eval_sd, first["id"], spread)
