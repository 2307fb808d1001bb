"""The steps of the flow by the names of runs: what the command line and sweeps call."""

from pathlib import Path

from genrep.data.prepare import prepared
from genrep.layout import measurement_path, real_path, run_folder
from genrep.metrics import evaluate as measuring
from genrep.training.run import train as train_run
from genrep.workflow import Plan


def folder_of(plan: Plan, name: str, seed: int) -> Path:
    """The folder of a run."""
    return run_folder(plan.scale, plan.name, name, seed)


def train(plan: Plan, device: str, name: str, seed: int) -> None:
    """Train one run, going on from its checkpoint if there is one."""
    run = plan.run(name)
    title = f"{plan.name}/{name} seed {seed}"
    train_run(folder_of(plan, name, seed), title, run, seed, prepared(run.data.set), device)


def measure_real(plan: Plan, device: str) -> None:
    """Measure held-out real images, and fit what the native metrics compare with."""
    images = prepared(plan.run(plan.classifier).data.set)
    folder = folder_of(plan, plan.classifier, 0)
    measuring.measure_real(plan.params, folder, images, real_path(plan.scale, plan.name), device)


def evaluate(plan: Plan, device: str, name: str, seed: int) -> None:
    """Sample and measure every snapshot of a trained run."""
    measuring.evaluate(
        plan.params_of(name),
        name,
        folder_of(plan, plan.trained(name), seed),
        folder_of(plan, plan.classifier, 0),
        prepared(plan.run(name).data.set),
        prepared(plan.run(plan.classifier).data.set),
        measurement_path(plan.scale, plan.name, name, seed),
        device,
    )
