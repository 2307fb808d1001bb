"""Numbers and tables as they are written."""

import math

import numpy as np
import pandas as pd
import pytest

from genrep.report.estimates import Estimate
from genrep.report.tables import curve_table, rounded, run_table, shown, to_markdown, write_table
from tests.report.conftest import Maker


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1234567.89, "1234570.0"),
        (0.000123456789, "0.000123457"),
        (-2.00000049, "-2.0"),
        (12.3456789, "12.3457"),
        (0.1 + 0.2, "0.3"),
        (0, "0.0"),
        (69_846_659, "69846659.0"),
        (3e-20, "3e-20"),
        (np.float64(1 / 3), "0.333333"),
    ],
)
def test_six_significant_digits(value: float, written: str) -> None:
    assert repr(rounded(value)) == written


def test_a_missing_number_stays_missing() -> None:
    assert rounded(None) is None
    assert math.isnan(rounded(float("nan")))  # type: ignore[arg-type]


def test_bits_below_the_last_digit_do_not_matter() -> None:
    assert rounded(1 / 3) == rounded(np.nextafter(1 / 3, 1))


def rows_of(markdown: str) -> list[list[str]]:
    """The cells of a Markdown table, its rule left out."""
    lines = markdown.strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], *lines[2:])]


def test_markdown_leaves_missing_values_empty() -> None:
    table = pd.DataFrame({"model": ["vae", "gan", None], "seconds": [1.5, None, float("nan")], "n": [0, 1, 2]})
    assert rows_of(to_markdown(table)) == [
        ["model", "seconds", "n"],
        ["vae", "1.5", "0"],
        ["gan", "", "1"],
        ["", "", "2"],
    ]


def test_markdown_prints_text_as_it_is() -> None:
    table = pd.DataFrame({"id": ["007", "1e3"], "value": ["1.50", "True"]})
    assert rows_of(to_markdown(table))[1:] == [["007", "1.50"], ["1e3", "True"]]


def test_a_column_without_any_value_is_empty() -> None:
    table = pd.DataFrame({"model": ["vae"], "reproduced": pd.Series([None], dtype=float)})
    assert rows_of(to_markdown(table))[1] == ["vae", ""]


def test_a_bar_in_a_text_does_not_split_the_cell() -> None:
    table = pd.DataFrame({"id": ["a"], "reason": ["|log ratio| below log 1.5"], "n": [1]})
    markdown = to_markdown(table).replace(r"\|", "")
    assert len(rows_of(markdown)[1]) == 3


def test_a_table_is_written_for_programs_and_for_people(tmp_path) -> None:
    table = pd.DataFrame({"model": ["vae", "gan"], "seconds": [1.5, None]})
    write_table(tmp_path, "table_1", table)
    assert (tmp_path / "table_1.csv").read_bytes() == b"model,seconds\nvae,1.5\ngan,\n"
    assert rows_of((tmp_path / "table_1.md").read_text())[1:] == [["vae", "1.5"], ["gan", ""]]


def test_an_estimate_shows_its_interval_where_it_has_one() -> None:
    assert shown(Estimate(1 / 3, 0.2, 0.5, 1)) == "0.3333 [0.2, 0.5]"
    assert shown(Estimate(12345.678, 12345.678, 12345.678, 1)) == "1.235e+04"
    assert shown(None) == "-"


def test_every_run_has_a_row_whatever_became_of_it(maker: Maker) -> None:
    log = [{"epoch": 1, "losses": {"loss": 9.0}}, {"epoch": 2, "losses": {"loss": 4.25, "kl": 1.0}}]
    maker.run("vae-adam", 0, {"fid": [9.0, 5.0]}, log=log)
    maker.run("vae-adam", 1, {"fid": [9.0, 6.0]}, log=log)
    maker.run("vae-sgd", 0, {"fid": [9.0]}, status="diverged: loss became nan", snapshots=[])
    table = run_table(maker.open(), ("fid", "sharpness")).set_index("run")
    assert list(table.index) == [name for name, run in maker.params.runs.items() if run.sampler]
    good, bad, absent = (table.loc[name] for name in ("vae-adam", "vae-sgd", "gan-adam"))
    assert (good["seeds"], good["status"], good["losses at the end"]) == ("2 of 3", "finished", "loss 4.25, kl 1")
    assert (good["fid"], good["sharpness"], good["best of its model"]) == ("5 [4.99, 5.01]", "-", "yes")
    assert (bad["status"], bad["fid"], bad["best of its model"]) == ("diverged: loss became nan", "-", "")
    assert (absent["seeds"], absent["status"], absent["fid"]) == ("0 of 3", "not run", "-")


def test_the_learning_rate_is_the_one_that_was_trained_with(maker: Maker) -> None:
    def trained(rate: float) -> dict:
        return {"identity": {"params": {"optimizer": {"lr": rate}}}}

    configured = maker.params.runs["vae-sgd"].optimizer.lr
    for seed in (0, 1):
        maker.run("vae-adam", seed, {"fid": [9.0]}, provenance=trained(0.125))
        maker.run("gan-adam", seed, {"fid": [9.0]}, provenance=trained(0.125 * (seed + 1)))
    rates = run_table(maker.open(), ("fid",)).set_index("run")["learning rate"]
    assert (rates["vae-adam"], rates["gan-adam"], rates["vae-sgd"]) == (0.125, "0.125, 0.25", configured)


def test_curves_are_long_and_rounded(maker: Maker) -> None:
    maker.run("gan-adam", 0, {"fid": [1 / 3, 0.25]})
    table = curve_table(maker.open())
    counts = maker.params.samples_of("gan-adam")
    assert list(table["value"]) == [0.333333] * len(counts) + [0.25] * len(counts)
    assert list(table["epoch"].unique()) == [1, 2]
    assert sorted(table["n"].unique()) == list(counts)


def test_curves_of_nothing_still_name_their_columns(maker: Maker) -> None:
    assert list(curve_table(maker.open()).columns) == ["run", "seed", "epoch", "metric", "n", "value"]
