"""The ``genrep`` command: each step of the flow is a subcommand that reads and writes files."""

import sys
from typing import Any

import click

from genrep.errors import UserError


class Commands(click.Group):
    """Turns a ``UserError`` into one line on stderr and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UserError as error:
            click.echo(f"genrep: {error}", err=True)
            sys.exit(1)


scale_option = click.option("--scale", default=None, help="smoke, desk or full; params.yaml's own if left out.")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="genrep")
def main() -> None:
    """Replications of five published comparisons of image generative models."""


@main.group()
def data() -> None:
    """Data sets: fetch, verify, prepare."""


@data.command("prepare")
@click.argument("name")
def data_prepare(name: str) -> None:
    """Fetch NAME if necessary, verify it and store it under data/prepared."""
    from genrep.data.prepare import prepare

    card = prepare(name).card
    click.echo(f"{name}: {sum(card['counts'].values())} images, sha256 {card['identity']}")


@main.command()
@click.argument("replication")
@click.argument("run")
@click.option("--seed", type=int, default=0, show_default=True)
@scale_option
def train(replication: str, run: str, seed: int, scale: str | None) -> None:
    """Train one RUN of REPLICATION, going on from its checkpoint if there is one."""
    from genrep.data.prepare import prepared
    from genrep.layout import run_folder
    from genrep.params import load, run_of
    from genrep.training.run import train as train_run

    params = load()
    scale = scale or params["scale"]
    run_params = run_of(params, replication, run, scale)
    folder = run_folder(scale, replication, run, seed)
    images = prepared(run_params.data.set)
    train_run(folder, f"{replication}/{run} seed {seed}", run_params, seed, images, params["device"])


@main.command("measure-real")
@click.argument("replication")
@scale_option
def measure_real(replication: str, scale: str | None) -> None:
    """Measure held-out real images, and fit what the native metrics of REPLICATION compare with."""
    from genrep.data.prepare import prepared
    from genrep.layout import real_path, run_folder
    from genrep.metrics.evaluate import measure_real as measure
    from genrep.params import load, resolve

    params = load()
    scale = scale or params["scale"]
    resolved = resolve(params, replication, scale)
    name = resolved.evaluation.classifier
    images = prepared(resolved.runs[name].data.set)
    folder = run_folder(scale, replication, name, 0)
    measure(resolved, folder, images, real_path(scale, replication), params["device"])


@main.command()
@click.argument("replication")
@click.argument("run")
@click.option("--seed", type=int, default=0, show_default=True)
@scale_option
def evaluate(replication: str, run: str, seed: int, scale: str | None) -> None:
    """Sample and measure every snapshot of a trained RUN of REPLICATION."""
    from genrep.data.prepare import prepared
    from genrep.layout import measurement_path, run_folder
    from genrep.metrics.evaluate import evaluate as evaluate_run
    from genrep.params import load, resolve, run_of

    params = load()
    scale = scale or params["scale"]
    run_params = run_of(params, replication, run, scale)
    resolved = resolve(params, replication, scale)
    classifier = resolved.evaluation.classifier
    evaluate_run(
        resolved,
        run,
        run_folder(scale, replication, run, seed),
        run_folder(scale, replication, classifier, 0),
        prepared(run_params.data.set),
        prepared(resolved.runs[classifier].data.set),
        measurement_path(scale, replication, run, seed),
        params["device"],
    )
