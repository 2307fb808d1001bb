"""Every replication's published values, claims and assumptions, and every committed result, against their contracts."""

import re
import shutil
import subprocess
from collections import Counter
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from genrep.data.catalogue import data_set
from genrep.params import load, resolve
from genrep.report import claims as claims_module
from genrep.report.cells import read_published
from genrep.report.claims import read_claims
from genrep.report.compare import readme_with_scoreboard, unexpected, with_tables
from genrep.report.estimates import NotMeasured
from genrep.report.history import last_touched
from genrep.report.measurements import REAL, Measurements
from genrep.report.predicates.runs import moment
from genrep.report.results import tabulate
from genrep.report.sweeps import check, write
from genrep.report.terms import is_measured, reproduce
from genrep.report.verdicts import Verdict
from genrep.workflow import Plan
from tests.conftest import ROOT

SCALES = ("desk", "full")  # whose results are committed
NAMES = sorted(path.name for path in (ROOT / "replications").iterdir() if path.is_dir())
COMMITTED = [
    (scale, name) for scale in SCALES for name in NAMES if (ROOT / "results" / scale / name / "measurements").is_dir()
]
WITHOUT_CELLS = {"char74k_cifar10"}  # whose report prints no number
# Images that a model has drawn by itself, and what is no image: may be kept also of runs on images that may not be.
DRAWN = {"epochs", "rows", "grid", "reverse", "plane", "controls", "latents", "latent_classes"}
COSTS = {"epoch_flops", "epoch_seconds/first", "epoch_seconds/last"}

SWEPT = [
    (scale, name, folder.name.removeprefix("sweep_"))
    for scale, name in COMMITTED
    for folder in sorted((ROOT / "results" / scale / name).glob("sweep_*"))
]

each_replication = pytest.mark.parametrize("name", NAMES)
each_result = pytest.mark.parametrize(("scale", "name"), COMMITTED)


@pytest.fixture(autouse=True)
def in_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def duplicates(values: Any) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]


def unmeasured(name: str, folder: Path) -> Measurements:
    return Measurements(folder, resolve(load(), name, "full"))


def test_there_are_replications() -> None:
    assert NAMES


# -- what a report says, and how we read it ---------------------------------------------------------------------------


@each_replication
def test_published_cells_satisfy_their_contract(name: str, tmp_path: Path) -> None:
    cells = read_published(ROOT / "replications" / name)
    assert len(cells) or name in WITHOUT_CELLS
    for protocol in cells["protocol"]:
        with suppress(NotMeasured):  # any other error: a protocol that nobody computes
            reproduce(protocol, unmeasured(name, tmp_path))


@each_replication
def test_claims_satisfy_their_contract(name: str, tmp_path: Path) -> None:
    claims = read_claims(ROOT / "replications" / name)
    assert claims
    assert duplicates(claim.id for claim in claims) == []
    measurements = unmeasured(name, tmp_path)
    for claim in claims:
        assert claim.parts, claim.id
        assert claims_module.judge(claim, measurements, "full").reason
        for part in claim.parts:  # a misspelt name would read as not run for ever
            used = part.model_dump()
            named = {*used.get("models", ()), *filter(None, [used.get("model")])}
            metrics = {*used.get("metrics", ()), *filter(None, [used.get("metric"), used.get("cost")])}
            assert {moment(one)[0] for one in named} <= {*measurements.models, REAL}, claim.id
            assert all(is_measured(metric) or metric in COSTS for metric in metrics), claim.id
            for model, epoch in map(moment, named):  # one that is not kept would never be measured
                kept = [set(measurements.params.runs[run].snapshot_epochs()) for run in measurements.runs_of(model)]
                assert epoch is None or all(epoch in epochs for epochs in kept), claim.id


@each_replication
def test_assumptions_satisfy_their_contract(name: str) -> None:
    assumptions = yaml.safe_load((ROOT / "replications" / name / "assumptions.yaml").read_text(encoding="utf-8"))
    assert duplicates(entry["id"] for entry in assumptions) == []
    for entry in assumptions:
        assert set(entry) - {"moves"} == {"id", "value", "evidence", "readings"}, entry["id"]
        assert entry["value"] not in (None, "")
        assert isinstance(entry["evidence"], str)
        assert len(entry["evidence"]) >= 10, entry["id"]
        assert isinstance(entry["readings"], list), entry["id"]


@each_replication
def test_readings_can_be_run_at_every_scale(name: str) -> None:
    params = load()
    for scale in params[name]:
        plan = Plan(params, name, scale)
        check(plan, plan.sweeps)  # raises where a reading names what is not there


