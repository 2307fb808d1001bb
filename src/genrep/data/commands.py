"""``genrep data``: list, fetch, verify, prepare, card."""

import json
import sys
from typing import Any

import click


@click.group()
def data() -> None:
    """Data sets: list, fetch, verify, prepare, card."""


@data.command("list")
def data_list() -> None:
    """Every set of the catalogue and where it stands; then the sources that they come from."""
    from genrep.data.availability import availability
    from genrep.data.catalogue import catalogue, sources

    for name, entry in catalogue().items():
        where = availability(name)
        size = " x ".join(map(str, entry.shape[1:])) + (" grey" if entry.shape[0] == 1 else " RGB")
        share = "" if entry.share_of_official == 1 else f", {entry.share_of_official:.1%} of the official set"
        count = f"{sum(entry.counts.values()):,} images {size}{share}"
        mend = f"  {where.found} -> {where.mend}" if where.mend else ""
        click.echo(f"{name:22}  {where.state:11}  {count}{mend}")
    click.echo()
    for name, origin in sources().items():
        shown = "may be redistributed" if origin.redistribution else "no redistribution"
        click.echo(f"{name:22}  {origin.access:11}  {origin.title} ({shown}; {', '.join(origin.used_by)})")


@data.command("fetch")
@click.argument("name")
def data_fetch(name: str) -> None:
    """Bring the official files of the set or source NAME to data/raw and verify them; say how where no program can."""
    from genrep.data.catalogue import sources_of
    from genrep.data.fetch import NeedsHand, fetch
    from genrep.data.weights import convert

    origin = sources_of(name)[0]
    try:
        for file, how in fetch(origin.name).items():
            click.echo(f"{origin.name}/{file}: {how}")
    except NeedsHand as error:
        click.echo(error.instructions)
        raise
    if origin.layout.kind == "weights":
        click.echo(f"converted: {convert(origin.name)}")


@data.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def data_verify(names: tuple[str, ...]) -> None:
    """Hash the files and prepared images of each set or source NAME, or of all that are here; exit 1 if one differs."""
    from genrep.data.verify import verify, verify_all

    findings = (finding for name in names for finding in verify(name)) if names else verify_all()
    failed = total = 0
    for finding in findings:
        click.echo(str(finding))
        total, failed = total + 1, failed + (not finding.ok)
    click.echo(f"{total - failed} of {total} verified")
    sys.exit(1 if failed else 0)


@data.command("prepare")
@click.argument("name")
@click.option("--partial", is_flag=True, help="Accept files that hold a part of the official images; the card says so.")
@click.option("--workers", type=click.IntRange(min=1), default=None, help="Processes; one per core if left out.")
def data_prepare(name: str, partial: bool, workers: int | None) -> None:
    """Fetch NAME if necessary, verify it and store it under data/prepared."""
    from genrep.data.prepare import prepare

    card = prepare(name, partial=partial, workers=workers, say=lambda line: click.echo(line, err=True)).card
    click.echo(f"{name}: {sum(card['counts'].values())} images, sha256 {card['identity']}")


@data.command("card")
@click.argument("name")
def data_card(name: str) -> None:
    """What is known of the set or source NAME: source, licence, preprocessing, and what was prepared here."""
    from genrep.data.catalogue import PREPARED, catalogue, sources_of
    from genrep.files import read_json

    origin = sources_of(name)[0]
    known: dict[str, Any] = {"source": origin.model_dump(mode="json", exclude_defaults=True)}
    if name in catalogue():
        known |= {"set": catalogue()[name].model_dump(mode="json", exclude_defaults=True)}
        path = PREPARED / name / "card.json"
        known |= {"prepared": read_json(path) if path.is_file() else None}
    click.echo(json.dumps(known, indent=1, ensure_ascii=False))
