"""The command: where it listens, and what it says when it cannot."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from genrep.errors import UserError
from genrep.explore.serve import HOST, bind
from tests.conftest import ROOT


def explore(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """``genrep explore`` where it must end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "genrep", "explore", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_it_listens_on_the_loopback_alone():
    with bind(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1" == HOST
        assert listening.getsockname()[1] > 0
        assert listening.proto == socket.IPPROTO_TCP  # without it asyncio delays answers, see bind


def test_a_port_that_is_taken_is_named_with_another():
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=rf"port {port} .*; choose another: genrep explore --port \d+$"):
            bind(port)


def test_after_the_last_port_comes_the_one_before(monkeypatch):
    def taken(self, address):
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(socket.socket, "bind", taken)
    with pytest.raises(UserError, match=r"port 65535 .*; choose another: genrep explore --port 65534$"):
        bind(65535)


def test_the_command_says_so_in_one_line(trained):
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        done = explore(trained, "--port", str(other.getsockname()[1]))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "choose another: genrep explore --port" in done.stderr


def test_nothing_trained_yet_says_the_command(tmp_path):
    done = explore(tmp_path, "--port", "0")
    assert done.returncode == 1
    assert done.stderr == (
        "genrep: runs holds no trained model to explore yet; train some with: genrep smoke (or make smoke)\n"
    )


def test_a_folder_that_cannot_be_opened_is_listed_before_that(tmp_path):
    (tmp_path / "runs/smoke/x/vae/seed0").mkdir(parents=True)
    done = explore(tmp_path, "--port", "0")
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert first.startswith("skipped smoke/x/vae/seed0: not finished (config.yaml is missing); run: genrep train x vae")
    assert "no trained model to explore" in second