@each_replication
def test_no_reading_falls_apart_at_its_thousands(name: str) -> None:
    text = (ROOT / "replications" / name / "assumptions.yaml").read_text(encoding="utf-8")
    unquoted = re.sub(r'"[^"\n]*"', "", text)
    assert re.findall(r"\[[^\]\n]*\d,\d{3}[^\]\n]*\]", unquoted) == []  # [60,000] is a list of 60 and 0


@each_replication
def test_expected_verdicts_are_of_things_that_exist(name: str) -> None:
    folder = ROOT / "replications" / name
    if not (folder / "expected.csv").exists():
        pytest.skip("expected.csv has not been written")
    expected = pd.read_csv(folder / "expected.csv", dtype=str)
    assert list(expected.columns)[:4] == ["scale", "kind", "id", "verdict"]
    assert duplicates(zip(expected["scale"], expected["kind"], expected["id"], strict=True)) == []
    assert set(expected["scale"]) <= set(SCALES)
    assert set(expected["verdict"]) <= set(map(str, Verdict))
    known = {("cell", cell) for cell in read_published(folder)["cell"]}
    known |= {("claim", claim.id) for claim in read_claims(folder)}
    assert set(zip(expected["kind"], expected["id"], strict=True)) <= known


# -- committed results ------------------------------------------------------------------------------------------------


def tabulated(scale: str, name: str) -> Path:
    """The folder of a committed result."""
    folder = ROOT / "results" / scale / name
    if not (folder / "cells.csv").exists():
        pytest.skip(f"{scale}/{name} has measurements only; run: genrep tabulate {name} --scale {scale}")
    return folder


def written(folder: Path) -> dict[str, bytes]:
    """What tabulating writes, by name; the commits of tolerances left out, which depend on the clone."""
    own = {".adopted.json"} | {path.name for path in folder.glob("*.html")}  # not in git
    paths = [path for path in folder.iterdir() if path.is_file() and path.name not in own]
    return {path.name: re.sub(rb'"tolerance_commit": [^,\n}]*', b"", path.read_bytes()) for path in paths}


@each_result
def test_committed_results_follow_from_their_measurements(scale: str, name: str, tmp_path: Path) -> None:
    committed = tabulated(scale, name)
    shutil.copytree(committed / "measurements", tmp_path / "measurements")
    fresh = written(tabulate(name, scale, resolve(load(), name, scale), tmp_path))
    stored = written(committed)
    mend = f"run: genrep tabulate {name} --scale {scale}, and read what git diff then shows"
    assert fresh.keys() == stored.keys(), mend
    different = sorted(file for file in fresh if fresh[file] != stored[file])
    only_pictures = " (pictures only: another version of matplotlib or its fonts?)"
    hint = only_pictures if all(file.endswith(".png") for file in different) else ""
    assert not different, f"{mend}{hint}"


@pytest.mark.parametrize(("scale", "name", "sweep"), SWEPT)
def test_committed_sweeps_follow_from_their_measurements(scale: str, name: str, sweep: str, tmp_path: Path) -> None:
    committed, plan = ROOT / "results" / scale / name, Plan(load(), name, scale)
    assert sweep in plan.sweeps, f"{sweep} is no sweep of assumptions.yaml any more; remove its folder"
    shutil.copytree(committed / "measurements", tmp_path / "measurements")
    fresh, stored = written(write(plan, sweep, plan.sweeps[sweep], tmp_path)), written(committed / f"sweep_{sweep}")
    assert fresh == stored, f"run: genrep sweep {name} {sweep} --no-run --scale {scale}, and read what git diff shows"


@each_result
def test_committed_verdicts_are_the_expected_ones(scale: str, name: str) -> None:
    tabulated(scale, name)
    assert (ROOT / "replications" / name / "expected.csv").exists(), "results are committed, expected.csv is not"
    assert unexpected(name, scale) == [], "change expected.csv only in a commit that says why"


@each_result
def test_committed_images_may_be_redistributed(scale: str, name: str) -> None:
    """Figures show nothing but what is kept with the measurements; see ``Sheet.sets`` for images of open sets."""
    runs = resolve(load(), name, scale).runs
    for path in (ROOT / "results" / scale / name / "measurements").glob("*.npz"):
        of = runs[path.stem.rpartition("-seed")[0]].data.set
        with np.load(path, allow_pickle=False) as kept:
            images = {key for key in kept.files if re.split(r"[_@]\d|@", key)[0] not in DRAWN}
        assert data_set(of).redistribution or not images, f"{of} may not be redistributed: {path.name}: {images}"


