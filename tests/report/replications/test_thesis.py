"""Tables of the thesis: published values beside ours, and dashes where there is nothing of ours."""

import pytest

from genrep.params import load, resolve
from genrep.report.cells import read_published
from genrep.report.claims import read_claims
from genrep.report.replications.thesis import tables
from genrep.report.results import judged_cells
from tests.report.conftest import ROOT, Maker
from tests.report.test_sampling_times import sampling

FOLDER = ROOT / "replications" / "thesis"
COUNTS = {"vae": 69_846_659, "gan": 49_107_456, "diffusion": 109_929_987}


@pytest.fixture
def maker(tmp_path) -> Maker:
    return Maker(tmp_path, resolve(load(ROOT / "params.yaml"), "thesis", "full"))


@pytest.fixture
def counted(maker) -> Maker:
    """Times of a CPU, and the parameters of the thesis."""
    from genrep.files import read_json, write_json

    sampling(maker, device="cpu", vae=[9.0], gan=[1.0], diffusion=[4000.0])
    path = maker.folder / "measurements" / "sampling_times.json"
    record = read_json(path)
    for model, run in record["runs"].items():
        biases = 12_819 if model == "gan" else 0
        run |= {"parameters": {"all": COUNTS[model] + biases}, "leaf_parameters": {"all": COUNTS[model]}}
    write_json(path, record)
    return maker


def test_without_measurements_every_table_stands(maker):
    found = tables(maker.open(), read_published(FOLDER))
    assert [*found] == ["table_6_1", "table_6_2", "table_6_3", "table_6_10", "table_runs"]
    assert list(found["table_6_1"]["FID, published"]) == [96.30, 15.77, 9.02]
    assert set(found["table_6_1"]["FID, ours"]) == {"-"}
    assert list(found["table_6_2"]["over GAN, published"]) == [8.66667, 1, 4550.67]
    assert list(found["table_6_10"]["FID, published"]) == [253.438, 30.624, 20.548]


def test_both_counts_and_the_recomputed_efficiency(counted):
    table = tables(counted.open(), read_published(FOLDER))["table_6_3"].set_index("model")
    assert table.loc["gan", "ours, counted as printed"] == "49,107,456"
    assert table.loc["gan", "ours, all"] == "49,120,275"
    assert list(table["recomputed (1e-9)"]) == ["0.1487", "1.291", "1.009"]


def test_counts_and_efficiencies_are_replicated_and_times_of_a_cpu_are_not_judged(counted):
    cells = judged_cells(read_published(FOLDER), counted.open(), "full").set_index("cell")
    assert set(cells.filter(like="table6.3", axis=0)["verdict"]) == {"replicated"}
    assert len(cells.filter(like="table6.3", axis=0)) == 6
    assert set(cells.filter(like="table6.2", axis=0)["verdict"]) == {"not comparable"}
    ratio = cells.loc["table6.2-ratio-diffusion-gan"]
    assert ratio["reproduced"] == 4000
    assert "the ratio of arithmetic is 10" in ratio["reason"]
    assert set(cells.filter(like="fid", axis=0)["verdict"]) == {"not run"}


def test_every_claim_of_the_thesis_is_there():
    ids = [claim.id for claim in read_claims(FOLDER)]
    assert [name for name in ids if not name.endswith("n")] == [f"T{number}" for number in range(1, 18)]
    assert {name for name in ids if name.endswith("n")} == {"T1n", "T4n", "T13n", "T15n"}


def test_native_fid_is_compared_at_a_sample_count_that_all_models_have(maker):
    for model in ("vae", "gan", "diffusion", "vae_landscapes"):
        maker.run(model, 0, {"fid": [9.0], "legible_share": [1.0]})
    found = tables(maker.open(), read_published(FOLDER))
    assert max(maker.params.samples_of("vae")) > 1000 == max(maker.params.samples_of("diffusion"))
    assert list(found["table_6_1"]["n of native FID"]) == [1000] * 3
    assert all(value.startswith("9 [") for value in found["table_6_1"]["native FID, ours"])
    assert list(found["table_6_10"]["n of native FID"]) == [8096] * 3  # of those that were run
    assert [value[0] for value in found["table_6_10"]["native FID, ours"]] == ["9", "-", "-"]


def test_a_classifier_of_one_class_reads_nothing(maker):
    for model in ("vae", "vae_landscapes"):
        maker.run(model, 0, {"fid": [9.0], "legible_share": [1.0]})
    table = tables(maker.open(), read_published(FOLDER))["table_runs"].set_index("run")
    assert table.loc["vae", "legible_share"].startswith("1 [")
    assert table.loc["vae_landscapes", "legible_share"] == "-"
    assert table.loc["vae_landscapes", "fid"].startswith("9 [")
