"""The ``genrep`` command: each step of the flow is a subcommand that reads and writes files."""

import os
import sys
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click

from genrep.allocator import keep_freed_memory
from genrep.arguments import at_scale, plan_and_device, scale_option, seed_option
from genrep.data.commands import data
from genrep.errors import UserError
from genrep.metrics.command import metrics
from genrep.params import load
from genrep.sweep.command import sweep


class Commands(click.Group):
    """Turns a ``UserError`` into one line on stderr and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UserError as error:
            fail(str(error))
        except OSError as error:  # a file or folder that cannot be read or written; the message names it
            fail(f"{error.filename or 'input/output'}: {error.strerror or error}")
        except RuntimeError as error:  # training says which of its switches help (genrep.training.run)
            if type(error).__name__ != "OutOfMemoryError" and "can't allocate memory" not in str(error):
                raise
            fail(f"out of memory ({str(error).splitlines()[0]}); end what else uses the device, or set device: cpu")


def fail(message: str) -> NoReturn:
    """End with one line on stderr; of several processes of one training the first speaks for all."""
    if os.environ.get("RANK", "0") == "0":
        click.echo(f"genrep: {message}", err=True)
    sys.exit(1)


only_option = click.option(
    "--only", type=click.Choice(["native", "inception"]), default=None, help="Leave the other metrics out."
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="genrep")
def main() -> None:
    """Replications of five published comparisons of image generative models."""
    keep_freed_memory()


main.add_command(data)
main.add_command(metrics)
main.add_command(sweep)


@data.command("sheet")
@click.argument("name")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def data_sheet(name: str, path: Path) -> None:
    """Draw a contact sheet of the prepared set NAME to PATH, a PNG file. Mind the licence before you share it."""
    from genrep.data.prepare import prepared
    from genrep.report.figures.contact import contact_sheet
    from genrep.report.figures.style import save, theme

    if path.suffix.lower() != ".png":
        raise UserError(f"{path} is no PNG file; name it {path.with_suffix('.png')}")
    if not path.parent.is_dir():
        raise UserError(f"{path.parent} is no folder; make it first, or correct the path")
    with theme():
        save(contact_sheet(prepared(name)), path)


@main.command()
@click.argument("replication")
@click.argument("run")
@seed_option
@scale_option
def train(replication: str, run: str, seed: int, scale: str | None) -> None:
    """Train one RUN of REPLICATION, going on from its checkpoint if there is one."""
    from genrep import steps

    steps.train(*plan_and_device(replication, scale), run, seed)


@main.command("measure-real")
@click.argument("replication")
@click.argument("classifier", required=False)
@only_option
@scale_option
def measure_real(replication: str, classifier: str | None, only: str | None, scale: str | None) -> None:
    """Measure held-out real images, and fit what the native metrics of REPLICATION compare with.

    Those of the data set of one CLASSIFIER run, or of all that the replication measures with. Where params.yaml asks
    for Inception metrics, and the weights are at hand, those are measured too.
    """
    from genrep import inception_steps, steps
    from genrep.params.load import check_choice

    plan, device = plan_and_device(replication, scale)
    if classifier is not None:
        check_choice(f"classifier of {replication}", classifier, plan.params.classifiers)
    for name in plan.params.classifiers if classifier is None else (classifier,):
        if only != "inception":
            steps.measure_real(plan, device, name)
        if only != "native":
            inception_steps.measure_real(plan, device, name, only == "inception", partial(click.echo, err=True))


@main.command()
@click.argument("replication")
@click.argument("run")
@seed_option
@only_option
@scale_option
def evaluate(replication: str, run: str, seed: int, only: str | None, scale: str | None) -> None:
    """Sample and measure every snapshot of a trained RUN of REPLICATION.

    Where params.yaml asks for Inception metrics, and the weights are at hand, those are measured too. What is current
    is not measured again, unless --only names it.
    """
    from genrep import inception_steps, steps

    plan, device = plan_and_device(replication, scale)
    if only == "native" or (only is None and not steps.is_current(plan, run, seed)):
        steps.evaluate(plan, device, run, seed)
    if only != "native":
        inception_steps.evaluate(plan, device, run, seed, only == "inception", partial(click.echo, err=True))


@main.command("time")
@click.argument("replication")
@click.option("--threads", type=click.IntRange(min=1), default=None, help="Of torch on a CPU; all if left out.")
@scale_option
def time_epochs(replication: str, threads: int | None, scale: str | None) -> None:
    """Time the epochs of REPLICATION's models; nothing else should run beside it."""
    import os

    from genrep.layout import epoch_times_path
    from genrep.training.timing import time_epochs as measure

    params, scale, resolved = at_scale(replication, scale)
    if resolved.timing is None:
        raise UserError(f"{replication} times nothing: params.yaml has no timing block for it")
    measure(resolved, epoch_times_path(scale, replication), params["device"], threads or os.cpu_count() or 1)


