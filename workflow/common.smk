# What all rules share. The logic is in genrep.workflow, where it is tested.
import sys
from functools import cache
from pathlib import Path

from genrep.codehash import code_hash
from genrep.errors import UserError
from genrep.identity import measuring_code
from genrep.params import replications_at
from genrep.workflow import Plan, gpus, preparation_key

SCALE = config["scale"]


def or_exit(function, *args):
    """Call a function; a user's mistake becomes one line without a traceback."""
    try:
        return function(*args)
    except UserError as error:
        sys.exit(f"snakemake: {error}")


REPLICATIONS = or_exit(replications_at, config, SCALE)


@cache
def plan(replication):
    """A replication at the scale of this invocation."""
    return or_exit(Plan, config, replication, SCALE)


def reported(replication):
    """Figures and tables of a replication that the HTML report shows: one per caption in its report/ folder."""
    for caption in sorted(Path("replications", replication, "report").glob("*.rst")):
        suffix = "png" if caption.stem.startswith("figure") else "html"
        yield report(
            f"results/{SCALE}/{replication}/{caption.stem}.{suffix}",
            caption=caption.resolve(),
            category=replication,
            subcategory="Figures" if suffix == "png" else "Tables",
            labels={"shows": caption.stem.replace("_", " ")},
        )


wildcard_constraints:
    replication="[a-z0-9_]+",
    run="[a-z0-9_-]+",
    real="real(-[a-z0-9_-]+)?",
    seed="[0-9]+",
