"""Inception metrics beside native ones: what is read, what is never mixed, and what is said where there are none."""

from typing import Any

import pandas as pd
import pytest

from genrep.files import read_json, write_json
from genrep.identity import inception_identity
from genrep.params import ReplicationParams, load, resolve
from genrep.report import cells, claims
from genrep.report.cells import read_published
from genrep.report.claims import read_claims
from genrep.report.figures.training import score_by_samples
from genrep.report.measurements import Measurements
from genrep.report.replications.fashion_mnist_is import scores
from genrep.report.results import final_metrics, judged_cells, verdict_record
from genrep.report.verdicts import Verdict
from tests.report.conftest import ROOT, Maker

FOLDER = ROOT / "replications" / "fashion_mnist_is"
PUBLISHED = {"gan": 2.42, "improved_gan": 2.45, "cgan": 2.72, "wgan": 2.37, "wgan_gp": 2.47, "vae": 2.13}
# Claims that hold of the published scores; F4 says of WGAN-GP what they do not.
HOLDS = {"F1", "F2", "F3", "F5", "F6"}
COMMAND = "genrep data fetch inception"


@pytest.fixture
def params() -> ReplicationParams:
    return resolve(load(ROOT / "params.yaml"), "fashion_mnist_is", "full")


def rows(name: str, value: float, n: int, sd: float | None = None) -> dict[str, Any]:
    interval = {"ci_low": value - 0.001, "ci_high": value + 0.001}
    return {"id": f"{name}/inception-ab/n={n}", "name": name, "n": n, "value": value, "sd": sd} | interval


def entries(value: float) -> list[dict[str, Any]]:
    """As ``genrep evaluate`` writes them: two readings at two counts, of which cells read the first at the largest."""
    return [
        rows("inception_score/inception", value / 2, 640),
        rows("inception_score/inception/splits=10", 9.0, 640, 0.4),
        rows("inception_score/inception", value, 5000),
        rows("inception_score/inception/splits=10", 9.5, 5000, 0.3),
    ]


def trained(model: str, seed: int) -> dict[str, Any]:
    return {"provenance": {"weights": f"{model}{seed}"}, "how": {}, "classifier": "c", "evaluation": {"code": "e"}}


@pytest.fixture
def native(maker: Maker) -> Maker:
    """Native measurements of all six models, three seeds each, and of real images; native IS is the other way round."""
    for model, score in PUBLISHED.items():
        for seed in range(3):
            curves = {"fid": [1.0], "legible_share": [0.5], "sharpness": [0.1], "inception_score": [9 - score]}
            maker.run(model, seed, curves, **trained(model, seed))
    maker.real(0.9, n=5000)
    path = maker.folder / "measurements/real.json"
    real = read_json(path)
    real["snapshots"][0]["metrics"].append(rows("inception_score", 1.0, 5000))
    write_json(path, real | {"data": "garments", "classifier": "c", "evaluation": {"code": "e"}})
    return maker


def add(maker: Maker, model: str, seed: int, **changes: Any) -> None:
    """Inception metrics of a run, the published score but for 0.001 a seed."""
    snapshot = {"epoch": 1, "metrics": entries(PUBLISHED[model] + 0.001 * (seed - 1))}
    how = inception_identity(maker.params, model)
    record = {"how": how, "evaluation": {"code": "i"}, "provenance": trained(model, seed)["provenance"]}
    name = f"{model}-seed{seed}.inception.json"
    write_json(maker.folder / "measurements" / name, record | {"snapshots": [snapshot]} | changes)


@pytest.fixture
def measured(native: Maker) -> Maker:
    for model in PUBLISHED:
        for seed in range(3):
            add(native, model, seed)
    real = {"how": inception_identity(native.params, "classifier"), "evaluation": {"code": "i"}, "data": "garments"}
    snapshots = [{"epoch": None, "metrics": entries(4.0)}]
    write_json(native.folder / "measurements/real.inception.json", real | {"snapshots": snapshots})
    return native


def judged(measurements: Measurements, scale: str = "full") -> dict[str, Any]:
    """Every cell and claim with its judgement."""
    found = {cell.cell: cells.judge(cell, measurements, scale)[0] for cell in read_published(FOLDER).itertuples()}
    return found | {claim.id: claims.judge(claim, measurements, scale) for claim in read_claims(FOLDER)}


def test_without_them_cells_and_claims_are_not_run_and_say_what_to_do(native: Maker) -> None:
    found = judged(native.open())
    for key in (*(f"F{i}" for i in range(1, 7)), *(f"table1-{m.replace('_', '-')}" for m in PUBLISHED)):
        assert found[key].verdict == Verdict.NOT_RUN
        assert COMMAND in found[key].reason
        assert "5,000 images a run" in found[key].reason
    assert found["table1-real"].verdict == Verdict.NOT_COMPARABLE
    assert {found[f"F{i}n"].verdict for i in range(1, 7)} <= {Verdict.REPLICATED, Verdict.NOT_REPLICATED}


