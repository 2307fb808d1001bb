# What all rules share. The logic is in genrep.workflow, where it is tested.
from functools import cache

from genrep.codehash import code_hash
from genrep.workflow import Plan, gpus, preparation_key

SCALE = config["scale"]


@cache
def plan(replication):
    """A replication at the scale of this invocation."""
    return Plan(config, replication, SCALE)


wildcard_constraints:
    replication="[a-z0-9_]+",
    run="[a-z0-9_-]+",
    seed="[0-9]+",