@main.command("time-sampling")
@click.argument("replication")
@click.option("--threads", type=click.IntRange(min=1), default=None, help="Of torch on a CPU; all if left out.")
@scale_option
def time_sampling(replication: str, threads: int | None, scale: str | None) -> None:
    """Time how long REPLICATION's networks take to sample, untrained, and count their parameters."""
    import os

    from genrep.layout import sampling_times_path
    from genrep.sampling.timing import time_sampling as measure

    params, scale, resolved = at_scale(replication, scale)
    if resolved.sampling_times is None:
        raise UserError(f"{replication} times no sampling: params.yaml has no sampling_times block for it")
    out = sampling_times_path(scale, replication)
    measure(resolved, out, params["device"], threads or os.cpu_count() or 1)


@main.command()
@click.argument("replication")
@click.argument("names", nargs=-1, metavar="[RUN|STUDY]...")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=None, help="All seeds of a run if left out.")
@scale_option
def study(replication: str, names: tuple[str, ...], seed: int | None, scale: str | None) -> None:
    """Study the trained models of REPLICATION: all, or the named RUNs and STUDYs of params.yaml's studies block."""
    from genrep.studies.run import study_runs

    plan, device = plan_and_device(replication, scale)
    study_runs(plan, names, seed, device, say=click.echo)


@main.command()
@click.argument("replication")
@scale_option
def tabulate(replication: str, scale: str | None) -> None:
    """Write the tables, figures, verdicts and page of REPLICATION from its measurements."""
    from genrep.report.results import tabulate as write_results

    _, scale, resolved = at_scale(replication, scale)
    click.echo(write_results(replication, scale, resolved))


@main.command()
@click.argument("replication")
@scale_option
def compare(replication: str, scale: str | None) -> None:
    """List every cell and claim of REPLICATION with its verdict; exit 1 if one is not the expected one."""
    from genrep.layout import results_folder
    from genrep.report.compare import read_results, unexpected
    from genrep.report.page import summary
    from genrep.report.tables import to_markdown

    _, scale, _ = at_scale(replication, scale)
    results = read_results(results_folder(scale, replication))
    columns = {"cell": ["cell", "published", "reproduced", "ci_low", "ci_high", "verdict", "reason"]}
    for kind, table in results.items():
        click.echo(to_markdown(table[columns.get(kind, list(table.columns))]) + "\n")
    click.echo(to_markdown(summary({f"{kind}s": table for kind, table in results.items()})))
    lines = unexpected(replication, scale)
    for line in lines:
        click.echo(f"unexpected verdict: {line}", err=True)
    sys.exit(1 if lines else 0)


@main.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
def diff(a: Path, b: Path) -> None:
    """Compare two results folders cell by cell and claim by claim."""
    from genrep.report.compare import diff as compare_folders
    from genrep.report.tables import to_markdown

    table = compare_folders(a, b)
    click.echo(to_markdown(table) if len(table) else "no differences")


