"""What only the replication ``gan_vs_vae`` has: its table, the parts of its bounds, and its figures."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from genrep.report.estimates import Estimate, NotMeasured
from genrep.report.measurements import Measurements
from genrep.report.replications.gan_vs_vae_data import trained_on
from genrep.report.tables import or_missing, rounded, run_table, shown

METRICS = ("fid", "legible_share", "sharpness", "diversity")
CELLS = {  # Table 1, in its order
    "gan_mnist": ("BCE", "table1-gan-mnist-fid"),
    "vae_mnist": ("ELBO", "table1-vae-mnist-elbo"),
    "gan_celeba": ("BCE", "table1-gan-celeba-fid"),
    "vae_celeba": ("ELBO", "table1-vae-celeba-elbo"),
}
VAES = ("vae_mnist", "vae_celeba")
PARTS = {  # of the bound, by its name in the table
    "loss": ("elbo/{}", -1.0),
    "-log p(x|z)": ("log_likelihood/{}", -1.0),
    "least that can be": ("log_likelihood_limit/{}", -1.0),
    "KL": ("kl/{}", 1.0),
    "squared error": ("reconstruction_error/{}", 1.0),
}


def tables(measurements: Measurements, published: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Table 1, the bounds with their parts at every snapshot, and every run with its native metrics."""
    return {
        "table_1": evaluation(measurements, published),
        "table_elbo": bounds(measurements),
        "table_runs": run_table(measurements, METRICS),
    }


def evaluation(measurements: Measurements, published: pd.DataFrame) -> pd.DataFrame:
    """Table 1: ELBO of the VAEs and FID of the GANs, published beside ours; native FID compares with neither."""
    from genrep.report.terms import reproduce

    printed = published.set_index("cell")
    rows = []
    for model, (loss, name) in CELLS.items():
        data = trained_on(measurements, model)
        cell = printed.loc[name]
        ours = shown(or_missing(reproduce, cell.protocol, measurements))
        is_bound = loss == "ELBO"
        rows.append(
            {
                "model": "VAE" if is_bound else "GAN",
                "training set": data,
                "evaluation set": data,
                "loss function": loss,
                "ELBO, published": f"{cell.value:g}" if is_bound else "-",
                "ELBO, ours": ours if is_bound else "-",
                "FID, published": "-" if is_bound else f"{cell.value:g}",
                "FID, ours": "-" if is_bound else ours,
                "native FID, ours": shown(or_missing(_native, measurements, model)),
            }
        )
    return pd.DataFrame(rows)


def bounds(measurements: Measurements) -> pd.DataFrame:
    """The loss of each VAE after each snapshot with its parts, in nats per image, as means over seeds.

    ``loss`` is minus the bound: the negative log-likelihood plus the divergence. ``least that can be`` is the smallest
    negative log-likelihood that any decoder could reach on these images.
    """
    return pd.DataFrame([row for model in VAES for row in _bounds_of(measurements, model)] or [{"model": "not run"}])


def _bounds_of(measurements: Measurements, model: str) -> Iterator[dict[str, Any]]:
    if model not in measurements.best:
        return
    run = measurements.best_run(model)
    for snapshot in next(iter(measurements.runs[run].values()))["snapshots"]:
        epoch = snapshot["epoch"]
        printed = or_missing(_mean, measurements, run, "losses/loss", epoch)
        row: dict[str, Any] = {"model": model, "epoch": epoch, "loss printed in training": rounded(printed)}
        for split in ("train", "test"):
            for title, (metric, sign) in PARTS.items():
                value = or_missing(_mean, measurements, run, metric.format(split), epoch)
                row[f"{title}, {split}"] = None if value is None else rounded(sign * value)
        yield row


def _mean(measurements: Measurements, run: str, metric: str, epoch: int) -> float:
    """A metric after an epoch as a mean over the seeds."""
    return float(np.mean([measurements.at(run, metric, 0, epoch, seed=s).value for s in measurements.runs[run]]))


def _native(measurements: Measurements, model: str) -> Estimate:
    if model not in measurements.best:
        raise NotMeasured(model)
    return measurements.final(measurements.best_run(model), "fid", measurements.common_n(model))


def figures(measurements: Measurements, notes: list[str]) -> Any:
    """Grids at the epochs that the report shows, losses, bounds and quality over epochs; by name."""
    from genrep.report.replications.gan_vs_vae_figures import makers

    return makers(measurements, notes)
