"""Training and measuring what the readings of a sweep lack, as ordinary runs, one after another."""

from collections.abc import Callable

from genrep import inception_steps, steps
from genrep.data.weight_files import missing_weights
from genrep.layout import inception_path, measurement_path
from genrep.metrics.weights import published_weights
from genrep.report.adopt import difference, difference_of_real
from genrep.sweep.readings import Sweeps, Variant
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

    Raises:
        UserError: the Inception weights are there but not what they must be; what the steps raise.
    """
    wanted = {v.name: v for variants in found.values() for v in variants if v.here}
    asked = plan.params.evaluation.inception
    on_inception = asked is not None and not missing_weights(asked.weights)
    if asked is not None and on_inception:
        published_weights(asked.weights).verify()  # before hours of training
    # every measurement rests on that of real images
    judges = {plan.classifier_of(name) for name in wanted}
    stale = {classifier for classifier in judges if difference_of_real(plan, classifier)}
    missing = {
        name: v for name, v in wanted.items() if plan.classifier_of(name) in stale or difference(plan, name, v.seed)
    }
    for classifier in sorted({plan.classifier_of(name) for name in missing}):
        if classifier in stale or not (steps.folder_of(plan, classifier, 0) / "statistics.npz").exists():
            steps.train(plan, device, classifier, 0)
            steps.measure_real(plan, device, classifier)
    for k, (name, variant) in enumerate(missing.items(), 1):
        say(f"{k} of {len(missing)}: {name}, seed {variant.seed}")
        steps.train(plan, device, variant.trained, variant.seed)
        steps.evaluate(plan, device, name, variant.seed)
    if not missing:
        say("every reading has been measured")
    if on_inception:
        _on_inception(plan, device, wanted, say)


def _on_inception(plan: Plan, device: str, wanted: dict[str, Variant], say: Callable[[str], None]) -> None:
    """Measure on Inception features what has not been; what is current is kept, with or without trained weights."""
    for classifier in sorted({plan.classifier_of(name) for name in wanted}):
        inception_steps.measure_real(plan, device, classifier, False, say)
    for name, variant in wanted.items():
        trained = steps.folder_of(plan, variant.trained, variant.seed) / "provenance.json"
        out = inception_path(measurement_path(plan.scale, plan.name, name, variant.seed))
        if out.exists() and not trained.exists():  # adopted
            continue
        steps.train(plan, device, variant.trained, variant.seed)
        inception_steps.evaluate(plan, device, name, variant.seed, False, say)
