"""docs/adding-your-own.md, followed to the letter in a copy of the repository."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "adding-your-own.md").read_text(encoding="utf-8")
COPIED = ("Snakefile", "params.yaml", "workflow", "profiles", "replications", "src", "data/reduced")
# A line of a snippet that says where what follows it belongs: a new file, or a place in one.
PLACE = re.compile(r'^# (?P<path>[\w/.]+\.\w+)(?:, (?P<where>above|below) "(?P<line>[^"]+)"|, at the end)?$', re.M)


def snippets(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)


def edit(root: Path, place: re.Match[str], text: str) -> None:
    """Put a snippet where its first line says."""
    path = root / place["path"]
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if place["where"] is None:
        path.write_text(before + text, encoding="utf-8")
        return
    lines = before.splitlines(keepends=True)
    (at,) = [k for k, line in enumerate(lines) if line.startswith(place["line"])]
    at += place["where"] == "below"
    path.write_text("".join([*lines[:at], text, *lines[at:]]), encoding="utf-8")


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with every snippet in its place, photographs at hand, and all commands run."""
    root = tmp_path_factory.mktemp("own") / "repository"
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)  # type: ignore[operator]
    for snippet in [*snippets("python"), *snippets("yaml")]:
        places = list(PLACE.finditer(snippet))
        assert places[0].start() == 0
        for place, after in zip(places, [*places[1:], None], strict=True):
            edit(root, place, snippet[place.end() + 1 : after.start() if after else None])
    photographs(root / "data" / "raw" / "holiday" / "photos.zip")
    command = root / "bin" / "genrep"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m genrep "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    path = os.pathsep.join([str(command.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    for script in snippets("sh"):
        done = subprocess.run(
            ["sh", "-e", "-c", script],
            cwd=root,
            env=os.environ | {"PATH": path, "PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return root


def photographs(path: Path) -> None:
    """A hundred pictures of two kinds: bright above, or bright below."""
    rng = np.random.default_rng(0)
    path.parent.mkdir(parents=True)
    with ZipFile(path, "w") as archive:
        for k in range(100):
            pixels = rng.integers(0, 90, (16, 16), dtype=np.uint8)
            kind = ("beach", "city")[k % 2]
            pixels[8 * (k % 2) : 8 * (k % 2) + 8] += 150
            with archive.open(f"{kind}/{k}.png", "w") as entry:
                Image.fromarray(pixels).save(entry, "png")


def test_the_page_is_short() -> None:
    assert len(PAGE.splitlines()) <= 60


def test_cells_claims_and_tables_are_there(followed: Path) -> None:
    results = followed / "results" / "full" / "holiday_vae"
    cells = pd.read_csv(results / "cells.csv")
    assert list(cells["cell"]) == ["table1-vae"]
    assert cells["reproduced"].notna().all()
    assert set(cells["verdict"]) == {"replicated"}
    claims = pd.read_csv(results / "claims.csv")
    assert list(claims["claim"]) == ["H1"]
    assert set(claims["verdict"]) <= {"replicated", "not replicated", "inconclusive"}
    assert "vae" in (results / "table_1.md").read_text()


def test_the_sweep_has_both_readings(followed: Path) -> None:
    table = pd.read_csv(followed / "results/full/holiday_vae/sweep_latents/table_readings.csv")
    assert list(table["reading"]) == ["as-used", "eight"]
    assert table["value"].notna().all()
    assert set(table["within tolerance"]) == {"yes"}