def test_with_them_they_are_judged_on_the_first_reading_at_the_largest_count(measured: Maker) -> None:
    found = judged(measured.open())
    table = [found[f"table1-{model.replace('_', '-')}"].verdict for model in PUBLISHED]
    assert set(table) == {Verdict.REPLICATED}
    assert {claim for claim in HOLDS if found[claim].verdict == Verdict.REPLICATED} == HOLDS
    assert found["F4"].verdict == Verdict.NOT_REPLICATED
    assert found["table1-real"].verdict == Verdict.NOT_COMPARABLE


def test_native_scores_say_nothing_about_them_and_the_other_way_round(native: Maker, measured: Maker) -> None:
    found = judged(measured.open())
    for claim in ("F1", "F2", "F3", "F6"):  # the made-up native scores have the opposite order
        assert (found[claim].verdict, found[f"{claim}n"].verdict) == (Verdict.REPLICATED, Verdict.NOT_REPLICATED)


def test_the_estimate_has_seeds_and_the_sd_over_splits(measured: Maker) -> None:
    measurements = measured.open()
    found = measurements.final("gan", "inception_score/inception/splits=10", 5000)
    assert (found.value, found.sd, found.n_seeds) == (9.5, 0.3, 3)
    first = measurements.final("gan", "inception_score/inception", 5000)
    assert first.value == pytest.approx(2.42)
    assert (first.sd, first.seed_sd) == (None, pytest.approx(0.001))
    table = scores(measurements, read_published(FOLDER)).set_index("model")
    assert table.loc["gan", "IS, ours (1 split)"].startswith("2.42 [")
    assert table.loc["real", "IS, ours (1 split)"].startswith("4 [")
    assert table.loc["vae", "IS, ours (10 splits)"].endswith(" +- 0.3")


def test_one_seed_that_lacks_them_leaves_the_cell_not_run(measured: Maker) -> None:
    (measured.folder / "measurements/gan-seed2.inception.json").unlink()
    found = judged(measured.open())
    assert found["table1-gan"].verdict == Verdict.NOT_RUN
    assert found["table1-vae"].verdict == Verdict.REPLICATED


def test_those_of_other_weights_are_not_of_this_run(measured: Maker) -> None:
    add(measured, "gan", 1, provenance={"weights": "of an earlier training"})
    found = judged(measured.open())
    assert (found["table1-gan"].verdict, COMMAND in found["table1-gan"].reason) == (Verdict.NOT_RUN, True)


def test_those_of_another_protocol_are_not_what_is_asked_for(measured: Maker) -> None:
    asked = measured.params.evaluation.inception
    assert asked is not None
    block = asked.model_copy(update={"resize": "clean"})
    evaluation = measured.params.evaluation.model_copy(update={"inception": block})
    measured.params = measured.params.model_copy(update={"evaluation": evaluation})
    found = judged(measured.open())
    assert {found["F3"].verdict, found["table1-gan"].verdict} == {Verdict.NOT_RUN}
    assert COMMAND in found["F3"].reason


def test_samples_that_could_not_be_measured_give_their_reason(measured: Maker) -> None:
    snapshot = {"epoch": 1, "metrics": [], "reason": "all 5000 images of the samples have the same features"}
    add(measured, "vae", 0, snapshots=[snapshot])
    found = judged(measured.open())["table1-vae"]
    assert found.verdict == Verdict.NOT_RUN
    assert "all 5000 images of the samples have the same features" in found.reason


def test_models_that_were_not_run_need_both(maker: Maker) -> None:
    found = judged(maker.open())["table1-gan"]
    assert found.reason.startswith("gan: not run")
    assert COMMAND in found.reason


def test_a_replication_that_does_not_ask_says_so(measured: Maker) -> None:
    evaluation = measured.params.evaluation.model_copy(update={"inception": None})
    measured.params = measured.params.model_copy(update={"evaluation": evaluation})
    found = judged(measured.open())["table1-gan"]
    assert (found.verdict, found.reason) == (
        Verdict.NOT_RUN,
        "inception_score/inception: params.yaml asks for no Inception metrics",
    )


def test_records_name_what_they_rest_on(measured: Maker) -> None:
    measurements = measured.open()
    table = judged_cells(read_published(FOLDER), measurements, "full")
    claimed = pd.DataFrame({"claim": [], "verdict": []})
    record = verdict_record("fashion_mnist_is", "full", table, claimed, measurements)
    assert record["runs"]["gan-seed0"]["inception"]["how"] == inception_identity(measured.params, "gan")
    assert record["real"]["inception"]["evaluation"] == {"code": "i"}
    final = final_metrics(measurements)["gan"]
    assert final["inception_score/inception_n5000"] == pytest.approx(2.419)
    assert final["inception_score_n5000"] == pytest.approx(9 - 2.42)


def test_the_figure_shows_both_scores_apart(native: Maker) -> None:
    names = {model: model for model in PUBLISHED}
    assert [ax.get_ylabel() for ax in score_by_samples(native.open(), names, []).axes] == ["native IS"]
    for model in PUBLISHED:
        for seed in range(3):
            rest = [rows("inception_score/inception", 2.0, n) for n in (64, 640, 5000)]
            add(native, model, seed, snapshots=[{"epoch": 1, "metrics": rest}])
    left, right = score_by_samples(native.open(), names, []).axes
    assert (left.get_ylabel(), right.get_ylabel()) == ("native IS", "IS")
    assert len(right.get_lines()) >= len(PUBLISHED)
