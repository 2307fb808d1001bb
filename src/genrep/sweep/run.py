"""Training and measuring what the readings of a sweep lack, as ordinary runs, one after another."""

from collections.abc import Callable

from genrep import steps
from genrep.report.adopt import difference, difference_of_real
from genrep.sweep.readings import Sweeps
from genrep.workflow import Plan


def run(plan: Plan, device: str, found: Sweeps, say: Callable[[str], None]) -> None:
    """Bring every measurement that some sweeps read up to date.

    A measurement whose parameters, code, data and protocol are those of the working tree is kept, also where its
    weights are not at hand. Everything else is trained (or goes on from its checkpoint) and measured.

    Args:
        plan: of the replication.
        device: ``auto``, ``cpu`` or ``cuda``.
        found: the sweeps.
        say: is told what happens, line by line.
    """
    wanted = {v.name: v for variants in found.values() for v in variants if not v.not_run}
    # every measurement rests on that of real images
    judges = {plan.classifier_of(name) for name in wanted}
    stale = {classifier for classifier in judges if difference_of_real(plan, classifier)}
    missing = {
        name: v for name, v in wanted.items() if plan.classifier_of(name) in stale or difference(plan, name, v.seed)
    }
    if not missing:
        say("every reading has been measured")
        return
    for classifier in sorted({plan.classifier_of(name) for name in missing}):
        if classifier in stale or not (steps.folder_of(plan, classifier, 0) / "statistics.npz").exists():
            steps.train(plan, device, classifier, 0)
            steps.measure_real(plan, device, classifier)
    for k, (name, variant) in enumerate(missing.items(), 1):
        say(f"{k} of {len(missing)}: {name}, seed {variant.seed}")
        steps.train(plan, device, variant.trained, variant.seed)
        steps.evaluate(plan, device, name, variant.seed)
