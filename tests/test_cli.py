"""The command line: what a mistake looks like, and what help there is."""

import json
import re
import shutil

import pytest
from click.testing import CliRunner, Result

from genrep.cli import main
from genrep.data.catalogue import catalogue, data_set, sources
from genrep.data.raw import MIRROR
from tests.conftest import ROOT

PER_REPLICATION = ("measure-real", "time", "tabulate", "compare", "summary", "adopt", "plan")
PER_RUN = ("train", "evaluate")


@pytest.fixture
def genrep(tmp_path, monkeypatch):
    """``genrep(*arguments)`` in an empty checkout: parameters and shipped digits, nothing run."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "reduced").symlink_to(ROOT / "data" / "reduced")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(MIRROR, raising=False)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    return call


def assert_one_line(result: Result, said: str) -> None:
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("genrep: ")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("command", [*PER_REPLICATION, *PER_RUN])
def test_unknown_replication(genrep, command):
    run = ("vae-adam",) if command in PER_RUN else ()
    assert_one_line(
        genrep(command, "mnist_timng", *run),
        "'mnist_timng' is not one of mnist_timing, fashion_mnist_is - did you mean",
    )


@pytest.mark.parametrize("command", PER_RUN)
def test_unknown_run(genrep, command):
    said = "run of mnist_timing: 'vae-adm' is not one of vae-adam, "
    assert_one_line(genrep(command, "mnist_timing", "vae-adm"), said)


@pytest.mark.parametrize("command", [*PER_REPLICATION, *PER_RUN])
def test_unknown_scale(genrep, command):
    run = ("vae-adam",) if command in PER_RUN else ()
    said = "scale: 'smoky' is not one of smoke, desk, full - did you mean 'smoke'?"
    assert_one_line(genrep(command, "mnist_timing", *run, "--scale", "smoky"), said)


def test_mistake_leaves_no_files(genrep, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    for command in PER_RUN:
        genrep(command, "mnist_timing", "vae-adm")
    genrep("data", "prepare", "mnst")
    assert sorted(tmp_path.rglob("*")) == before


def test_outside_the_repository(genrep, tmp_path):
    (tmp_path / "params.yaml").unlink()
    assert_one_line(genrep("train", "mnist_timing", "vae-adam"), "run genrep in the root of the repository")


def test_data_that_was_not_prepared(genrep):
    assert_one_line(genrep("train", "mnist_timing", "vae-adam"), "run: genrep data prepare mnist-reduced")


@pytest.mark.parametrize("command", [("measure-real",), ("evaluate", "gan")], ids=["real", "run"])
def test_inception_metrics_alone_need_weights_and_somebody_who_asks(genrep, command):
    step, *run = command
    lack = "data/weights/inception.safetensors does not exist; run: genrep data fetch inception"
    assert_one_line(genrep(step, "fashion_mnist_is", *run, "--only", "inception"), lack)
    run = ["vae-adam"] * len(run)
    said = "params.yaml asks for no Inception metrics of mnist_timing: evaluation.inception"
    assert_one_line(genrep(step, "mnist_timing", *run, "--only", "inception"), said)


def test_results_that_are_not_there(genrep):
    assert_one_line(genrep("summary", "mnist_timing"), "run: snakemake --cores all -- replicate_mnist_timing")


def test_data_prepare_says_what_it_prepared(genrep, tmp_path):
    result = genrep("data", "prepare", "mnist-reduced")
    assert result.exit_code == 0
    assert result.stdout == f"mnist-reduced: 2500 images, sha256 {data_set('mnist-reduced').identity}\n"
    assert "images/s" in result.stderr
    assert (tmp_path / "data" / "prepared" / "mnist-reduced" / "card.json").is_file()
    assert_one_line(genrep("data", "prepare", "mnist-reduce"), "did you mean 'mnist-reduced'?")


def test_help_lists_every_command_with_what_it_does(genrep):
    shown = genrep("-h").stdout
    for name, command in main.commands.items():
        assert re.search(rf"^  {name} +\w", shown, re.M), name
        assert genrep(name, "--help").exit_code == 0
        assert command.help


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "Makefile", "dvc.yaml", "workflow/runs.smk"])
def test_commands_that_documents_and_rules_call_exist(name):
    text = (ROOT / name).read_text()
    called = set(re.findall(r"(?:genrep|-m genrep|bin/genrep) ([a-z]+(?:-[a-z]+)*)", text))
    assert called
    assert called <= set(main.commands)


def test_wrong_usage_is_clicks_to_explain(genrep):
    result = genrep("train", "mnist_timing")
    assert result.exit_code == 2
    assert "Missing argument 'RUN'" in result.stderr


def test_data_list_shows_every_set_and_source(genrep):
    result = genrep("data", "list")
    assert result.exit_code == 0
    names = [line.split()[0] for line in result.stdout.splitlines() if line]
    assert names == [*catalogue(), *sources()]


def test_data_card_knows_source_and_prepared_set(genrep):
    genrep("data", "prepare", "mnist-reduced")
    card = json.loads(genrep("data", "card", "mnist-reduced").stdout)
    assert card["source"]["licence"] == data_set("mnist").source.licence
    assert card["prepared"]["identity"] == data_set("mnist-reduced").identity
    assert_one_line(genrep("data", "card", "mnist-redced"), "did you mean 'mnist-reduced'?")


def test_data_verify_exits_with_1_when_something_differs(genrep, tmp_path):
    genrep("data", "prepare", "mnist-reduced")
    good = genrep("data", "verify")
    assert (good.exit_code, good.stdout.splitlines()[-1]) == (0, "1 of 1 verified")
    card = tmp_path / "data" / "prepared" / "mnist-reduced" / "card.json"
    card.write_text(card.read_text().replace(str(data_set("mnist-reduced").identity), "0" * 64))
    bad = genrep("data", "verify", "mnist-reduced")
    assert (bad.exit_code, bad.stdout.splitlines()[-1]) == (1, "0 of 1 verified")


def test_data_fetch_by_hand_prints_the_steps_and_fails(genrep):
    result = genrep("data", "fetch", "lhq-128")
    assert result.exit_code == 1
    assert "lhq_256.zip" in result.stdout
    assert result.stderr.startswith("genrep: lhq: lhq_256.zip not in data")
    assert result.stderr.count("\n") == 1
