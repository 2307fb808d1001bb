"""Measuring on Inception features by the names of runs, where parameters ask for it and the weights are at hand."""

from collections.abc import Callable
from pathlib import Path

from genrep.data.prepare import images_of
from genrep.data.weight_files import missing_weights
from genrep.errors import UserError
from genrep.layout import inception_path, measurement_path
from genrep.metrics.current import real_inception_is_current, run_inception_is_current
from genrep.metrics.evaluate_inception import evaluate_inception, measure_real_inception
from genrep.params import ReplicationParams
from genrep.steps import check_sampled, folder_of
from genrep.workflow import Plan

Say = Callable[[str], None]


def evaluate(plan: Plan, device: str, name: str, seed: int, only: bool, say: Say) -> None:
    """Measure a run, unless nothing has changed since that was done.

    Args:
        plan: of the replication.
        device: ``auto``, ``cpu`` or ``cuda``.
        name: of the run.
        seed: of the run.
        only: whether nothing else was asked for: then there must be something to do, and it is done again.
        say: is told what is not done.

    Raises:
        UserError: what ``evaluate_inception`` raises; the run draws no samples; with ``only`` also that nothing is
            asked for, or no weights.
    """
    check_sampled(plan, name)
    params, folder = plan.params_of(name), folder_of(plan, plan.trained(name), seed)
    out = inception_path(measurement_path(plan.scale, plan.name, name, seed))
    if not _possible(params, plan.name, only, say):
        return
    if not only and run_inception_is_current(params, name, folder, out):
        say(_kept(out))
        return
    evaluate_inception(params, name, folder, images_of(params.runs[name].data), out, device)


def measure_real(plan: Plan, device: str, classifier: str, only: bool, say: Say) -> None:
    """Measure the real images of a classifier's data set; the rest as of ``evaluate``."""
    out = inception_path(Path(plan.real_of_classifier(classifier)))
    if not _possible(plan.params, plan.name, only, say):
        return
    images = images_of(plan.run(classifier).data)
    if not only and real_inception_is_current(plan.params, classifier, images, out):
        say(_kept(out))
        return
    measure_real_inception(plan.params, classifier, images, out, device)


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
