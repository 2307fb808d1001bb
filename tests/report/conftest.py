"""A replication with made-up measurements, so that every verdict can be provoked."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genrep.files import read_json, write_json
from genrep.params import ReplicationParams, load, resolve
from genrep.report.measurements import Measurements

ROOT = Path(__file__).parents[2]


@pytest.fixture
def params() -> ReplicationParams:
    return resolve(load(ROOT / "params.yaml"), "mnist_timing", "full")


class Maker:
    """Writes measurement files into a results folder."""

    def __init__(self, folder: Path, params: ReplicationParams):
        self.folder, self.params = folder, params

    def run(self, name: str, seed: int, curves: dict[str, list[float]], margin: float = 0.01, **record: Any) -> None:
        """One run whose metrics take the given values over its snapshots."""
        count = len(next(iter(curves.values())))
        snapshots = [
            {
                "epoch": epoch + 1,
                "images_seen": 100 * (epoch + 1),
                "training_seconds": 2.0 * (epoch + 1),
                "metrics": [
                    {
                        "id": f"{metric}/n={n}",
                        "name": metric,
                        "n": n,
                        "value": values[epoch],
                        "ci_low": values[epoch] - margin,
                        "ci_high": values[epoch] + margin,
                    }
                    for n in self.params.samples_of(name)
                    for metric, values in curves.items()
                ],
            }
            for epoch in range(count)
        ]
        write_json(
            self.folder / "measurements" / f"{name}-seed{seed}.json",
            {"run": name, "seed": seed, "status": "finished", "log": [], "snapshots": snapshots} | record,
        )

    def images(self, name: str, seed: int, rng: np.random.Generator) -> None:
        """Noise in place of the images that are kept with a run."""
        epochs = np.array(self.params.runs[name].snapshot_epochs())
        kept = {"rows": (len(epochs), 10), "grid": (100,)}
        if self.params.model_of(name) == "diffusion":
            kept |= {"forward": (12, 4), "reverse": (12, 4)}
        drawn = {key: rng.integers(0, 256, (*shape, 1, 28, 28), dtype=np.uint8) for key, shape in kept.items()}
        np.savez_compressed(self.folder / "measurements" / f"{name}-seed{seed}.npz", epochs=epochs, **drawn)

    def real(self, legible_share: float, n: int = 10_000, margin: float = 0.0) -> None:
        """Real images; called again, at another sample count."""
        path = self.folder / "measurements" / "real.json"
        metrics = read_json(path)["snapshots"][0]["metrics"] if path.exists() else []
        entry = {"id": "legible_share", "name": "legible_share", "n": n, "value": legible_share}
        metrics.append(entry | {"ci_low": legible_share - margin, "ci_high": legible_share + margin})
        write_json(path, {"snapshots": [{"epoch": None, "metrics": metrics}]})

    def times(self, device: str = "cuda", **seconds: list[float]) -> None:
        """Epoch times by model."""
        runs = {
            f"{model}-adam": {
                "model": model,
                "epochs": [
                    {"epoch": i + 1, "seconds": value, "first_step_seconds": 0.1} for i, value in enumerate(values)
                ],
                "flops_per_image": 10 * (index + 1),
                "epoch_images": 100,
            }
            for index, (model, values) in enumerate(seconds.items())
        }
        machine = {"device": device, "device_name": "a chip", "threads": 2}
        write_json(self.folder / "measurements" / "epoch_times.json", {"machine": machine, "runs": runs})

    def open(self) -> Measurements:
        """What has been written so far."""
        return Measurements(self.folder, self.params)


@pytest.fixture
def maker(tmp_path: Path, params: ReplicationParams) -> Maker:
    return Maker(tmp_path, params)
