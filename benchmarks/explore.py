"""``python -m benchmarks.explore``: how soon ``genrep explore`` answers for the models on MNIST, into ``EXPLORE.md``.

The networks are those of the full scale of char74k_cifar10 with random weights: the time does not depend on what they
have learnt. The page is served as the command does, and asked over the loopback as the page does: one latent at a time,
as while one drags. Let nothing else run meanwhile.
"""

import json
import os
import platform
import tempfile
import threading
import time
from datetime import date
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
import torch
import uvicorn

from genrep import models
from genrep.devices import device_name
from genrep.explore.app import make_app
from genrep.explore.runs import TrainedRun, find_runs
from genrep.explore.serve import HOST, bind
from genrep.files import write_json, write_text
from genrep.layout import run_folder
from genrep.params import load, resolve
from genrep.training.checkpoint import save_weights

NAME, SCALE = "char74k_cifar10", "full"
RUNS = ("acgan_mnist", "acwgan_mnist", "cvae_mnist", "vae_mnist")
REQUIRED = 100  # milliseconds
REQUESTS = 200  # after the first, which loads the weights


def untrained(root: Path) -> list[TrainedRun]:
    """Finished runs whose weights are the initial ones."""
    params = resolve(load(Path("params.yaml")), NAME, SCALE)
    for name in RUNS:
        run = params.runs[name]
        folder = root / run_folder(SCALE, NAME, name, 0)
        folder.mkdir(parents=True)
        save_weights(folder / "weights.safetensors", models.build(run.network, (1, 28, 28), 10, seed=0))
        identity = {"seed": 0, "params": run.model_dump(mode="json")}
        (folder / "config.yaml").write_text(json.dumps(identity), encoding="utf-8")  # YAML holds JSON
        write_json(folder / "provenance.json", {"images_seen": 0})
    found, skipped = find_runs(root / "runs")
    assert not skipped, skipped
    return found


def answers(port: int, run: TrainedRun) -> np.ndarray:
    """Milliseconds of each request to decode a latent, from the first byte sent to the last one received."""
    rng = np.random.default_rng(0)
    connection = HTTPConnection(HOST, port)
    spent = []
    for _ in range(REQUESTS + 1):
        latent = rng.normal(size=(1, run.params.network.latent)).tolist()  # type: ignore[union-attr]
        start = time.perf_counter()
        connection.request("POST", "/api/decode", json.dumps({"run": run.id, "z": latent}))
        answer = connection.getresponse()
        body = answer.read()
        spent.append(1e3 * (time.perf_counter() - start))
        assert answer.status == 200, body
    return np.array(spent)


def main() -> None:
    load = os.getloadavg()[1]
    torch.set_num_threads(min(4, torch.get_num_threads()))  # as the command does
    with tempfile.TemporaryDirectory() as folder, bind(0) as listening:
        runs = untrained(Path(folder))
        server = uvicorn.Server(uvicorn.Config(make_app(runs, []), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        found = {f"{run.folder.parts[-2]} ({run.params.network.kind})": answers(port, run) for run in runs}
        server.should_exit = True
        thread.join()
    lines = [
        "# Benchmark of genrep explore",
        "",
        "Written by `python -m benchmarks.explore`: milliseconds from a request for one decoded latent to the whole "
        f"picture, over the loopback; the first request loads the weights, {REQUESTS} more follow.",
        "",
        f"- date: {date.today().isoformat()}",
        f"- machine: {device_name(torch.device('cpu'))}, {os.cpu_count()} cores, {torch.get_num_threads()} threads; "
        f"load before the start: {load:.1f}",
        f"- Python {platform.python_version()}, torch {torch.__version__}",
        "",
        "| network | first, ms | median, ms | 95 of 100 within, ms | required, ms |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {ms[0]:.0f} | {np.median(ms[1:]):.1f} | {np.quantile(ms[1:], 0.95):.1f} | {REQUIRED} |"
            for name, ms in found.items()
        ),
        "",
    ]
    write_text(Path(__file__).with_name("EXPLORE.md"), "\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
