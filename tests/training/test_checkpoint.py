"""Checkpoints and weights: whole, of the right run, and without any code in them."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import nn

from genrep.errors import UserError
from genrep.training import checkpoint

IDENTITY = {"params": {"batch_size": 8, "optimizer": {"lr": 0.1}}, "seed": 0}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint.pt"


def networks() -> nn.ModuleDict:
    convolution = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    return nn.ModuleDict({"encoder": convolution, "decoder": nn.Linear(2, 5)}).to(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"a": 1, "b": {"c": [1, 2]}}, {"b": {"c": [1, 2]}, "a": 1}, None),
        ({"a": 1}, {"a": 2}, "a was 1, is now 2"),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, "a.b.c was 1, is now 2"),
        ({"a": {"b": 1}}, {"a": {}}, "a.b was 1, is now None"),
        ({}, {"a": {"b": 1}}, "a was None, is now {'b': 1}"),
        ({"b": 1, "a": 1}, {"b": 2, "a": 2}, "a was 1, is now 2"),
        ({"a": [1, 2]}, {"a": [2, 1]}, "a was [1, 2], is now [2, 1]"),
    ],
)
def test_first_difference(old, new, said):
    assert checkpoint.first_difference(old, new) == said


def test_checkpoint_comes_back(path, cpu):
    state = {"weights": torch.arange(3.0), "clock": {"epoch": 2, "totals": {"loss": 0.1}}, "ema": None}
    checkpoint.save(path, IDENTITY, state, segments=[{"code": "abc"}])
    found = checkpoint.load(path, IDENTITY, cpu)
    assert torch.equal(found["state"].pop("weights"), state.pop("weights"))
    assert found["state"] == state
    assert found["segments"] == [{"code": "abc"}]


def test_other_run_is_refused_with_the_first_difference(path, cpu):
    checkpoint.save(path, IDENTITY, {})
    other = IDENTITY | {"params": {"batch_size": 8, "optimizer": {"lr": 0.2}}}
    with pytest.raises(UserError, match=r"params\.optimizer\.lr was 0\.1, is now 0\.2.*restore them .*or delete it"):
        checkpoint.load(path, other, cpu)


def test_other_version_is_refused(path, cpu, monkeypatch):
    monkeypatch.setattr(checkpoint, "VERSION", checkpoint.VERSION + 1)
    checkpoint.save(path, IDENTITY, {})
    monkeypatch.undo()
    with pytest.raises(UserError, match="another version of genrep; delete it"):
        checkpoint.load(path, IDENTITY, cpu)
    torch.save([1, 2], path)
    with pytest.raises(UserError, match="another version of genrep"):
        checkpoint.load(path, IDENTITY, cpu)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: content[: len(content) // 2], id="half"),
        pytest.param(lambda content: b"text" + content, id="prefixed"),
        pytest.param(lambda content: bytes(len(content)), id="zeros"),
        pytest.param(lambda content: b"", id="empty"),
    ],
)
def test_damaged_checkpoint_is_named_in_one_line(path, cpu, damage):
    checkpoint.save(path, IDENTITY, {"w": torch.zeros(100)})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match=r"checkpoint\.pt is damaged .*delete it to start over") as caught:
        checkpoint.load(path, IDENTITY, cpu)
    assert "\n" not in str(caught.value)


class Payload:
    """Unpickling it would create a file."""

    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


def test_code_in_a_checkpoint_is_not_run(path, cpu, tmp_path):
    torch.save({"version": checkpoint.VERSION, "identity": Payload(tmp_path / "owned")}, path)
    with pytest.raises(UserError, match="is damaged"):
        checkpoint.load(path, IDENTITY, cpu)
    assert not (tmp_path / "owned").exists()


def test_full_disk_as_torch_reports_it_keeps_the_previous_checkpoint(path, cpu, monkeypatch):
    checkpoint.save(path, IDENTITY, {"epoch": 1})

    def full(content, temporary):
        temporary.write_bytes(b"half")
        raise RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed\nframe #0")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(UserError, match=r"file write failed.*; free some space, then run the same command") as caught:
        checkpoint.save(path, IDENTITY, {"epoch": 2})
    assert "frame" not in str(caught.value)
    assert checkpoint.load(path, IDENTITY, cpu)["state"] == {"epoch": 1}
    assert [p.name for p in path.parent.iterdir()] == [path.name]


# -- weights --------------------------------------------------------------------------------------------------------


def test_weights_come_back_to_the_bit(tmp_path):
    saved, fresh = networks(), networks()
    saved["encoder"](torch.randn(2, 3, 8, 8))  # running statistics are saved too
    checkpoint.save_weights(tmp_path / "w.safetensors", saved)
    found = checkpoint.load_weights(tmp_path / "w.safetensors", fresh).state_dict()
    assert found.keys() == saved.state_dict().keys()
    assert all(torch.equal(found[name], value) for name, value in saved.state_dict().items())


def test_file_is_safetensors_and_holds_the_roles_asked_for(tmp_path):
    path = tmp_path / "w.safetensors"
    saved = networks()
    checkpoint.save_weights(path, saved, ("decoder",))
    with safe_open(path, "pt") as content:
        assert set(content.keys()) == {"decoder.weight", "decoder.bias"}
        assert torch.equal(content.get_tensor("decoder.weight"), saved["decoder"].weight)
    loaded = checkpoint.load_weights(path, networks())
    assert list(loaded) == ["decoder"]  # what the file lacks would be untrained


def test_pickle_is_no_weights_file(tmp_path):
    torch.save(networks().state_dict(), tmp_path / "w.safetensors")
    with pytest.raises(UserError, match=r"is damaged .*train the run again"):
        checkpoint.load_weights(tmp_path / "w.safetensors", networks())


def test_missing_cut_or_foreign_weights_are_told(tmp_path):
    path = tmp_path / "w.safetensors"
    with pytest.raises(UserError, match=r"w\.safetensors does not exist; train the run first"):
        checkpoint.load_weights(path, networks())
    checkpoint.save_weights(path, networks())
    with pytest.raises(UserError, match=r"does not fit the network: size mismatch for decoder\.weight"):
        checkpoint.load_weights(path, nn.ModuleDict({"encoder": networks()["encoder"], "decoder": nn.Linear(3, 5)}))
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(UserError, match="is damaged"):
        checkpoint.load_weights(path, networks())
