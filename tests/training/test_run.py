"""A run on disk: resuming, refusing, diverging, and the state it leaves behind."""

import json
import os
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from genrep.errors import UserError
from genrep.training import run as run_module
from genrep.training.folder import finished_epochs
from genrep.training.loop import DivergedError, Loop
from genrep.training.run import Interrupted, train


def shortened(run, **changes):
    return run.model_copy(update={"epochs": 2, "snapshots": (1, 2), "batch_size": 500, **changes})


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "weights.safetensors")


def assert_same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> None:
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("name", ["vae-adam", "gan-adam", "gan-rmsprop", "diffusion-adam", "wgan", "wgan_gp"])
def test_interrupted_run_resumes_to_the_same_bits(tmp_path, monkeypatch, smoke_runs, garment_runs, digits, name):
    run = shortened((smoke_runs | garment_runs)[name], ema=0.9)
    train(tmp_path / "whole", name, run, 0, digits, "cpu")

    steps = 0
    original = Loop._step

    def stop_in_the_second_epoch(self, batch):
        nonlocal steps
        steps += 1
        if steps == self.steps + 2:
            os.kill(os.getpid(), signal.SIGINT)
        original(self, batch)

    monkeypatch.setattr(Loop, "_step", stop_in_the_second_epoch)
    with pytest.raises(Interrupted, match="the same command goes on"):
        train(tmp_path / "parts", name, run, 0, digits, "cpu")
    assert not (tmp_path / "parts" / "weights.safetensors").exists()
    torch.manual_seed(1)  # a new process would not inherit the random state either
    train(tmp_path / "parts", name, run, 0, digits, "cpu")

    assert_same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    for one, other in zip(*(finished_epochs(tmp_path / folder) for folder in ("whole", "parts")), strict=True):
        assert one["losses"] == pytest.approx(other["losses"])
    provenance = json.loads((tmp_path / "parts" / "provenance.json").read_text())
    first, second = provenance["segments"]
    assert first["images_from"] == 0
    assert second["images_from"] == first["images_to"]


def test_seed_decides_and_nothing_else(tmp_path, smoke_runs, digits):
    run = shortened(smoke_runs["gan-adam"], epochs=1, snapshots=())
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(tmp_path / folder, "gan", run, seed, digits, "cpu")
    assert_same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not torch.equal(*(weights(tmp_path / f)["generator.layers.0.weight"] for f in "ac"))


