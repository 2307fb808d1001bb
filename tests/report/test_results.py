"""A results folder written from made-up measurements, or from none: the contract of its files."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from genrep.files import read_json, write_json
from genrep.params import ReplicationParams, load, resolve
from genrep.report.results import tabulate
from genrep.report.verdicts import Verdict
from tests.report.conftest import ROOT, Maker

NAME = "mnist_timing"
REPLICATION = ROOT / "replications" / NAME
# The contract of the results folder; more columns may follow.
COLUMNS = {
    "cell": "cell,published,reproduced,seed_sd,eval_sd,n_seeds,ci_low,ci_high,unit,tolerance,verdict,reason,metric",
    "claim": "claim,observed,verdict,reason",
}
DECIDED = {Verdict.REPLICATED, Verdict.NOT_REPLICATED}
PROVENANCE: dict[str, Any] = {  # as of a run; its content is copied and not looked into
    "provenance": {"weights": "w", "segments": [{"git_commit": "c"}]},
    "how": {"protocol": {"seed": 1}},
    "classifier": "k",
    "evaluation": {"code": "e"},
}


def measure(folder: Path, params: ReplicationParams) -> Path:
    """Made-up measurements of two runs, of real images and of epoch times on a GPU; the rest was not run."""
    maker = Maker(folder, params)
    log = [{"epoch": i + 1, "losses": {"loss": 9.0 - i, "discriminator": 1.0, "generator": 1.0}} for i in range(6)]
    rising = [0.1, 0.2, 0.4, 0.5, 0.8, 0.95]
    shared = {"inception_score": rising, "sharpness": [value / 3 for value in rising], "fid": rising[::-1]}
    for seed in (0, 1, 2):
        lower = {"legible_share": [value - 0.01 * seed for value in rising]}
        maker.run("vae-adam", seed, shared | lower, log=log, **PROVENANCE)
    maker.run("gan-adam", 0, shared | {"legible_share": [*rising[1:], 0.99]}, log=log, **PROVENANCE)
    for name, seed in (("vae-adam", 0), ("vae-adam", 1), ("vae-adam", 2), ("gan-adam", 0)):
        maker.images(name, seed, np.random.default_rng(seed))
    maker.real(0.99)
    real = read_json(folder / "measurements/real.json")
    write_json(folder / "measurements/real.json", real | {key: PROVENANCE[key] for key in ("classifier", "evaluation")})
    maker.times(vae=[14.0, 4.1, 4.2, 4.15], gan=[28.0, 34.0, 34.5], diffusion=[110.0, 107.0])
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file that was written, measurements left out."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def read(folder: Path, kind: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{kind}s.csv", keep_default_na=False, dtype=str)


@pytest.fixture(scope="module")
def module_params() -> ReplicationParams:
    return resolve(load(ROOT / "params.yaml"), NAME, "full")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, module_params: ReplicationParams) -> dict[str, Path]:
    """Results at full scale: ``measured``, and ``unmeasured`` where nothing was."""
    folders = {name: tmp_path_factory.mktemp("results") / name for name in ("measured", "unmeasured")}
    measure(folders["measured"], module_params)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(ROOT)
        for folder in folders.values():
            assert tabulate(NAME, "full", module_params, folder) == folder
    return folders


@pytest.fixture(params=["measured", "unmeasured"])
def folder(request: pytest.FixtureRequest, results: dict[str, Path]) -> Path:
    return results[request.param]


def test_the_files_of_the_contract_are_there(folder: Path) -> None:
    names = set(contents(folder))
    assert {"cells.csv", "claims.csv", "verdicts.json", "REPORT.md", "metrics.json", "curves.csv"} <= names
    assert {"cells.html", "claims.html"} <= names
    tables = {name for name in names if name.startswith("table_")}
    assert {"table_1.csv", "table_1.md"} <= tables
    assert {Path(name).stem + suffix for name in tables for suffix in (".csv", ".md", ".html")} == tables


@pytest.mark.parametrize("kind", ["cell", "claim"])
def test_the_columns_of_the_contract_come_first(folder: Path, kind: str) -> None:
    assert ",".join(read(folder, kind).columns).startswith(COLUMNS[kind])


def test_cells_are_exactly_the_published_ones(folder: Path) -> None:
    cells, published = read(folder, "cell"), pd.read_csv(REPLICATION / "published.csv", keep_default_na=False)
    assert list(cells["cell"]) == list(published["cell"])
    assert list(cells["published"].astype(float)) == list(published["value"].astype(float))
    assert list(cells["tolerance"]) == list(published["tolerance"])


def test_claims_are_exactly_those_of_the_report(folder: Path) -> None:
    claims = read(folder, "claim")
    assert list(claims["claim"]) == [entry["id"] for entry in yaml.safe_load((REPLICATION / "claims.yaml").read_text())]


@pytest.mark.parametrize("kind", ["cell", "claim"])
def test_what_is_not_decided_says_why(folder: Path, kind: str) -> None:
    table = read(folder, kind)
    assert set(table["verdict"]) <= set(map(str, Verdict))
    silent = table[~table["verdict"].isin(DECIDED) & (table["reason"] == "")]
    assert silent.empty, silent[kind].tolist()


@pytest.mark.parametrize("kind", ["cell", "claim"])
def test_without_measurements_nothing_is_run(results: dict[str, Path], kind: str) -> None:
    assert set(read(results["unmeasured"], kind)["verdict"]) == {Verdict.NOT_RUN}


def test_without_measurements_no_number_of_ours_is_there(results: dict[str, Path]) -> None:
    cells = read(results["unmeasured"], "cell")
    assert set(cells["n_seeds"]) == {"0"}
    assert (cells[["reproduced", "seed_sd", "eval_sd", "ci_low", "ci_high"]] == "").all(axis=None)
    blanks = [path.stat().st_size for path in results["unmeasured"].glob("figure_*.png")]
    assert max(blanks) < 20_000  # a title and a reason


def test_verdicts_follow_from_the_measurements(results: dict[str, Path]) -> None:
    cells = read(results["measured"], "cell").set_index("cell")
    assert cells.loc["ratio-gan-vae-last", "verdict"] == Verdict.REPLICATED
    assert float(cells.loc["ratio-gan-vae-last", "reproduced"]) == pytest.approx(34.25 / 4.15, rel=1e-5)
    assert cells.loc["table1-vae-first", "verdict"] == Verdict.NOT_COMPARABLE
    claims = read(results["measured"], "claim").set_index("claim")["verdict"]
    assert (claims["M1"], claims["M5"]) == (Verdict.REPLICATED, Verdict.NOT_RUN)  # the diffusion model was timed only


def test_counts_and_provenance_stand_in_the_record(results: dict[str, Path]) -> None:
    for folder in results.values():
        record = json.loads((folder / "verdicts.json").read_text())
        assert (record["replication"], record["scale"]) == (NAME, "full")
        for kind in ("cell", "claim"):
            table = read(folder, kind).set_index(kind)["verdict"]
            assert record["counts"][f"{kind}s"] == table.value_counts().to_dict()
            assert {identifier: entry["verdict"] for identifier, entry in record[f"{kind}s"].items()} == table.to_dict()
    record = json.loads((results["measured"] / "verdicts.json").read_text())
    assert record["runs"].keys() == {"vae-adam-seed0", "vae-adam-seed1", "vae-adam-seed2", "gan-adam-seed0"}
    assert all(entry == PROVENANCE for entry in record["runs"].values())
    assert record["real"]["classifier"] == PROVENANCE["classifier"]
    assert record["epoch_times"]["machine"]["device"] == "cuda"


def test_regenerating_changes_no_byte(
    results: dict[str, Path], tmp_path: Path, module_params: ReplicationParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    shutil.copytree(results["measured"] / "measurements", tmp_path / "again" / "measurements")
    first = contents(results["measured"])
    assert any(name.endswith(".png") for name in first)
    second = contents(tabulate(NAME, "full", module_params, tmp_path / "again"))
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_what_is_no_longer_measured_is_no_longer_judged(
    results: dict[str, Path], tmp_path: Path, module_params: ReplicationParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("genrep.report.replications.mnist_timing.figures", lambda *_: {})
    shutil.copytree(results["measured"], tmp_path / "copy")
    (tmp_path / "copy/measurements/epoch_times.json").unlink()
    cells = read(tabulate(NAME, "full", module_params, tmp_path / "copy"), "cell")
    assert set(cells["verdict"]) == {Verdict.NOT_RUN}


def test_at_smoke_scale_nothing_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("genrep.report.replications.mnist_timing.figures", lambda *_: {})
    smoke = resolve(load(ROOT / "params.yaml"), NAME, "smoke")
    tabulate(NAME, "smoke", smoke, measure(tmp_path, smoke))
    for kind in ("cell", "claim"):
        assert set(read(tmp_path, kind)["verdict"]) <= {Verdict.NOT_COMPARABLE, Verdict.NOT_RUN}
    assert "No published number is judged" in (tmp_path / "REPORT.md").read_text()
