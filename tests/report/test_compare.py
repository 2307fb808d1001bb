"""Reading results back: verdicts against the expected ones, two folders against each other, the scoreboard."""

from pathlib import Path

import pandas as pd
import pytest

from genrep.errors import UserError
from genrep.report.compare import END, START, diff, read_results, readme_with_scoreboard, unexpected, with_tables

YES, NO, MISSING, OTHER = "replicated", "not replicated", "not run", "not comparable"


def write_results(folder: Path, cells: dict[str, tuple[float | None, str]], claims: dict[str, tuple[str, str]]) -> Path:
    """``cells.csv`` and ``claims.csv`` with what we got and the verdict, by id."""
    folder.mkdir(parents=True)
    for name, columns, rows in (
        ("cells.csv", ["cell", "reproduced", "verdict"], cells),
        ("claims.csv", ["claim", "observed", "verdict"], claims),
    ):
        table = pd.DataFrame([(identifier, *row) for identifier, row in rows.items()], columns=columns)
        table.to_csv(folder / name, index=False)
    return folder


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Results of a replication ``x`` at full scale: two cells and a claim."""
    monkeypatch.chdir(tmp_path)
    write_results(tmp_path / "results/full/x", {"a": (1.5, YES), "b": (None, MISSING)}, {"X1": ("1 > 0", YES)})
    (tmp_path / "replications/x").mkdir(parents=True)
    return tmp_path


def expect(repository: Path, *rows: str) -> None:
    text = "\n".join(("scale,kind,id,verdict", *rows)) + "\n"
    (repository / "replications/x/expected.csv").write_text(text)


AS_FOUND = ("full,cell,a,replicated", "full,cell,b,not run", "full,claim,X1,replicated")


def test_expected_verdicts_raise_nothing(repository: Path) -> None:
    expect(repository, *AS_FOUND, "desk,cell,a,not comparable")  # another scale is not this one's concern
    assert unexpected("x", "full") == []


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (("full,cell,a,not replicated", *AS_FOUND[1:]), "cell a: replicated, expected not replicated"),
        ((*AS_FOUND[:2], "full,claim,X1,inconclusive"), "claim X1: replicated, expected inconclusive"),
        ((*AS_FOUND, "full,claim,X2,replicated"), "claim X2: missing, expected replicated"),
        (AS_FOUND[:2], "claim X1: replicated, not in expected.csv"),
        ((*AS_FOUND[:2], "desk,claim,X1,replicated"), "claim X1: replicated, not in expected.csv"),
        ((*AS_FOUND[:2], "full,cell,X1,replicated"), "claim X1: replicated, not in expected.csv"),
    ],
    ids=[
        "a better cell",
        "another claim",
        "a claim too few",
        "a claim too many",
        "at another scale",
        "of another kind",
    ],
)
def test_whatever_differs_is_named(repository: Path, rows: tuple[str, ...], line: str) -> None:
    expect(repository, *rows)
    assert line in unexpected("x", "full")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "is no table: No columns"),
        (b"\xff\xfe\x00", "is no table"),
        (b"scale,kind,id\nfull,cell,a\n", "lacks the column 'verdict'"),
        (b'a,"b\n', "is no table"),
    ],
)
def test_junk_for_expected_verdicts_is_named(repository: Path, content: bytes, line: str) -> None:
    (repository / "replications/x/expected.csv").write_bytes(content)
    with pytest.raises(UserError, match=rf"expected\.csv {line}"):
        unexpected("x", "full")


def test_at_smoke_scale_nothing_may_be_judged(repository: Path) -> None:
    expect(repository, *AS_FOUND)
    write_results(repository / "results/smoke/x", {"a": (1.5, OTHER), "b": (None, MISSING)}, {"X1": ("", OTHER)})
    assert unexpected("x", "smoke") == []
    table = pd.read_csv("results/smoke/x/cells.csv").replace(OTHER, YES)
    table.to_csv("results/smoke/x/cells.csv", index=False)
    assert unexpected("x", "smoke") == ["cell a: replicated, expected not comparable"]


def test_without_expected_verdicts_compare_is_one_line(repository: Path) -> None:
    with pytest.raises(UserError, match=r"expected\.csv"):
        unexpected("x", "full")


@pytest.mark.parametrize("name", ["cells.csv", "claims.csv"])
def test_missing_results_name_the_file_and_the_mend(repository: Path, name: str) -> None:
    folder = repository / "results/full/x"
    (folder / name).unlink()
    with pytest.raises(UserError, match=rf"{name} does not exist; run: genrep tabulate") as caught:
        read_results(folder)
    assert "\n" not in str(caught.value)


def test_ids_that_look_like_numbers_stay_text(tmp_path: Path) -> None:
    folder = write_results(tmp_path / "r", {"007": (1.0, YES)}, {"1.50": ("", YES)})
    results = read_results(folder)
    assert (list(results["cell"]["cell"]), list(results["claim"]["claim"])) == (["007"], ["1.50"])


def test_equal_folders_do_not_differ(repository: Path) -> None:
    folder = repository / "results/full/x"
    assert diff(folder, folder).empty


def test_a_difference_shows_both_sides(repository: Path) -> None:
    cells = {"a": (1.25, YES), "b": (None, NO), "c": (9.0, YES)}
    other = write_results(repository / "other", cells, {"X1": ("2 > 0", YES)})
    table = diff(repository / "results/full/x", other).set_index("id")
    assert list(table.index) == ["a", "b", "c", "X1"]
    assert list(table.loc["a"]) == [1.5, YES, 1.25, YES]
    assert list(table.loc["b", ["verdict a", "verdict b"]]) == [MISSING, NO]
    assert table.loc["c", ["ours a", "verdict a"]].isna().all()
    assert list(table.loc["X1", ["ours a", "ours b"]]) == ["1 > 0", "2 > 0"]


def test_a_row_that_only_the_first_has_differs(repository: Path) -> None:
    other = write_results(repository / "other", {"a": (1.5, YES)}, {"X1": ("1 > 0", YES)})
    table = diff(repository / "results/full/x", other)
    assert list(table["id"]) == ["b"]
    assert table["verdict b"].isna().all()


def test_the_scoreboard_goes_between_its_marks(repository: Path) -> None:
    write_results(repository / "results/desk/y", {"a": (1.0, OTHER)}, {"Y1": ("", NO), "Y2": ("", NO)})
    write_results(repository / "results/smoke/x", {"a": (1.0, OTHER)}, {"X1": ("", OTHER)})
    written = readme_with_scoreboard(f"# Title\n\n{START}\nof last week\n{END}\n\nThe rest.\n")
    before, _, rest = written.partition(START)
    board, _, after = rest.partition(END)
    assert (before, after) == ("# Title\n\n", "\n\nThe rest.\n")
    assert "of last week" not in written
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in board.strip().splitlines()]
    header, found = rows[0], {(row[0], *row[1:3]): row[3:] for row in rows[2:]}
    x, y = "[x](results/full/x/REPORT.md)", "[y](results/desk/y/REPORT.md)"
    assert header == ["replication", "scale", "kind", YES, NO, "inconclusive", OTHER, MISSING, "all"]
    assert found == {  # smoke has no place here
        (x, "full", "cells"): ["1", "0", "0", "0", "1", "2"],
        (x, "full", "claims"): ["1", "0", "0", "0", "0", "1"],
        (y, "desk", "cells"): ["0", "0", "0", "1", "0", "1"],
        (y, "desk", "claims"): ["0", "2", "0", "0", "0", "2"],
    }
    assert readme_with_scoreboard(written) == written


def test_before_any_results_the_scoreboard_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "No results" in readme_with_scoreboard(f"{START}{END}")


@pytest.mark.parametrize("text", ["# Title\n", START, END, f"{END}\n{START}\n"])
def test_a_readme_without_its_marks_is_refused(repository: Path, text: str) -> None:
    with pytest.raises(UserError, match=r"README\.md lacks"):
        readme_with_scoreboard(text)


def test_a_quoted_table_comes_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text("| 1 |\n")
    page = "before\n<!-- table: a.md -->\nstale\n<!-- end of table -->\nafter\n"
    written = with_tables(page)
    assert written == "before\n<!-- table: a.md -->\n\n| 1 |\n\n<!-- end of table -->\nafter\n"
    assert with_tables(written) == written
    with pytest.raises(UserError, match=r"b\.md, which a page quotes, does not exist"):
        with_tables(page.replace("a.md", "b.md"))