def test_checkpoint_of_other_parameters_is_refused_by_name(tmp_path, monkeypatch, smoke_runs, digits):
    run = shortened(smoke_runs["vae-adam"])
    monkeypatch.setattr(run_module, "CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(Loop, "_gather", _fail_in_the_second_epoch(Loop._gather))
    with pytest.raises(RuntimeError):
        train(tmp_path, "vae", run, 0, digits, "cpu")
    monkeypatch.undo()
    before = (tmp_path / "checkpoint.pt").read_bytes()
    with pytest.raises(UserError, match=r"params\.batch_size was 500, is now 250"):
        train(tmp_path, "vae", run.model_copy(update={"batch_size": 250}), 0, digits, "cpu")
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_finished_run_gives_way_to_new_parameters(tmp_path, smoke_runs, digits):
    run = shortened(smoke_runs["vae-adam"], epochs=1, snapshots=())
    train(tmp_path, "vae", run, 0, digits, "cpu")
    train(tmp_path, "vae", run.model_copy(update={"batch_size": 250}), 0, digits, "cpu")
    assert json.loads((tmp_path / "provenance.json").read_text())["identity"]["params"]["batch_size"] == 250
    assert len(finished_epochs(tmp_path)) == 1


def test_finished_run_starts_over_even_where_its_outputs_were_deleted(tmp_path, smoke_runs, digits):
    run = shortened(smoke_runs["vae-adam"], epochs=1, snapshots=())
    train(tmp_path, "vae", run, 0, digits, "cpu")
    for output in ("weights.safetensors", "provenance.json"):  # as Snakemake does before it runs a job again
        (tmp_path / output).unlink()
    train(tmp_path, "vae", run.model_copy(update={"batch_size": 250}), 0, digits, "cpu")
    record = json.loads((tmp_path / "provenance.json").read_text())
    assert record["identity"]["params"]["batch_size"] == 250
    assert len(record["segments"]) == 1


def test_second_trainer_is_told_of_the_first(tmp_path, smoke_runs, digits):
    with run_module.sole_trainer(tmp_path), pytest.raises(UserError, match=f"process {os.getpid()} on"):
        train(tmp_path, "vae", shortened(smoke_runs["vae-adam"]), 0, digits, "cpu")


def test_nan_ends_the_run_with_the_loss_named(tmp_path, smoke_runs, digits):
    wild = smoke_runs["vae-sgd"].optimizer.model_copy(update={"lr": 1e6})
    run = shortened(smoke_runs["vae-sgd"], optimizer=wild, on_divergence="fail")
    with pytest.raises(DivergedError, match=r"vae: loss '\w+' became (nan|inf) in epoch 1"):
        train(tmp_path, "vae", run, 0, digits, "cpu")
    assert not (tmp_path / "provenance.json").exists()


def test_weights_broken_by_the_last_update_are_not_kept(tmp_path, monkeypatch, smoke_runs, digits):
    run = shortened(smoke_runs["vae-adam"], on_divergence="record")
    epoch = Loop.epoch

    def break_a_weight(self, *arguments):
        record = epoch(self, *arguments)
        if record.epoch == 2:
            next(self.networks.parameters()).data.view(-1)[0] = float("nan")
        return record

    monkeypatch.setattr(Loop, "epoch", break_a_weight)
    train(tmp_path, "vae", run, 0, digits, "cpu")
    assert "weights 'encoder" in json.loads((tmp_path / "provenance.json").read_text())["status"]
    assert [path.name for path in sorted((tmp_path / "snapshots").iterdir())] == ["epoch0001.safetensors"]


def test_divergence_can_be_a_result(tmp_path, smoke_runs, digits, capsys):
    wild = smoke_runs["vae-sgd"].optimizer.model_copy(update={"lr": 1e6})
    run = shortened(smoke_runs["vae-sgd"], optimizer=wild, on_divergence="record")
    train(tmp_path, "vae", run, 0, digits, "cpu")
    assert json.loads((tmp_path / "provenance.json").read_text())["status"].startswith("diverged: loss")
    assert "vae diverged: loss" in capsys.readouterr().err


def test_snapshots_keep_the_networks_that_a_run_asks_for(tmp_path, smoke_runs, digits):
    for keep, roles in (((), {"decoder"}), (("encoder",), {"decoder", "encoder"})):
        folder = tmp_path / str(len(keep))
        train(folder, "vae", shortened(smoke_runs["vae-adam"], keep=keep), 0, digits, "cpu")
        kept = load_file(folder / "snapshots" / "epoch0001.safetensors")
        assert {name.split(".")[0] for name in kept} == roles


def test_full_disk_keeps_the_previous_checkpoint(tmp_path, monkeypatch, smoke_runs, digits):
    run = shortened(smoke_runs["vae-adam"])
    save = torch.save
    calls = 0

    def second_save_fails(content, path):
        nonlocal calls
        calls += 1
        if calls == 2:
            Path(path).write_bytes(b"half")
            raise OSError(28, "No space left on device")
        save(content, path)

    monkeypatch.setattr(torch, "save", second_save_fails)
    with pytest.raises(UserError, match="No space left on device; free some space"):
        train(tmp_path, "vae", run, 0, digits, "cpu")
    monkeypatch.undo()
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["state"]["clock"]["epoch"] == 1
    assert not list(tmp_path.glob(".checkpoint*"))
    train(tmp_path, "vae", run, 0, digits, "cpu")
    assert len(finished_epochs(tmp_path)) == 2


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("can't allocate memory")]
)
def test_too_little_memory_names_the_switches(tmp_path, monkeypatch, thesis_runs, faces, error):
    def fail(self, batch):
        raise error

    monkeypatch.setattr(Loop, "_step", fail)
    with pytest.raises(UserError, match=r"vae: out of memory .*set accumulate: 2 .*recompute: true .*precision: bf16"):
        train(tmp_path, "vae", thesis_runs["vae"], 0, faces, "cpu")


def test_other_errors_of_a_step_are_not_taken_for_memory(tmp_path, monkeypatch, thesis_runs, faces):
    def fail(self, batch):
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(Loop, "_step", fail)
    with pytest.raises(RuntimeError, match="shapes differ"):
        train(tmp_path, "vae", thesis_runs["vae"], 0, faces, "cpu")


def test_damaged_checkpoint_is_named(tmp_path, smoke_runs, digits):
    (tmp_path / "checkpoint.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(UserError, match=r"checkpoint\.pt is damaged .*delete it"):
        train(tmp_path, "vae", shortened(smoke_runs["vae-adam"]), 0, digits, "cpu")


def _fail_in_the_second_epoch(gather):
    def failing(self):
        gather(self)
        if self.clock.epoch == 1 and self.clock.step:
            raise RuntimeError("stopped")

    return failing
