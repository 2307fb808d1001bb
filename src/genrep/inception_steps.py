"""Measuring on Inception features by the names of runs, where parameters ask for it and the weights are at hand."""

from collections.abc import Callable
from pathlib import Path

from genrep.data.prepare import prepared
from genrep.data.weight_files import missing_weights
from genrep.errors import UserError
from genrep.layout import inception_path, measurement_path, run_folder
from genrep.metrics.current import real_inception_is_current, run_inception_is_current
from genrep.metrics.evaluate_inception import evaluate_inception, measure_real_inception
from genrep.params import ReplicationParams

Say = Callable[[str], None]


def evaluate(
    params: ReplicationParams, replication: str, scale: str, name: str, seed: int, device: str, only: bool, say: Say
) -> None:
    """Measure a run, unless nothing has changed since that was done.

    Args:
        params: of the replication.
        replication: its name.
        scale: at which ``params`` were resolved.
        name: of the run.
        seed: of the run.
        device: ``auto``, ``cpu`` or ``cuda``.
        only: whether nothing else was asked for: then there must be something to do, and it is done again.
        say: is told what is not done.

    Raises:
        UserError: what ``evaluate_inception`` raises; with ``only`` also that nothing is asked for, or no weights.
    """
    out = inception_path(measurement_path(scale, replication, name, seed))
    if not _possible(params, replication, only, say):
        return
    folder = run_folder(scale, replication, name, seed)
    if not only and run_inception_is_current(params, name, folder, out):
        say(_kept(out))
        return
    evaluate_inception(params, name, folder, prepared(params.runs[name].data.set), out, device)


def measure_real(
    params: ReplicationParams, replication: str, classifier: str, native: Path, device: str, only: bool, say: Say
) -> None:
    """Measure the real images of a classifier, beside their ``native`` measurement; the rest as of ``evaluate``."""
    out = inception_path(native)
    if not _possible(params, replication, only, say):
        return
    images = prepared(params.runs[classifier].data.set)
    if not only and real_inception_is_current(params, classifier, images, out):
        say(_kept(out))
        return
    measure_real_inception(params, classifier, images, out, device)


def _possible(params: ReplicationParams, replication: str, only: bool, say: Say) -> bool:
    asked = params.evaluation.inception
    if asked is None:
        if only:
            raise UserError(f"params.yaml asks for no Inception metrics of {replication}: evaluation.inception")
        return False
    lack = missing_weights(asked.weights)
    if lack and only:
        raise UserError(lack)
    if lack:
        say(f"without Inception metrics: {lack}, then this again")
    return not lack


def _kept(out: Path) -> str:
    return f"{out} is current"
