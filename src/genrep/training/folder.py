"""A run on disk: ``runs/<scale>/<replication>/<run>/seed<k>/``.

config.yaml          resolved parameters, seed and data identity
log.jsonl            one line per finished epoch, append-only
snapshots/           sampling weights after chosen epochs
checkpoint.pt        where the run stands; the same command goes on from it
weights.safetensors  all networks at the end
provenance.json      written last: the run is finished
"""

import json
from pathlib import Path
from typing import Any

import torch

from genrep import models
from genrep.data.arrays import ImageSet
from genrep.errors import UserError
from genrep.files import read_json
from genrep.params.training import RunParams
from genrep.training import checkpoint


def finished_epochs(folder: Path) -> list[dict[str, Any]]:
    """The log of a run, one record per epoch; an epoch repeated after a kill counts once, with its last record."""
    if not (folder / "log.jsonl").exists():  # it diverged in its first epoch
        return []
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    records = {record["epoch"]: record for record in map(json.loads, lines)}
    return [records[epoch] for epoch in sorted(records)]


def provenance(folder: Path) -> dict[str, Any]:
    """What a finished run says of itself.

    Raises:
        UserError: it is not finished; the line names the command that finishes it.
    """
    path = folder / "provenance.json"
    if not path.exists():
        scale, replication, run, seed = folder.parts[-4:]
        arguments = f"{replication} {run} --seed {seed.removeprefix('seed')} --scale {scale}"
        raise UserError(f"{folder} holds no finished run; run: genrep train {arguments}")
    return read_json(path)


def snapshot_path(folder: Path, epoch: int) -> Path:
    """Where the sampling weights after ``epoch`` are kept."""
    return folder / "snapshots" / f"epoch{epoch:04d}.safetensors"


def load_networks(folder: Path, run: RunParams, images: ImageSet, epoch: int | None, device: torch.device) -> Any:
    """The networks of a finished run, in evaluation mode on ``device``: at the end, or after a snapshot epoch."""
    networks = models.build(run.network, images.shape, images.card["classes"], seed=0)
    path = folder / "weights.safetensors" if epoch is None else snapshot_path(folder, epoch)
    checkpoint.load_weights(path, networks)
    return networks.eval().to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
