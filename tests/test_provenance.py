"""Where a result comes from: what git and the machine say of themselves."""

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
import torch

from genrep.provenance import git_state, machine, now


def git(*arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    return subprocess.run(["git", *who, *arguments], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A committed working tree with ``src``, ``params.yaml`` and results."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    for name in ("src/module.py", "params.yaml", "results/table.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    return tmp_path


def test_clean_tree_is_its_commit(repository):
    assert git_state() == {"git_commit": git("rev-parse", "HEAD"), "git_dirty": False}


@pytest.mark.parametrize(
    ("name", "dirty"),
    [
        ("src/module.py", True),
        ("params.yaml", True),
        ("src/new.py", True),
        ("results/table.csv", False),
        ("new", False),
    ],
)
def test_only_what_decides_results_makes_it_dirty(repository, name, dirty):
    (repository / name).write_text("2\n")
    assert git_state()["git_dirty"] is dirty


@pytest.mark.parametrize("lacking", ["repository", "commit", "git"])
def test_without_git_nothing_is_claimed(tmp_path, monkeypatch, lacking):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    if lacking == "commit":
        git("init", "-q")
    if lacking == "git":
        monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    assert git_state() == {"git_commit": None, "git_dirty": None}


def test_machine_is_this_one(cpu):
    found = machine(cpu, "bf16")
    assert (found["device"], found["precision"], found["threads"]) == ("cpu", "bf16", torch.get_num_threads())
    assert found["libraries"]["torch"] == torch.__version__
    assert all(found["libraries"].values())
    assert json.loads(json.dumps(found)) == found


def test_library_that_is_not_installed_is_null(cpu, monkeypatch):
    monkeypatch.setattr("genrep.provenance.LIBRARIES", ("torch", "no-such-library"))
    assert machine(cpu, "fp32")["libraries"]["no-such-library"] is None


def test_now_is_utc():
    moment = datetime.fromisoformat(now())
    assert moment.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - moment) < timedelta(seconds=10)
