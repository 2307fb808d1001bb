"""The steps of the flow by the names of runs: what the command line and sweeps call."""

from pathlib import Path

from genrep.data.prepare import images_of
from genrep.errors import UserError
from genrep.layout import measurement_path, run_folder
from genrep.metrics import evaluate as measuring
from genrep.metrics.current import run_is_current
from genrep.training.run import train as train_run
from genrep.workflow import Plan


def folder_of(plan: Plan, name: str, seed: int) -> Path:
    """The folder of a run."""
    return run_folder(plan.scale, plan.name, name, seed)


def train(plan: Plan, device: str, name: str, seed: int) -> None:
    """Train one run, going on from its checkpoint if there is one."""
    run = plan.run(name)
    title = f"{plan.name}/{name} seed {seed}"
    train_run(folder_of(plan, name, seed), title, run, seed, images_of(run.data), device)


def measure_real(plan: Plan, device: str, classifier: str) -> None:
    """Measure the held-out real images of a classifier's data set, and fit what its native metrics compare with."""
    images = images_of(plan.run(classifier).data)
    out = Path(plan.real_of_classifier(classifier))
    measuring.measure_real(plan.params, classifier, folder_of(plan, classifier, 0), images, out, device)


def evaluate(plan: Plan, device: str, name: str, seed: int) -> None:
    """Sample and measure every snapshot of a trained run.

    Raises:
        UserError: the run draws no samples; what ``genrep.metrics.evaluate`` raises.
    """
    check_sampled(plan, name)
    classifier = plan.classifier_of(name)
    measuring.evaluate(
        plan.params_of(name),
        name,
        folder_of(plan, plan.trained(name), seed),
        folder_of(plan, classifier, 0),
        images_of(plan.run(name).data),
        images_of(plan.run(classifier).data),
        measurement_path(plan.scale, plan.name, name, seed),
        device,
    )


def is_current(plan: Plan, name: str, seed: int) -> bool:
    """Whether a run's measurement is there and would come out the same.

    Raises:
        UserError: the run draws no samples.
    """
    check_sampled(plan, name)
    folder, judge = folder_of(plan, plan.trained(name), seed), folder_of(plan, plan.classifier_of(name), 0)
    return run_is_current(
        plan.params_of(name), name, folder, judge, measurement_path(plan.scale, plan.name, name, seed)
    )


def check_sampled(plan: Plan, name: str) -> None:
    """Refuse a run that no samples are drawn from, a classifier's.

    Raises:
        UserError: it is one; the line names the command that measures real images with it.
    """
    if plan.run(name).sampler is None:
        mend = f"real images are measured with it by: genrep measure-real {plan.name} {name} --scale {plan.scale}"
        raise UserError(f"{name} draws no samples that could be measured; {mend}")
