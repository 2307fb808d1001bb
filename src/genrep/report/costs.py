"""What runs would take, where nothing has been timed: the same on every machine."""

from genrep.params import ReplicationParams


def arithmetic(params: ReplicationParams, model: str, runs: list[str]) -> str:
    """``8.14 M training images, 2.12 PFLOP``: what some runs of a model would see and compute in training."""
    from genrep.plan import plan_model, quantity  # imports torch, which tables of finished runs need not wait for

    found = plan_model(params, model, runs, None, {})
    return f"{quantity(found.images).strip()} training images, {quantity(found.training_flops)}FLOP"
