"""A copy of the workflow whose jobs only touch their outputs, so that what Snakemake plans can be tested quickly."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("Snakefile", "params.yaml", "workflow", "profiles", "replications", "src", "data/reduced")

# Stands in for the genrep command: writes what the rule that called it declares.
FAKE = """#!{python}
import sys
from pathlib import Path
import yaml
command, *rest = sys.argv[1:]
plain = [a for a in rest if not a.startswith("-")]
option = dict(zip(rest, rest[1:]))
scale, seed = option.get("--scale"), option.get("--seed", "0")
end = {{"inception": [".inception.json"], "native": [".json", ".npz"]}}.get(option.get("--only"), [])
folder = Path("results") / str(scale) / plain[0]
real = "real"
if command == "measure-real":
    evaluation = yaml.safe_load(Path("params.yaml").read_text())[plain[0]]["full"]["evaluation"]
    real += "" if plain[1] == evaluation["classifier"] else f"-{{plain[1]}}"
paths = {{
    "data": [Path("data/prepared") / plain[-1] / n for n in ("images.npy", "labels.npy", "card.json")],
    "train": [Path("runs") / str(scale) / plain[0] / plain[1 % len(plain)] / f"seed{{seed}}" / n
              for n in ("weights.safetensors", "provenance.json")],
    "measure-real": [folder / "measurements" / f"{{real}}{{s}}" for s in end if s != ".npz"],
    "evaluate": [folder / "measurements" / f"{{plain[1 % len(plain)]}}-seed{{seed}}{{s}}" for s in end],
    "study": [folder / "measurements" / "studies" / f"{{plain[1 % len(plain)]}}-seed{{seed}}{{s}}"
              for s in (".json", ".npz")],
    "time": [folder / "measurements" / "epoch_times.json"],
    "time-sampling": [folder / "measurements" / "sampling_times.json"],
    "sweep": [folder / f"sweep_{{plain[1 % len(plain)]}}" / n for n in (
              "table_readings.csv", "table_readings.md", "table_readings.html", "REPORT.md",
              "figure_readings.png", "figure_over_epochs.png")],
    "tabulate": [folder / n for n in {results!r}.get(plain[0], ())],
}}[command]
for path in paths:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{{}}")
"""


class Workspace:
    """A copy of the repository in which Snakemake can be called."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name in COPIED:
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        suffix = {"figure": "png", "table": "html", "cells": "html", "claims": "html"}
        results = {
            replication.name: [
                *("verdicts.json", "metrics.json", "curves.csv", "REPORT.md"),
                *(f"{c.stem}.{suffix[c.stem.split('_')[0]]}" for c in (replication / "report").iterdir()),
            ]
            for replication in (ROOT / "replications").iterdir()
        }
        fake = folder / "bin" / "genrep"
        fake.parent.mkdir()
        fake.write_text(FAKE.format(python=sys.executable, results=results))
        fake.chmod(fake.stat().st_mode | stat.S_IXUSR)

    def snakemake(self, *arguments: str) -> str:
        """Output of a successful call."""
        path = os.pathsep.join([str(self.folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=self.folder,
            env=os.environ | {"PATH": path, "PYTHONPATH": str(self.folder / "src")},
            capture_output=True,
            text=True,
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, output[-3000:]
        return output

    def planned(self, *arguments: str) -> list[str]:
        """Messages of the jobs that a dry run plans, in order of name; tabulating left out."""
        messages = re.findall(r"^Job \d+: (.*)$", self.snakemake("-n", *arguments), re.M)
        return sorted({m.split(" (")[0] for m in messages if not m.startswith(("Tabulate", "Draw"))})

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text in a file, once."""
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) >= 1, old
        path.write_text(text.replace(old, new, 1))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace after a whole smoke run of touches."""
    workspace = Workspace(tmp_path_factory.mktemp("workspace") / "repository")
    workspace.snakemake()
    return workspace.folder


@pytest.fixture
def workspace(finished: Path, tmp_path: Path) -> Workspace:
    """A private copy of ``finished``, times of modification kept."""
    copy = tmp_path / "repository"
    shutil.copytree(finished, copy, copy_function=shutil.copy2)
    result = Workspace.__new__(Workspace)
    result.folder = copy
    return result
