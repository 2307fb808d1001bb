"""``genrep metrics``: the Inception metrics of any folder of images."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from genrep.errors import UserError
from genrep.params.inception import Grey, Resize

if TYPE_CHECKING:
    from genrep.metrics.images import Source
    from genrep.metrics.protocol import InceptionProtocol

ORDER = 0  # seed of the order in which images of a folder come


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--against", metavar="FOLDER|SET[:SPLIT]", help="Real images, for FID, KID, precision and recall.")
@click.option("--samples", type=click.IntRange(min=1), help="Measure so many of the images; all if left out.")
@click.option("--splits", type=click.IntRange(min=1), default=10, show_default=True, help="Of the Inception Score.")
@click.option("--resize", type=click.Choice(get_args(Resize)), default="clean", show_default=True)
@click.option("--grey", type=click.Choice(get_args(Grey)), default="refuse", show_default=True, help="Grey images.")
@click.option("--weights", default="inception", show_default=True, help="Name in the data catalogue.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write them as JSON, too.")
def metrics(
    folder: Path,
    against: str | None,
    samples: int | None,
    splits: int,
    resize: Resize,
    grey: Grey,
    weights: str,
    device: str,
    out: Path | None,
) -> None:
    """Measure the images of FOLDER on Inception features; docs/metrics.md says what an id means.

    Images of its subfolders are not taken. They come in a random order, the same every time: by name they may be sorted
    by class, and a split of an Inception Score would hold one class alone.

    SET is a prepared data set; its SPLIT is train, test or all (train if left out). Features are kept in data/features.
    """
    from genrep.devices import claimed
    from genrep.files import write_json
    from genrep.identity import feature_code
    from genrep.metrics.evaluate_inception import FEATURES
    from genrep.metrics.feature_store import FeatureStore
    from genrep.metrics.images import FolderImages
    from genrep.metrics.inception import Inception
    from genrep.metrics.inception_metrics import InceptionMetrics
    from genrep.metrics.protocol import InceptionProtocol
    from genrep.metrics.weights import published_weights

    images: Source = FolderImages(folder, ORDER, samples)
    real, split = real_images(against) if against else (None, "")
    network = published_weights(weights)
    protocol = InceptionProtocol(weights=network.identity, resize=resize, grey=grey)
    # before hours of features
    sources = [images] if real is None else [images, real]
    check_counts(protocol, sources, samples, splits)
    for source in sources if grey == "refuse" else ():
        if next(iter(source.batches(1))).shape[1] == 1:
            raise UserError(f"{source.name} holds grey images; --grey repeat shows them to the network as RGB")
    if out is not None:
        check_folder(out)
    n = len(images)
    with claimed(device) as place:
        inception = Inception(protocol, network.load(), place)
        store = FeatureStore(FEATURES, feature_code())
        found = store.features(inception, images)
        compared = store.features(inception, real) if real is not None else None
        measuring = InceptionMetrics(store, inception.protocol, compared, split, seed=0, splits=(splits,))
        rows = measuring.measure(found, n, intervals=True)
    for row in rows:
        spread = "" if row["sd"] is None else f" +- {row['sd']:.3g}"
        click.echo(f"{row['id']}  {row['value']:.6g}{spread}  [{row['ci_low']:.4g}, {row['ci_high']:.4g}]")
    if out is not None:
        sets = {"images": found.images, "against": compared.images if compared is not None else None}
        write_json(out, sets | {"metrics": rows})


def check_counts(protocol: "InceptionProtocol", sources: "Sequence[Source]", samples: int | None, splits: int) -> None:
    """Refuse too few images for what is asked; ``sources`` are the images and, where there are any, the real ones.

    Raises:
        UserError: fewer than ``samples``, than splits, or than neighbours of precision and recall need.
    """
    from genrep.metrics.inception_metrics import InceptionMetrics
    from genrep.metrics.protocol import require

    images, k = sources[0], InceptionMetrics.k
    n = len(images)
    require(protocol.inception_score(samples or n, splits), samples or n, n)
    if n < splits:
        raise UserError(f"{images.name}: an Inception Score in {splits} splits needs at least {splits} images, got {n}")
    if n < 2:
        raise UserError(f"{images.name}: intervals need at least 2 images, got {n}")
    for source in sources if len(sources) > 1 else ():
        if len(source) <= k:
            what = f"precision and recall with k={k} need at least {k + 1} images on either side"
            raise UserError(f"{source.name}: {what}, got {len(source)}")


def check_folder(out: Path) -> None:
    """Refuse a file that could not be written in the end.

    Raises:
        UserError: its folder is not there and cannot be made.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {out}: {out.parent} is no folder and cannot be made ({error.strerror})") from None


def real_images(against: str) -> "tuple[Source, str]":
    """The images of a folder, or of a prepared data set and its split, and what ids call them.

    Raises:
        UserError: neither is there.
    """
    from genrep.data.catalogue import catalogue
    from genrep.data.prepare import prepared
    from genrep.metrics.images import FolderImages
    from genrep.metrics.measure_inception import real_images as of_set

    name, _, split = against.partition(":")
    if name in catalogue() and not Path(against).is_dir():
        return of_set(prepared(name), split or "train"), f"{name}-{split or 'train'}"
    if not Path(against).is_dir():
        raise UserError(f"{against} is neither a folder of images nor a data set; genrep data list names those")
    folder = FolderImages(Path(against))
    return folder, f"folder-{folder.identity[:8]}"
