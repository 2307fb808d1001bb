"""``genrep sweep``: run the readings of a replication's assumptions and hold each against the published number."""

import click

from genrep.arguments import plan_and_device, scale_option


@click.command()
@click.argument("replication")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--run/--no-run", "train", default=True, help="Train and measure what is missing, or only write.")
@click.option("--list", "only_list", is_flag=True, help="Say which sweeps there are, and how much each would train.")
@scale_option
def sweep(replication: str, ids: tuple[str, ...], train: bool, only_list: bool, scale: str | None) -> None:
    """Run every reading of the assumptions ID of REPLICATION (all that have readings to run if none is named).

    An ID may also be a cell of published.csv: all readings that move it, side by side. Each reading is an ordinary run;
    what was trained and measured before is kept, and what was interrupted goes on.
    """
    from genrep.sweep.readings import chosen

    plan, device = plan_and_device(replication, scale)
    found = chosen(replication, plan.sweeps, ids)
    if only_list:
        for one, variants in found.items():
            trained = {v.name for v in variants if v.trained == v.name and v.name not in plan.params.runs}
            click.echo(f"{one}: {len(variants)} readings, {len(trained)} of them trained for it")
        return

    from genrep.report.sweeps import check, write

    check(plan, found)
    if train:
        from genrep.sweep.run import run

        run(plan, device, found, click.echo)
    for one, variants in found.items():
        click.echo(write(plan, one, variants))
