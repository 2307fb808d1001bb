"""The diagnosis: what passes here, and what each kind of trouble is told to do."""

import builtins
import shutil
import subprocess
import sys
from collections import namedtuple

import pytest
import torch

from genrep import doctor
from genrep.data.prepare import MIRROR
from genrep.doctor import Check, checks, diagnose
from genrep.params import load, replications_at
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv(MIRROR, raising=False)


def only(run) -> Check:
    found = list(run())
    assert len(found) == 1
    return found[0]


def test_every_check_reports_and_none_fails_here(monkeypatch):
    monkeypatch.setattr(doctor, "_importable", lambda module: True)  # the tests import these elsewhere
    found = checks()
    assert {check.name for check in found} >= {"python", "torch", "torchvision", "device", "bf16", "disk", "git"}
    assert {"data mnist", "data mnist-reduced", "workflow", "inception"} <= {check.name for check in found}
    assert not [check for check in found if check.status == "fail"]
    for check in found:
        assert check.status == "ok" or check.mend, check


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warn", 0), ("fail", 1)])
def test_only_a_failure_exits_with_1(monkeypatch, status, code):
    shown: list[str] = []
    monkeypatch.setattr(doctor, "checks", lambda: [Check("disk", status, "found", "mend")])
    assert diagnose(shown.append) == code
    assert len(shown) == 1
    assert shown[0].startswith(status)
    assert shown[0].endswith("found -> mend")


def test_other_python_fails(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    assert only(doctor.python).status == "fail"


@pytest.mark.parametrize(("gib", "status"), [(0.5, "fail"), (5, "warn"), (50, "ok")])
def test_disk(monkeypatch, gib, status):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, int(gib * doctor.GIB)))
    check = only(doctor.disk)
    assert check.status == status
    assert f"{gib:.1f} GiB" in check.found
    assert bool(check.mend) == (status != "ok")


def test_missing_torch_is_told_to_install(monkeypatch):
    original = builtins.__import__

    def without_torch(name, *args, **kwargs):
        if name == "torch":
            raise ModuleNotFoundError("No module named 'torch'")
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_torch)
    (check,) = doctor._guarded("torch", doctor.torch_build)
    assert check == Check("torch", "fail", "No module named 'torch'", doctor.INSTALL)


def test_gpu_that_torch_does_not_see_is_a_warning(monkeypatch):
    monkeypatch.setattr("genrep.workflow.gpus", lambda device: 1)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    check = only(doctor.torch_build)
    assert check.status == "warn"
    assert check.mend


def test_cuda_without_a_gpu_fails(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("genrep.params.load", lambda: {"device": "cuda"})
    assert only(doctor.device) == Check(
        "device", "fail", "params.yaml asks for cuda, but torch sees no GPU", "set device: auto"
    )


def test_mistyped_parameter_is_named(tmp_path, monkeypatch):
    text = (ROOT / "params.yaml").read_text().replace("batch_size: 32", "bach_size: 32", 1)
    (tmp_path / "params.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    (check,) = doctor._guarded("params.yaml", doctor.parameters)
    assert check.status == "fail"
    assert "did you mean 'batch_size'?" in check.found


def test_absent_mirror_fails(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(MIRROR, str(tmp_path / "nowhere"))
    for run in (doctor.mirror, doctor.data_sets):
        (check,) = doctor._guarded("data", run)
        assert check.status == "fail"
        assert "nowhere" in check.found


def test_missing_extras_are_named(monkeypatch):
    monkeypatch.setattr(doctor, "_importable", lambda module: module != "snakemake")
    check = only(doctor.workflow_extras)
    assert check.status == "warn"
    assert check.found.startswith("cannot import snakemake;")
    assert check.mend == doctor.INSTALL


def test_missing_weights_are_named_with_the_command_and_who_asks(tmp_path, monkeypatch):
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    check = only(doctor.inception_weights)
    assert (check.name, check.status, check.mend) == ("inception", "warn", "genrep data fetch inception")
    asking = [name for name in replications_at(load(), "full") if "inception" in load()[name]["full"]["evaluation"]]
    assert asking
    assert f"Inception metrics of {', '.join(asking)} will not be run" in check.found
    weights = tmp_path / "data/weights/inception.safetensors"
    weights.parent.mkdir(parents=True)
    weights.touch()
    assert only(doctor.inception_weights).status == "ok"


def test_git_is_wanted_but_not_needed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert only(doctor.git).status == "warn"
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: (_ for _ in ()).throw(FileNotFoundError("git")))
    assert only(doctor.git).mend == "install git"
