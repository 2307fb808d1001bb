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
