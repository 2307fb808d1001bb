"""What several commands take, and what they make of it."""

from typing import Any

import click

from genrep.params import ReplicationParams, load, resolve
from genrep.workflow import Plan

scale_option = click.option("--scale", default=None, help="smoke, desk or full; params.yaml's own if left out.")


seed_option = click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)


def at_scale(replication: str, scale: str | None) -> tuple[dict[str, Any], str, ReplicationParams]:
    """The content of params.yaml, the scale (the file's own if None), and the replication's parameters at it."""
    params = load()
    scale = scale or params["scale"]
    return params, scale, resolve(params, replication, scale)


def plan_and_device(replication: str, scale: str | None) -> tuple[Plan, str]:
    """The replication as the rules see it, and the device that params.yaml sends its runs to."""
    params, scale, _ = at_scale(replication, scale)
    return Plan(params, replication, scale), params["device"]
