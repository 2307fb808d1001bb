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

PER_REPLICATION = ("measure-real", "time", "tabulate", "compare", "summary", "adopt", "plan", "sweep")
PER_RUN = ("train", "evaluate")
DOCUMENTS = (
    *("README.md", "CONTRIBUTING.md", "Makefile", "docs/adding-your-own.md"),
    *("dvc.yaml", "workflow/runs.smk", "workflow/sweeps.smk"),
)


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
        "'mnist_timng' is not one of mnist_timing, fashion_mnist_is",
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
    before = sorted(tmp_path.rglob("*"))
    for command in ("list", "verify", "fetch lhq", "prepare faces-32", "card mnist", "sheet mnist sheet.png"):
        assert_one_line(genrep("data", *command.split()), "not found; run genrep in the root of the repository")
    assert genrep("data", "prepare", "--help").exit_code == 0
    assert sorted(tmp_path.rglob("*")) == before


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


@pytest.mark.parametrize("only", [(), ("--only", "native"), ("--only", "inception")])
def test_a_run_without_samples_has_nothing_to_evaluate(genrep, only):
    said = (
        "classifier draws no samples that could be measured; real images are measured with it by: genrep measure-real"
    )
    assert_one_line(genrep("evaluate", "fashion_mnist_is", "classifier", *only), said)


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


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_that_documents_and_rules_call_exist(name):
    text = (ROOT / name).read_text()
    called = set(re.findall(r"(?:genrep|-m genrep|bin/genrep) ([a-z]+(?:-[a-z]+)*)", text))
    assert called
    assert called <= set(main.commands)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fashion_mnist_is", "gradient-penalti"), "'gradient-penalti' is not one of .* mean 'gradient-penalty'"),
        (("fashion_mnist_is", "batch-size"), "assumption 'batch-size' of fashion_mnist_is has no readings to run"),
        (("mnist_timing",), "mnist_timing has no sweep: no assumption in .*assumptions.yaml has readings to run"),
    ],
)
def test_a_sweep_that_is_not_there(genrep, tmp_path, arguments, said):
    (tmp_path / "replications").symlink_to(ROOT / "replications")
    result = genrep("sweep", *arguments)
    assert re.search(said, result.stderr)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert not (tmp_path / "runs").exists()


def test_sweeps_are_listed_with_what_they_train(genrep, tmp_path):
    (tmp_path / "replications").symlink_to(ROOT / "replications")
    lines = genrep("sweep", "fashion_mnist_is", "gradient-penalty", "vae-reconstruction", "--list").stdout.splitlines()
    assert lines == [
        "gradient-penalty: 4 readings, 1 of them trained for it",
        "vae-reconstruction: 6 readings, 2 of them trained for it",
    ]


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


def test_data_card_says_what_is_unverified(genrep):
    card = json.loads(genrep("data", "card", "lhq-128").stdout)
    assert card["set"]["identity"] == "unverified"
    assert card["source"]["files"]["lhq_256.zip"] == {
        "url": "https://disk.yandex.ru/d/HPEEntpLv8homg",
        "hash": "unverified",
        "link": "unverified",
    }
    card = json.loads(genrep("data", "card", "mnist").stdout)
    assert card["set"]["identity"] == data_set("mnist").recorded_identity
    assert "hash" not in card["source"]["files"]["train-images-idx3-ubyte.gz"]


def test_data_sheet_is_a_png_in_a_folder_that_is_there(genrep, tmp_path):
    genrep("data", "prepare", "mnist-reduced")
    assert_one_line(
        genrep("data", "sheet", "mnist-reduced", "sheet.txt"), "sheet.txt is no PNG file; name it sheet.png"
    )
    assert_one_line(genrep("data", "sheet", "mnist-reduced", "no/sheet.png"), "no is no folder; make it first")
    assert not (tmp_path / "no").exists()
    assert genrep("data", "sheet", "mnist-reduced", "sheet.png").exit_code == 0
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    assert "sheet" in genrep("-h").stdout


def test_drawn_set_has_nothing_to_fetch(genrep):
    result = genrep("data", "fetch", "faces-64")
    assert (result.exit_code, result.stdout) == (0, "faces: nothing to fetch, it is drawn when it is prepared\n")


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


def test_out_of_memory_is_one_line(genrep, monkeypatch):
    def full(*_: object) -> None:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr("genrep.doctor.diagnose", full)
    assert_one_line(genrep("doctor"), "out of memory ([enforce fail] DefaultCPUAllocator")


def test_of_several_processes_one_speaks(genrep, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    result = genrep("compare", "mnist_timng")
    assert (result.exit_code, result.stderr) == (1, "")
