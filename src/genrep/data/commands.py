"""``genrep data``: list, fetch, verify, prepare, card; ``sheet``, which draws, is in genrep.cli."""

import json
import sys
from typing import Any

import click

from genrep.data.catalogue import SourceFile
from genrep.params import require_repository

UNVERIFIED = "unverified"  # in place of a hash that nobody has published or computed


class InRepository(click.Command):
    """Refuses to run elsewhere: ``data/`` is a folder of the repository."""

    def invoke(self, ctx: click.Context) -> Any:
        require_repository()
        return super().invoke(ctx)


class DataCommands(click.Group):
    """Commands that work on ``data/``."""

    command_class = InRepository


@click.group(cls=DataCommands)
def data() -> None:
    """Data sets: list, fetch, verify, prepare, card, sheet."""


@data.command("list")
def data_list() -> None:
    """Every set of the catalogue and where it stands; then the sources that they come from."""
    from genrep.data.availability import availability
    from genrep.data.catalogue import catalogue, sources

    for name in catalogue():
        where = availability(name)
        mend = f"  {where.found} -> {where.mend}" if where.mend else ""
        click.echo(f"{name:22}  {where.state:11}  {where.size}{mend}")
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
    if origin.access == "generated":
        click.echo(f"{origin.name}: nothing to fetch, it is drawn when it is prepared")
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
    described = origin.model_dump(mode="json", exclude_defaults=True)
    described["files"] = {file: _facts(entry) for file, entry in origin.files.items()}
    known: dict[str, Any] = {"source": described}
    if name in catalogue():
        entry = catalogue()[name]
        described = entry.model_dump(mode="json", exclude_defaults=True)
        known |= {"set": described | {"identity": described.pop("recorded_identity") or UNVERIFIED}}
        path = PREPARED / name / "card.json"
        known |= {"prepared": read_json(path) if path.is_file() else None}
    click.echo(json.dumps(known, indent=1, ensure_ascii=False))


def _facts(file: SourceFile) -> dict[str, Any]:
    """What is known of a file, and plainly what is not."""
    known = file.model_dump(mode="json", exclude_none=True)
    if not (file.md5 or file.sha256 or file.unpacked_md5):
        known["hash"] = UNVERIFIED
    if file.url is not None:
        known["link"] = f"verified on {file.verified}" if file.verified else UNVERIFIED
    known.pop("verified", None)
    return known
