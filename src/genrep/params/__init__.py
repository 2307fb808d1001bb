"""``params.yaml``: typed, validated on load, shared by Snakemake, DVC and the command line.

Per replication the file holds the frozen ``full`` reading of the report, and beside it ``desk`` and ``smoke`` as
overlays: a mapping is merged key by key, any other value replaces what it overlays, and a mapping whose ``kind``
differs replaces the whole block. A model that an overlay sets to null is not run at its scale. A model's ``variants``
are overlays too; each becomes a run ``<model>-<variant>``.
"""

from genrep.params.base import merge
from genrep.params.load import SCALES, load, replications, replications_at, resolve, run_of
from genrep.params.replications import EvaluationParams, ReplicationParams, TimingParams
from genrep.params.training import RunParams

__all__ = [
    "SCALES",
    "EvaluationParams",
    "ReplicationParams",
    "RunParams",
    "TimingParams",
    "load",
    "merge",
    "replications",
    "replications_at",
    "resolve",
    "run_of",
]
