"""The repository's rules on style, typing and structure, checked by the tools that pyproject.toml configures."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

MOST_LINES = 350
MODULES = sorted((ROOT / "src" / "genrep").rglob("*.py"))
WORKFLOW = [
    ROOT / "Snakefile",
    ROOT / "dvc.yaml",
    *sorted((ROOT / "workflow").rglob("*.smk")),
    *sorted((ROOT / "replications").rglob("*.smk")),
    *sorted((ROOT / "profiles").rglob("*.yaml")),
]
# A slash or a home folder that begins a path, not one inside a path, a URL or a division.
ABSOLUTE = re.compile(r"(?<![\w.:/})\]*-])(?:/[A-Za-z]|~/|\$\{?HOME)|[\"'\s][A-Z]:\\")

COMMANDS = {
    "ruff check .": "ruff check --fix . mends most of it",
    "ruff format --check .": "run: ruff format .",
    "mypy": "annotate what it names",
    "lint-imports --no-logo --no-cache": "an import goes against the layers that pyproject.toml lists",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_tool_has_no_complaint(command: str) -> None:
    name, *arguments = command.split()
    tool = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert tool is not None, f"{name} is not installed; run: pip install -c constraints.txt -e '.[workflow,test]'"
    done = subprocess.run([tool, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{COMMANDS[command]}\n\n{done.stdout[-5000:]}{done.stderr[-2000:]}"


def test_modules_stay_small() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    large = [f"{path.relative_to(ROOT)}: {size} lines" for path, size in sizes.items() if size > MOST_LINES]
    assert sizes
    assert not large, f"split them by what their parts are about; at most {MOST_LINES} lines\n" + "\n".join(large)


def test_the_workflow_names_no_absolute_path() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in WORKFLOW
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ABSOLUTE.search(line)
    ]
    assert not found, "paths are relative to the root of the repository\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("line", "absolute"),
    [
        ('    "/data/mnist/images.npy",', True),
        ("    input: '/home/me/x'", True),
        ("genrep train > /tmp/log", True),
        ("cache: ~/cache", True),
        ('f"$HOME/runs"', True),
        ("--conf=/etc/x", True),
        ('container: "docker://ghcr.io/genrep/genrep:0.1.0"', False),
        ('f"{FOLDER}/cells.csv"', False),
        ('"data/prepared/{set}/images.npy"', False),
        ("half = a / b", False),
    ],
)
def test_what_counts_as_an_absolute_path(line: str, absolute: bool) -> None:
    assert bool(ABSOLUTE.search(line)) == absolute