# -- tolerances are older than what they judge ------------------------------------------------------------------------


def git(repository: Path, *arguments: str) -> str | None:
    """Output of git, or None where it fails or is missing."""
    try:
        done = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def skip_without_history() -> None:
    shallow = git(ROOT, "rev-parse", "--is-shallow-repository")
    if shallow is None:
        pytest.skip("not a git repository")
    if shallow == "true":
        pytest.skip("a shallow clone; run: git fetch --unshallow")


def first_full_result(repository: Path, name: str) -> str | None:
    """The commit that first added a measurement at full scale."""
    path = f"results/full/{name}/measurements"
    added = git(repository, "log", "--reverse", "--diff-filter=A", "--format=%H", "--", path)
    return added.splitlines()[0] if added else None


def younger_tolerances(repository: Path, name: str) -> list[str]:
    """Cells whose tolerance is not the one that they had when the first full result came, with the commit to blame."""
    path = f"replications/{name}/published.csv"
    then = tolerances(git(repository, "show", f"{first_full_result(repository, name)}:{path}") or "cell,tolerance\n")
    commits = last_touched(repository / path)
    now = tolerances((repository / path).read_text(encoding="utf-8"))
    return [
        f"{cell}: {then.get(cell, 'no tolerance')} became {tolerance} in {commits.get(cell) or 'the working tree'}"
        for cell, tolerance in now.items()
        if then.get(cell) != tolerance
    ]


def tolerances(table: str) -> dict[str, str]:
    cells = pd.read_csv(StringIO(table), dtype=str)
    return dict(zip(cells["cell"], cells["tolerance"], strict=True))


@each_replication
def test_tolerances_are_not_younger_than_the_first_full_result(name: str) -> None:
    skip_without_history()
    if first_full_result(ROOT, name) is None:
        pytest.skip("no full result has been committed")
    assert younger_tolerances(ROOT, name) == []


@each_result
def test_the_record_names_the_commit_of_each_tolerance(scale: str, name: str) -> None:
    record = yaml.safe_load((tabulated(scale, name) / "verdicts.json").read_text(encoding="utf-8"))
    skip_without_history()
    recorded = {cell: entry["tolerance_commit"] for cell, entry in record["cells"].items()}
    assert None not in recorded.values(), (
        f"published.csv was not committed; run: genrep tabulate {name} --scale {scale}"
    )
    if not any(git(ROOT, "cat-file", "-e", f"{commit}^{{commit}}") is not None for commit in recorded.values()):
        pytest.skip("this repository does not have the history that the results were made in")
    commits = last_touched(ROOT / "replications" / name / "published.csv")
    assert recorded == {cell: commits[cell] for cell in recorded}


def test_a_tolerance_that_is_widened_afterwards_is_noticed(tmp_path: Path) -> None:
    def commit(path: str, text: str) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
        git(tmp_path, "add", path)
        author = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.org")
        assert git(tmp_path, *author, "commit", "--quiet", "-m", path) is not None

    table, header = "replications/x/published.csv", "cell,value,tolerance\n"
    git(tmp_path, "init", "--quiet")
    commit(table, header + "a,1,factor 2\nb,2,exact\n")
    assert first_full_result(tmp_path, "x") is None
    commit("results/full/x/measurements/real.json", "{}")
    assert younger_tolerances(tmp_path, "x") == []
    commit(table, header + "a,1.5,factor 2\nb,2,exact\n")  # a value that was copied wrongly
    assert younger_tolerances(tmp_path, "x") == []
    commit(table, header + "a,1.5,factor 3\nb,2,exact\nc,3,exact\n")
    head = git(tmp_path, "rev-parse", "HEAD")
    commit("results/full/x/measurements/later.json", "{}")  # a later result does not make it older
    assert younger_tolerances(tmp_path, "x") == [
        f"a: factor 2 became factor 3 in {head}",
        f"c: no tolerance became exact in {head}",
    ]
    (tmp_path / table).write_text(header + "a,1.5,factor 2\nb,2,abs 1\n")
    assert younger_tolerances(tmp_path, "x") == ["b: exact became abs 1 in the working tree"]


def test_the_readmes_quote_the_results_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    readme = Path("README.md").read_text(encoding="utf-8")
    assert with_tables(readme_with_scoreboard(readme)) == readme, "run: genrep scoreboard"
    for page in Path("replications").glob("*/README.md"):
        text = page.read_text(encoding="utf-8")
        assert with_tables(text) == text, "run: genrep scoreboard"
