"""``genrep metrics``: the Inception metrics of any folder of images."""

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from genrep.errors import UserError
from genrep.params.inception import Grey, Resize

if TYPE_CHECKING:
    from genrep.metrics.images import Source


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--against", metavar="FOLDER|SET[:SPLIT]", help="Real images, for FID, KID, precision and recall.")
@click.option("--samples", type=click.IntRange(min=1), help="Measure the first so many images; all if left out.")
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

    SET is a prepared data set; its SPLIT is train, test or all (train if left out). Features are kept in data/features.
    """
    from genrep.devices import claimed
    from genrep.files import write_json
    from genrep.identity import feature_code
    from genrep.metrics.evaluate_inception import FEATURES
    from genrep.metrics.feature_store import FeatureStore
    from genrep.metrics.images import FolderImages
    from genrep.metrics.inception_metrics import InceptionMetrics
    from genrep.metrics.protocol import require
    from genrep.metrics.weights import load_inception, published_weights

    images = FolderImages(folder)
    real, split = real_images(against) if against else (None, "")
    n = samples or len(images)
    with claimed(device) as place:
        inception = load_inception(published_weights(weights), place, resize=resize, grey=grey)
        require(inception.protocol.inception_score(n, splits), n, len(images))  # before hours of features
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