@main.command()
@click.argument("replication")
@scale_option
def adopt(replication: str, scale: str | None) -> None:
    """Check the committed measurements of REPLICATION against the working tree and take matching ones for current."""
    from genrep.report.adopt import adopt as check
    from genrep.snakemake import run_snakemake
    from genrep.workflow import Plan

    params, scale, _ = at_scale(replication, scale)
    plan = Plan(params, replication, scale)
    found = check(plan)
    for title, reason in found.refused.items():
        click.echo(f"not adopted: {title}: {reason}", err=True)
    for title in found.missing:
        click.echo(f"not there:   {title}")
    click.echo(f"adopted {len(found.adopted)} measurements, refused {len(found.refused)}")
    if not found.outputs:
        raise UserError("nothing was adopted; Snakemake will run what params.yaml and the code ask for")
    arguments = ("--touch", "--cores", "1", "--quiet", "all", "--config", f"scale={scale}")
    sys.exit(run_snakemake(*arguments, "--", *found.outputs) or (1 if found.refused else 0))


@main.command()
@click.argument("replication")
@click.option("--measure/--no-measure", default=True, help="Train each model for a few steps to estimate the time.")
@scale_option
def plan(replication: str, measure: bool, scale: str | None) -> None:
    """Say what REPLICATION will take, before anything starts: runs, images, hours, disk, missing data."""
    from genrep.plan import show

    params, scale, resolved = at_scale(replication, scale)
    show(replication, scale, resolved, params["device"], measure)


@main.command()
@click.argument("checkout", type=click.Path(exists=True, file_okay=False, path_type=Path))
def vouch(checkout: Path) -> None:
    """Prove that the code gives the results of an older CHECKOUT, by the smoke scale run in both on this machine."""
    from genrep.vouch import vouch as prove

    for code, old in prove(load(), checkout).items():
        click.echo(f"{code[:12]}... gives the same results as {old[:12]}...")


@main.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes any that is free."
)
@click.option("--browser", is_flag=True, help="Open the page in your browser.")
def explore(port: int, browser: bool) -> None:
    """Open a local page on the latents of all trained models."""
    try:
        from genrep.explore.serve import serve
    except ModuleNotFoundError as error:
        if error.name not in ("starlette", "uvicorn"):
            raise
        raise UserError(
            f"genrep explore needs {error.name}; run: pip install -c constraints.txt '.[explore]'"
        ) from None

    serve(port, browser)


@main.command()
def doctor() -> None:
    """Check this machine: Python, torch, device, disk, data; one line and one mend each. Exit 1 if one fails."""
    from genrep.doctor import diagnose

    sys.exit(diagnose())


@main.command()
@click.option("--cores", type=click.IntRange(min=1), default=None, help="All if left out.")
def smoke(cores: int | None) -> None:
    """Run every replication on reduced data and write report.html: minutes on a laptop."""
    import os

    from genrep.snakemake import run_snakemake

    count = str(cores or os.cpu_count() or 1)
    target = ["--config", "scale=smoke", "--", "replicate_all"]
    status = run_snakemake("--cores", count, *target)
    if status == 0:
        status = run_snakemake("--cores", count, "--report", "report.html", *target)
    if status == 0:
        click.echo("Open report.html, or read results/smoke/*/REPORT.md")
    sys.exit(status)


@main.command()
def scoreboard() -> None:
    """Write the verdict counts of all committed results, and the tables that they quote, into the READMEs."""
    from genrep.files import write_text
    from genrep.layout import REPLICATIONS
    from genrep.report.compare import readme_with_scoreboard, with_tables

    readme = Path("README.md")
    write_text(readme, readme_with_scoreboard(readme.read_text(encoding="utf-8")))
    for page in (readme, *sorted(REPLICATIONS.glob("*/README.md"))):
        write_text(page, with_tables(page.read_text(encoding="utf-8")))


@main.command()
@click.argument("replication")
@scale_option
def summary(replication: str, scale: str | None) -> None:
    """Write the metrics and curves of REPLICATION to summaries/, where DVC keeps and compares them."""
    from genrep.report.summaries import summarise

    _, scale, _ = at_scale(replication, scale)
    click.echo(summarise(replication, scale))
