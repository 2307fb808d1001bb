"""Readings as runs: which are trained, which only measured, which only read, and what is said of every mistake."""

from pathlib import Path

import pytest
import yaml

from genrep.assumptions import AS_USED
from genrep.errors import UserError
from genrep.params import load, resolve
from genrep.params.training import RMSpropParams
from genrep.sweep.readings import chosen, sweeps
from genrep.workflow import Plan
from tests.conftest import ROOT

NAME = "fashion_mnist_is"
RMSPROP = {"kind": "rmsprop", "lr": 5e-5, "alpha": 0.99, "eps": 1e-8}
WGAN = {"cell": "table1-wgan", "run": "wgan"}


@pytest.fixture(scope="module")
def params():
    return resolve(load(ROOT / "params.yaml"), NAME, "full")


@pytest.fixture
def declared(tmp_path: Path, params):
    """``declared(*readings, moves=...)``: the sweeps of one assumption, or of several entries."""

    def declare(*readings: dict, moves=(WGAN,), scale="full", entries=None):
        entry = {"id": "a", "value": "what we use", "evidence": "the report", "moves": list(moves)}
        written = entries or [entry | {"readings": list(readings)}]
        (tmp_path / NAME).mkdir(exist_ok=True)
        (tmp_path / NAME / "assumptions.yaml").write_text(yaml.safe_dump(written))
        return sweeps(NAME, params, scale, tmp_path)

    return declare


def reading(**more):
    return {"id": "r", "says": "another one"} | more


def test_the_reading_in_use_comes_first_and_is_the_run_itself(declared, params):
    used, other = declared(reading(run={"optimizer_of": {"critic": RMSPROP}}))["a"]
    assert (used.reading.id, used.reading.says, used.name, used.trained) == (AS_USED, "what we use", "wgan", "wgan")
    assert used.params is params
    assert (other.name, other.trained) == ("wgan--a--r", "wgan--a--r")


def test_a_patch_changes_what_it_names_and_nothing_else(declared, params):
    _, other = declared(reading(run={"optimizer_of": {"critic": RMSPROP}, "batch_size": 32}))["a"]
    assert other.run.optimizer_for("critic") == RMSpropParams(**RMSPROP)
    assert other.run.optimizer_for("generator") == params.runs["wgan"].optimizer_for("generator")
    assert other.run.batch_size == 32
    assert other.run.objective == params.runs["wgan"].objective
    assert other.params.runs["gan"] == params.runs["gan"]


def test_a_trained_reading_has_one_seed_and_may_diverge(declared, params):
    _, one, more = declared(reading(run={"batch_size": 32}), reading(id="s", run={"batch_size": 32, "seeds": [4, 5]}))[
        "a"
    ]
    assert params.runs["wgan"].seeds == (0, 1, 2)
    assert (one.run.seeds, one.seed, more.run.seeds, more.seed) == ((0,), 0, (4, 5), 4)
    assert one.run.on_divergence == "record"


@pytest.mark.parametrize(
    ("patch", "name", "trained"),
    [
        ({"evaluation": {"splits": 10}}, "wgan--a--r", "wgan"),
        ({"n": 50_000}, "wgan--a--r", "wgan"),
        ({"n": 640}, "wgan", "wgan"),  # among the counts that every run is measured at
        ({"epoch": 10}, "wgan", "wgan"),
        ({"factor": -1.0, "metric": "fid"}, "wgan", "wgan"),
        ({"run": {"epochs": 40}}, "wgan", "wgan"),  # what it is anyway
        ({"run": {"epochs": 41}, "evaluation": {"splits": 10}}, "wgan--a--r", "wgan--a--r"),
    ],
)
def test_what_is_only_measured_or_read_otherwise_is_not_trained(declared, patch, name, trained):
    _, other = declared(reading(**patch))["a"]
    assert (other.name, other.trained) == (name, trained)


def test_a_count_of_samples_is_measured_where_it_is_not_anyway(declared):
    _, other = declared(reading(n=50_000))["a"]
    assert other.params.samples_of(other.name) == (50_000,)
    assert other.params.samples_of("vae") == (50_000,)
    _, both = declared(reading(n=50_000, evaluation={"samples": [64, 50_000]}))["a"]
    assert both.params.samples_of(both.name) == (64, 50_000)


def test_a_choice_may_move_several_cells(declared):
    gan = {"cell": "table1-gan", "run": "gan"}
    found = declared(reading(run={"batch_size": 32}), moves=(WGAN, gan))
    assert [v.name for v in found["a"]] == ["wgan", "wgan--a--r", "gan", "gan--a--r"]
    assert list(found) == ["a"]


