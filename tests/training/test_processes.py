"""Two processes train what one does: the same batches and draws, each taking half of them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from genrep import devices
from genrep.errors import UserError
from genrep.objectives import Batch
from genrep.training.folder import finished_epochs
from genrep.training.processes import Processes, leading
from genrep.training.run import train
from tests.conftest import ROOT

SGD = {"kind": "sgd", "lr": 1e-3}  # Adam's first steps turn rounding into a whole step's difference


def torchrun(folder: Path, processes: int) -> subprocess.CompletedProcess:
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    module = ["-m", "tests.training.together", str(folder)]
    return subprocess.run([sys.executable, *command, *module], cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def runs(thesis_runs) -> dict:
    """The three models, and what each has of its own: an average, micro-batches, a growth."""
    changes = {"vae": {"accumulate": 2}, "gan": {}, "diffusion": {}}
    return {
        name: run.model_validate(run.values() | {"optimizer": SGD, "snapshots": "all"} | changes[name])
        for name, run in thesis_runs.items()
    }


@pytest.fixture(scope="module")
def together(tmp_path_factory, runs, faces) -> Path:
    """Every run trained by two processes."""
    folder = tmp_path_factory.mktemp("together")
    faces.save(folder / "images")
    (folder / "runs.json").write_text(json.dumps({name: run.values() for name, run in runs.items()}))
    done = torchrun(folder, processes=2)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.mark.parametrize("name", ["vae", "gan", "diffusion"])
def test_losses_and_weights_are_those_of_one_process(tmp_path, runs, faces, together, name):
    """The GAN's minibatch deviation is over fixed groups of four, which lie within a process's share."""
    train(tmp_path, name, runs[name], 0, faces, "cpu")
    one, two = finished_epochs(tmp_path), finished_epochs(together / name)
    assert [record["images_seen"] for record in one] == [record["images_seen"] for record in two]
    for a, b in zip(one, two, strict=True):
        assert a["losses"] == pytest.approx(b["losses"], rel=1e-4)
    alone, shared = (load_file(folder / "weights.safetensors") for folder in (tmp_path, together / name))
    assert alone.keys() == shared.keys()
    start = load_file(tmp_path / "snapshots" / "epoch0001.safetensors")
    assert any(not torch.equal(start[key], alone[key]) for key in start)  # something was trained
    for key, value in alone.items():
        # two normals are fitted to what is encoded: rounding turns their axes
        if not key.startswith("posterior.factor"):
            torch.testing.assert_close(shared[key], value, rtol=1e-3, atol=1e-5, msg=key)


def test_one_process_writes(together, runs):
    for name, run in runs.items():
        lines = (together / name / "log.jsonl").read_text().splitlines()
        assert [json.loads(line)["epoch"] for line in lines] == list(range(1, run.epochs + 1))
        assert json.loads((together / name / "provenance.json").read_text())["status"] == "finished"
        assert not (together / name / "checkpoint.pt").exists()


def test_batches_that_do_not_divide_end_in_one_line(tmp_path, thesis_runs, faces):
    run = thesis_runs["vae"].model_copy(update={"batch_size": 9})
    faces.save(tmp_path / "images")
    (tmp_path / "runs.json").write_text(json.dumps({"vae": run.values()}))
    done = torchrun(tmp_path, processes=2)
    assert done.returncode != 0
    assert "wrong number of processes: 2 do not divide batch_size 9 in 1 micro-batches; choose another" in done.stderr


# -- without starting any ---------------------------------------------------------------------------------------------


def test_alone_it_takes_everything():
    processes = Processes.launched(torch.device("cpu"), growing=True)
    batch, noise = Batch(torch.zeros(5, 1), torch.zeros(5)), {"z": torch.zeros(5, 2)}
    assert leading()
    assert (processes.rank, processes.count, processes.fabric) == (0, 1, None)
    assert processes.share(batch, noise) == (batch, noise)
    assert processes.agree(True, False) == [True, False]
    processes.check({7}, last_batch=1, accumulate=3)


def test_shares_are_neighbouring_rows_and_make_up_the_batch():
    batch, noise = Batch(torch.arange(7), torch.arange(7)), {"z": torch.arange(7)}
    shares = [Processes(rank, 3).share(batch, noise) for rank in range(3)]
    assert torch.equal(torch.cat([own.images for own, _ in shares]), batch.images)
    assert [len(own.labels) for own, _ in shares] == [3, 2, 2]
    assert all(torch.equal(own.images, part["z"]) for own, part in shares)


@pytest.mark.parametrize(
    ("count", "accumulate", "last", "words"),
    [
        (3, 1, 8, "3 do not divide batch_size 8 in 1 micro-batches"),
        (4, 4, 8, "4 do not divide batch_size 8 in 4 micro-batches"),
        (4, 1, 3, "the last batch of an epoch has 3 images for 4 processes; set drop_last: true"),
        (2, 4, 5, "the last batch of an epoch has 5 images for 2 processes"),  # parts of 2, 2 and 1
    ],
)
def test_wrong_number_of_processes(count, accumulate, last, words):
    with pytest.raises(UserError, match=words):
        Processes(0, count).check({8, 16}, last, accumulate)


def test_more_processes_than_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(UserError, match=r"torchrun has started 4 on a machine with 2 GPUs; use --nproc-per-node 2"):
        devices._own_gpu(0, 4)
