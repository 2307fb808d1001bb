"""From a file of weights to judged cells, through the user's commands, with random weights in the real network."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from click.testing import CliRunner, Result

from genrep.cli import main
from genrep.data.arrays import ImageSet
from genrep.data.catalogue import SourceFile, source, sources
from genrep.data.prepare import prepare
from genrep.files import read_json
from genrep.params import load
from tests.conftest import ROOT
from tests.metrics.random_inception import random_state, telling

pytest.importorskip("torch_fidelity")
NAME, SET = "fashion_mnist_is", "fashion-mnist-reduced"
MODELS = ("gan", "improved_gan", "cgan", "wgan", "wgan_gp", "vae")
RESULTS = Path("results/full", NAME)
TRAIN, TEST, SAMPLES = 40, 6, 6


def genrep(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A checkout whose full scale is small enough for a test, on a few images of every class."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "data").mkdir()
    (folder / "data" / "reduced").symlink_to(ROOT / "data" / "reduced")
    shutil.copytree(ROOT / "replications", folder / "replications")
    few_readings(folder / "replications" / NAME / "assumptions.yaml")
    whole = prepare(SET, folder / "data")
    test = whole.split("test").start
    rows = [*range(0, 50 * TRAIN, 50), *range(test, test + 50 * TEST, 50)]
    card = whole.card | {"counts": {"train": TRAIN, "test": TEST}, "deviations": []}
    ImageSet(whole.images[rows], whole.labels[rows], card).save(folder / "data" / "prepared" / SET)
    params = load(ROOT / "params.yaml")
    small = params[NAME]["smoke"]["runs"]
    for name, run in params[NAME]["full"]["runs"].items():
        tiny = {"data": run["data"] | {"set": SET}, "network": run["network"] | small[name]["network"], "seeds": [0]}
        run |= tiny | {"batch_size": 4, "epochs": 2, "snapshots": "all"}
    evaluation = params[NAME]["full"]["evaluation"]
    evaluation["samples"] = [SAMPLES]
    evaluation["inception"] |= {"samples": [SAMPLES], "splits": [1, 2]}
    params = {"scale": "full", "device": "cpu", NAME: {"full": params[NAME]["full"]}}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        yield folder


def few_readings(path: Path) -> None:
    """Those of the VAE alone, of one choice of training and one of measuring."""
    chosen = [a for a in yaml.safe_load(path.read_text()) if a["id"] in ("vae-reconstruction", "inception-resize")]
    for assumption in chosen:
        assumption["moves"] = [move for move in assumption["moves"] if move["run"] == "vae"]
    path.write_text(yaml.safe_dump(chosen, sort_keys=False))


@pytest.fixture(scope="module")
def published(workspace):
    """The published file as if it had been downloaded, with random weights in it."""
    (name,) = source("inception").files
    path = source("inception").raw(Path("data")) / name
    path.parent.mkdir(parents=True)
    images = torch.from_numpy(np.array(ImageSet.open(Path("data/prepared", SET)).images[:4])).permute(0, 3, 1, 2)
    torch.save(telling(random_state(), images.expand(-1, 3, -1, -1)), path)
    known = {name: SourceFile(sha256=hashlib.sha256(path.read_bytes()).hexdigest())}
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sources(), "inception", source("inception").model_copy(update={"files": known}))
        yield known[name].sha256


def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    genrep("tabulate", NAME)
    return tuple(pd.read_csv(RESULTS / f"{kind}.csv", keep_default_na=False) for kind in ("cells", "claims"))


def test_the_whole_way(workspace, published):
    for run in ("classifier", *MODELS):
        genrep("train", NAME, run)
    said = [genrep("measure-real", NAME).stderr, *(genrep("evaluate", NAME, model).stderr for model in MODELS)]
    lack = (
        "without Inception metrics: data/weights/inception.safetensors does not exist; run: genrep data fetch inception"
    )
    assert all(lack in one for one in said)
    native = {path: path.read_bytes() for path in RESULTS.glob("measurements/*")}
    assert len(native) == 1 + 2 * len(MODELS)

    cells, claims = tables()
    by_id = dict(zip(claims["claim"], claims["verdict"], strict=True))
    assert set(cells["verdict"]) == {"not run", "not comparable"}  # the latter is the lost one
    assert all("genrep data fetch inception" in r for r in cells["reason"] if "lost" not in r)
    assert {by_id[f"F{i}"] for i in range(1, 7)} == {"not run"}
    assert "not run" not in {by_id[f"F{i}n"] for i in range(1, 7)}

    assert "converted: data/weights/inception.safetensors" in genrep("data", "fetch", "inception").stdout
    genrep("measure-real", NAME, "--only", "inception")
    for model in MODELS:
        assert genrep("evaluate", NAME, model).stderr.count("Inception") == 0
    kept = {path: path.read_bytes() for path in native if path.name != "real.json"}
    assert all(native[path] == content for path, content in kept.items())  # not measured again

    record = read_json(RESULTS / "measurements/cgan-seed0.inception.json")
    (snapshot,) = record["snapshots"]
    first = snapshot["metrics"][0]
    protocol = f"inception_score/inception-{published[:8]}/n={SAMPLES}/splits=1/legacy_tensorflow/grey-repeated"
    assert (first["id"], first["name"]) == (protocol, "inception_score/inception")
    assert first["ci_low"] < first["value"] < first["ci_high"]
    assert [row["sd"] is None for row in snapshot["metrics"]] == [True, False]  # over one split there is none

    cells, judged = tables()
    ours = cells[cells["verdict"] != "not comparable"]
    assert len(ours) == 6
    assert set(ours["verdict"]) <= {"replicated", "not replicated", "inconclusive"}
    assert set(ours["metric"]) == {protocol}
    after = dict(zip(judged["claim"], judged["verdict"], strict=True))
    assert "not run" not in after.values()
    assert after["F1"] == "replicated"  # garments differ more than the samples of six models that have learnt nothing
    assert {claim: verdict for claim, verdict in after.items() if claim[-1] == "n"} == {
        claim: verdict for claim, verdict in by_id.items() if claim[-1] == "n"
    }
    assert " +- " in (RESULTS / "table_1.md").read_text().splitlines()[2].split("|")[4]

    again = [genrep("evaluate", NAME, model).stderr for model in MODELS]
    assert all("seed0.inception.json is current" in one for one in again)

    genrep("sweep", NAME, "inception-resize", "vae-reconstruction")
    own = readings("inception-resize")
    assert list(own["reading"]) == ["as-used", "legacy-pytorch", "clean"]
    assert len(set(own["value"])) == 3  # another resizing gives another score
    own = readings("vae-reconstruction")
    assert list(own["reading"]) == ["as-used", "bernoulli", "not-halved"]


def readings(sweep: str) -> pd.DataFrame:
    """The rows of a sweep by the cell's own metric; those by native IS are held against no tolerance."""
    rows = pd.read_csv(RESULTS / f"sweep_{sweep}/table_readings.csv", keep_default_na=False)
    is_own = rows["metric"].str.contains("/inception-")
    assert set(rows["within tolerance"][~is_own]) <= {"not comparable"}
    assert set(rows["within tolerance"][is_own]) <= {"yes", "no", "on the edge"}
    return rows[is_own]