def test_choices_that_move_one_cell_are_laid_side_by_side(declared):
    entry = {"value": 1, "evidence": "the report", "moves": [WGAN]}
    batch, epochs = reading(run={"batch_size": 32}), reading(id="s", run={"epochs": 50})
    words = {"id": "w", "value": 1, "evidence": "the report", "readings": ["2"]}
    entries = [entry | {"id": "a", "readings": [batch, "in words"]}, words, entry | {"id": "b", "readings": [epochs]}]
    found = declared(entries=entries)
    assert list(found) == ["a", "b", "table1-wgan"]
    assert [v.name for v in found["table1-wgan"]] == ["wgan", "wgan--a--r", "wgan--b--s"]


def test_a_reading_may_be_left_out_at_a_scale(declared):
    assert declared(reading(epoch=2, scales=["full"]))["a"][1].not_run == ""
    assert declared(reading(epoch=2, scales=["desk", "smoke"]))["a"][1].not_run == "run at scale desk, smoke only"


@pytest.mark.parametrize(
    ("patch", "line"),
    [
        ({"run": {"optimzer": {"lr": 1}}}, "a: r: run: optimzer: unknown parameter - did you mean 'optimizer'"),
        ({"run": {"objective": {"clp": 1}}}, "a: r: run: objective.clp: unknown parameter - did you mean 'clip'"),
        ({"run": {"batch_size": -1}}, "a: r: run: batch_size: .* greater than 0, got -1"),
        ({"run": {"epochs": 5}}, "a: r: run: snapshots: epoch 40 lies beyond the run's 5 epochs"),
        ({"run": {"objective": {"kind": "wgn"}}}, "'wgn' is not one of .* - did you mean 'wgan'"),
        ({"evaluation": {"splts": 1}}, "a: r: evaluation: splts: unknown parameter - did you mean 'splits'"),
        ({"scales": ["ful"]}, "a: r: scales: 'ful' is not one of .* - did you mean 'full'"),
        ({"factor": 0}, "factor: 0 would make"),
        ({"ran": {}}, "ran .*Extra inputs"),
        ({"id": "R 1"}, "String should match pattern"),
        ({"id": AS_USED}, "reading 'as-used' stands there twice"),
    ],
)
def test_mistakes_in_a_reading_are_one_line(declared, patch, line):
    with pytest.raises(UserError, match=line) as caught:
        declared(reading(**patch))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("moves", "line"),
    [
        ([{"cell": "table1-wgan", "run": "wgn"}], "a: moves a run: 'wgn' is not one of .* - did you mean 'wgan'"),
        ([{"cell": "table1-wgan", "run": "classifier"}], "a: moves a run: 'classifier' is not one of gan"),
        ([], "a: it has readings to run and moves no cell"),
    ],
)
def test_what_is_moved_has_to_be_there(declared, moves, line):
    with pytest.raises(UserError, match=line):
        declared(reading(epoch=2), moves=moves)


def test_sweeps_are_chosen_by_the_id_of_an_assumption_or_cell(declared, tmp_path):
    found = declared(reading(epoch=2))
    assert chosen(NAME, found, (), tmp_path) == found
    assert chosen(NAME, found, ("a",), tmp_path) == found
    with pytest.raises(UserError, match=f"sweep of {NAME}: 'aa' is not one of a - did you mean 'a'"):
        chosen(NAME, found, ("aa",), tmp_path)
    entry = {"id": "words", "value": 1, "evidence": "the report", "readings": ["2"]}
    none = declared(entries=[entry])
    with pytest.raises(UserError, match=f"{NAME} has no sweep"):
        chosen(NAME, none, (), tmp_path)
    with pytest.raises(UserError, match=r"assumption 'words' of .* has no readings to run; those of a have"):
        chosen(NAME, found, ("words",), tmp_path)


def test_the_plan_knows_readings_by_the_names_of_their_runs(tmp_path, monkeypatch):
    (tmp_path / "replications").symlink_to(ROOT / "replications")
    monkeypatch.chdir(tmp_path)
    plan = Plan(load(ROOT / "params.yaml"), NAME, "smoke")
    trained, measured = "wgan_gp--gradient-penalty--lambda-10", "vae--inception-splits--splits-10"
    assert plan.run(trained).objective.penalty == 10  # type: ignore[union-attr]
    assert plan.trained(trained) == trained
    assert plan.training_key(trained, 0) != plan.training_key("wgan_gp", 0)
    assert plan.trained(measured) == "vae"
    assert plan.training_key(measured, 0) == plan.training_key("vae", 0)
    assert plan.measuring_key(measured, 0) != plan.measuring_key("vae", 0)
    assert plan.to_measure(measured, 0)[0] == plan.provenance("vae")
    assert [trained in path for path in plan.swept("gradient-penalty")] == [False, True]
    assert not any("--" in name for name, _ in plan.measured())
    with pytest.raises(UserError, match="did you mean 'wgan_gp--gradient-penalty--lambda-10'"):
        plan.run("wgan_gp--gradient-penalty--lambda-1")
    with pytest.raises(UserError, match=r"run of fashion_mnist_is: 'wgam' is not one of gan, .* did you mean 'wgan'"):
        plan.run("wgam")
