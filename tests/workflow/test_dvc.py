"""What ``dvc repro`` runs, and what DVC shows after an edit, in a workspace whose jobs only touch their outputs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.workflow.conftest import ROOT, Workspace

COPIED = ("dvc.yaml", ".dvcignore", ".dvc/config", ".gitignore")
EPOCHS = yaml.safe_load((ROOT / "params.yaml").read_text())["mnist_timing"]["smoke"]["runs"]["vae"]["epochs"]
SUMMARY = "summaries/mnist_timing/metrics.json"

# Around the workspace's stand-in for genrep: a log of calls, metrics that depend on params.yaml, the real summary.
WRAPPER = """#!{python}
import json, subprocess, sys
from pathlib import Path
import yaml
with Path("calls.log").open("a") as log:
    print(*sys.argv[1:], file=log)
if sys.argv[1] == "summary":
    sys.exit(subprocess.call([sys.executable, "-m", "genrep", *sys.argv[1:]]))
status = subprocess.call([str(Path(__file__).with_name("genrep-steps")), *sys.argv[1:]])
if sys.argv[1] == "tabulate":
    epochs = yaml.safe_load(Path("params.yaml").read_text())["mnist_timing"]["smoke"]["runs"]["vae"]["epochs"]
    folder = Path("results/smoke/mnist_timing")
    (folder / "metrics.json").write_text(json.dumps({{"vae-adam": {{"fid_n100": epochs}}}}))
    (folder / "curves.csv").write_text("run,seed,epoch,metric,n,value\\nvae-adam,0,1,fid,100,1.0\\n")
sys.exit(status)
"""


class DVCWorkspace(Workspace):
    """A workspace in a git repository of its own, with DVC."""

    def __init__(self, folder: Path, cache: Path):
        self.folder, self.cache = folder, cache

    def run(self, *command: str) -> str:
        """Standard output of a successful command."""
        path = os.pathsep.join([str(self.folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
        own = {
            "PATH": path,
            "PYTHONPATH": str(self.folder / "src"),
            "DVC_SITE_CACHE_DIR": str(self.cache),
            "DVC_GLOBAL_CONFIG_DIR": str(self.cache),
            "DVC_SYSTEM_CONFIG_DIR": str(self.cache),
            "DVC_NO_ANALYTICS": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        }
        done = subprocess.run(command, cwd=self.folder, env=os.environ | own, capture_output=True, text=True)
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        return done.stdout

    def dvc(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "dvc", *arguments)

    def repro(self) -> list[str]:
        """Run the stage if DVC finds it changed; the calls of genrep that it made, by subcommand."""
        log = self.folder / "calls.log"
        log.unlink(missing_ok=True)
        self.dvc("repro", "mnist_timing")
        return [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []

    def changes(self, what: str) -> dict[str, Any]:
        """``dvc <what> diff`` against the last commit, by file."""
        found = json.loads(self.dvc(what, "diff", "--json") or "{}")
        return found.get("diff", found)

    def commit(self) -> None:
        self.run("git", "add", "--all")
        author = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.org")
        self.run("git", *author, "commit", "--quiet", "-m", "state")


@pytest.fixture(scope="session")
def reproduced(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[DVCWorkspace, list[str]]:
    """A committed workspace after its first ``dvc repro``, and the calls of genrep that this made."""
    folder = tmp_path_factory.mktemp("dvc") / "repository"
    shutil.copytree(finished, folder, copy_function=shutil.copy2)
    for name in COPIED:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    fake = folder / "bin" / "genrep"
    fake.rename(fake.with_name("genrep-steps"))
    fake.write_text(WRAPPER.format(python=sys.executable))
    fake.chmod(0o755)
    (folder / "results/smoke/mnist_timing/REPORT.md").unlink()  # leaves Snakemake one thing to do
    workspace = DVCWorkspace(folder, tmp_path_factory.mktemp("dvc-cache"))
    workspace.run("git", "init", "--quiet")
    calls = workspace.repro()
    workspace.commit()
    return workspace, calls


@pytest.fixture
def dvc(reproduced: tuple[DVCWorkspace, list[str]], tmp_path: Path) -> DVCWorkspace:
    """A private copy of ``reproduced``, times of modification kept."""
    shutil.copytree(reproduced[0].folder, tmp_path / "repository", copy_function=shutil.copy2, symlinks=True)
    return DVCWorkspace(tmp_path / "repository", tmp_path / "cache")


def test_repro_runs_what_snakemake_lacks_and_summarises(reproduced: tuple[DVCWorkspace, list[str]]) -> None:
    workspace, calls = reproduced
    assert calls == ["tabulate", "summary"]
    assert json.loads((workspace.folder / SUMMARY).read_text()) == {"vae-adam": {"fid_n100": EPOCHS}}
    locked = yaml.safe_load((workspace.folder / "dvc.lock").read_text())["stages"]["mnist_timing"]
    assert SUMMARY in [out["path"] for out in locked["outs"]]


def test_repeating_it_does_nothing(dvc: DVCWorkspace) -> None:
    assert dvc.repro() == []


def test_a_block_of_another_replication_reruns_nothing(dvc: DVCWorkspace) -> None:
    with (dvc.folder / "params.yaml").open("a") as stream:
        stream.write("another_replication:\n  full: {precision: fp32}\n")
    assert dvc.repro() == []


def test_an_edited_parameter_reruns_the_stage_and_shows(dvc: DVCWorkspace) -> None:
    before, edited = (f"batch_size: 32\n        epochs: {count}\n" for count in (EPOCHS, EPOCHS + 1))
    dvc.edit("params.yaml", before, edited)
    key = "mnist_timing.smoke.runs.vae.epochs"
    assert dvc.changes("params") == {"params.yaml": {key: {"old": EPOCHS, "new": EPOCHS + 1, "diff": 1}}}
    calls = dvc.repro()
    assert calls.count("train") == 4  # the VAE with its four optimizers
    assert calls[-1] == "summary"
    assert dvc.changes("metrics") == {SUMMARY: {"vae-adam.fid_n100": {"old": EPOCHS, "new": EPOCHS + 1, "diff": 1}}}


def test_every_stage_depends_on_every_scale_of_its_replication() -> None:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    settings = {"scale", "device"}
    assert stages.keys() == params.keys() - settings
    for name, stage in stages.items():
        assert set(stage["params"]) == settings | {f"{name}.{scale}" for scale in params[name]}
        missing = [path for path in stage["deps"] if not (ROOT / path).exists()]
        assert not missing, f"dvc.yaml: {name} depends on what is not there"


def test_compiled_python_files_rerun_nothing(dvc: DVCWorkspace) -> None:
    for compiled in ("src/genrep/__pycache__/extra.cpython-312.pyc", "workflow/__pycache__/extra.cpython-312.pyc"):
        (dvc.folder / compiled).parent.mkdir(exist_ok=True)
        (dvc.folder / compiled).write_bytes(b"left by another Python")
    assert dvc.repro() == []
