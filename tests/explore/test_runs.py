"""Which folders are models, and what is said of those that cannot be opened."""

import re
import shutil
from pathlib import Path

import pytest
import yaml
from safetensors.torch import load_file, save_file

from genrep.explore.runs import find_runs
from genrep.files import read_json, write_json
from tests.explore.conftest import NAME, RUNS, SCALE, run_id


@pytest.fixture
def copy(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that may be spoiled."""
    shutil.copytree(trained / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs" / SCALE / NAME


def reason(name: str = "vae") -> str:
    """Why a run was skipped; all others must still be there."""
    found, skipped = find_runs()
    assert [one.id for one in skipped] == [run_id(name)]
    assert {run.id for run in found} == {run_id(other) for other in RUNS if other != name}
    assert "\n" not in skipped[0].reason
    return skipped[0].reason


def test_finished_runs_are_found_with_what_the_page_needs(workspace):
    found, skipped = find_runs()
    assert skipped == []
    assert [run.id for run in found] == [run_id(name) for name in sorted(RUNS)]
    by_name = {run.folder.parts[-2]: run for run in found}
    assert {name: run.params.training_values() for name, run in by_name.items()} == {
        name: params.training_values() for name, params in RUNS.items()
    }
    assert by_name["vae"].title == "vae (char74k_cifar10, smoke, seed 0)"
    assert {name: run.told for name, run in by_name.items()} == {
        "acgan": True,
        "cvae": True,
        "faces": True,
        "vae": False,
    }
    assert (by_name["vae"].classes, by_name["faces"].classes) == (10, 4)
    assert by_name["vae"].epochs == (1, 2)


def test_nothing_trained_is_nothing_found(tmp_path):
    assert find_runs(tmp_path / "runs") == ([], [])


@pytest.mark.parametrize("missing", ["provenance.json", "weights.safetensors", "config.yaml"])
def test_an_unfinished_run_is_named_with_its_command(copy, missing):
    (copy / "vae/seed0" / missing).unlink()
    assert reason() == (
        f"not finished ({missing} is missing); run: genrep train char74k_cifar10 vae --seed 0 --scale smoke"
    )


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.yaml", "params: {"),
        ("config.yaml", "- a list"),
        ("config.yaml", "params: {}\nseed: 0\ndata: x"),
        ("provenance.json", "{"),
        ("provenance.json", "{}"),
    ],
)
def test_a_damaged_run_is_skipped(copy, file, content):
    (copy / "vae/seed0" / file).write_text(content)
    assert "train it again: genrep train char74k_cifar10 vae --seed 0 --scale smoke" in reason()


def test_a_run_of_another_version_is_told_apart(copy):
    path = copy / "vae/seed0/config.yaml"
    identity = yaml.safe_load(path.read_text())
    identity["params"]["network"]["width"] = 3
    path.write_text(yaml.safe_dump(identity))
    assert reason().startswith("trained by another version of genrep (parameter network.deconv_vae.width)")


AGAIN = "train it again: genrep train char74k_cifar10 vae --seed 0 --scale smoke"


def respelt(path: Path, change) -> None:
    """Weights with other tensors."""
    save_file({name: tensor for old, value in load_file(path).items() for name, tensor in [change(old, value)]}, path)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda n, t: (n.replace("mean", "centre"), t), r"encoder\.centre\.bias has shape \[2\], now it is none\)"),
        (lambda n, t: (n, t[:1].clone() if n == "encoder.mean.bias" else t), r"mean\.bias .* \[1\], now it is \[2\]\)"),
    ],
    ids=["another name", "another shape"],
)
def test_weights_of_another_network_are_not_offered(copy, change, what):
    respelt(copy / "vae/seed0/weights.safetensors", change)
    found = reason()
    assert re.match(rf"trained by another version of genrep \(weights\.safetensors: {'.*' + what}", found), found
    assert found.endswith(AGAIN)


def test_truncated_weights_are_not_offered(copy):
    path = copy / "vae/seed0/weights.safetensors"
    path.write_bytes(path.read_bytes()[:-8])
    assert re.fullmatch(rf"damaged \(weights\.safetensors: .*\); {AGAIN}", reason())


def test_weights_without_what_decodes_are_not_offered(copy):
    path = copy / "vae/seed0/weights.safetensors"
    save_file({name: tensor for name, tensor in load_file(path).items() if name.startswith("encoder")}, path)
    assert reason().startswith("damaged (weights.safetensors holds neither a decoder nor a generator)")


@pytest.mark.parametrize(("name", "what"), [("epoch0002", "damaged"), ("epochXX", "its name has no epoch")])
def test_a_snapshot_that_cannot_be_opened_is_left_out(copy, name, what):
    (copy / f"vae/seed0/snapshots/{name}.safetensors").write_bytes(b"no weights")
    found, skipped = find_runs()
    assert [one.id for one in skipped] == [f"{run_id('vae')}/snapshots/{name}.safetensors"]
    assert skipped[0].reason.startswith(what)
    assert skipped[0].reason.endswith(AGAIN)
    assert next(run for run in found if run.id == run_id("vae")).epochs == ((1, 2) if name == "epochXX" else (1,))


def test_a_run_on_an_unknown_data_set_is_skipped(copy):
    path = copy / "vae/seed0/config.yaml"
    identity = yaml.safe_load(path.read_text())
    identity["params"]["data"]["set"] = "mnits"
    path.write_text(yaml.safe_dump(identity))
    assert "mnits" in reason()


def test_what_decodes_no_latent_is_passed_over(copy):
    path = copy / "vae/seed0/config.yaml"
    identity = yaml.safe_load(path.read_text())
    identity["params"] |= {
        "network": {"kind": "digit_classifier", "channels": [2], "features": 2, "dropout": 0.0},
        "objective": {"kind": "classification"},
    }
    path.write_text(yaml.safe_dump(identity))
    found, skipped = find_runs()
    assert skipped == []
    assert run_id("vae") not in {run.id for run in found}


def test_a_file_in_the_place_of_a_folder_is_ignored(copy):
    (copy / "vae/seed7").write_text("")
    write_json(copy / "vae/seed0/provenance.json", read_json(copy / "vae/seed0/provenance.json"))
    assert len(find_runs()[0]) == len(RUNS)
