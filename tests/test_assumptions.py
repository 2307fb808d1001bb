"""Reading ``assumptions.yaml`` (genrep.entries): the repository's own, and what is wrong with others."""

from pathlib import Path

import pytest

from genrep.assumptions import read_assumptions
from genrep.errors import UserError
from tests.report.conftest import ROOT

GOOD = "- {id: epochs, value: 50, evidence: stated in the report, readings: [1, 5]}\n"


@pytest.mark.parametrize("folder", sorted((ROOT / "replications").iterdir()), ids=lambda folder: folder.name)
def test_assumptions_of_the_repository_are_argued(folder: Path) -> None:
    assumptions = read_assumptions(folder)
    assert len({a.id for a in assumptions}) == len(assumptions) > 0
    assert all(len(a.evidence) > 10 for a in assumptions)


def test_an_entry_is_read(tmp_path: Path) -> None:
    (tmp_path / "assumptions.yaml").write_text(GOOD)
    (found,) = read_assumptions(tmp_path)
    assert (found.id, found.value, found.readings) == ("epochs", 50, (1, 5))


def test_a_reading_that_can_be_run_stands_among_words(tmp_path: Path) -> None:
    runnable = "{id: one, says: one epoch, epoch: 1}, in words"
    text = GOOD.replace("readings: [1, 5]", f"moves: [{{cell: a, run: vae}}], readings: [{runnable}]")
    (tmp_path / "assumptions.yaml").write_text(text)
    (found,) = read_assumptions(tmp_path)
    (one,) = found.runnable
    assert (one.id, one.epoch, one.factor, found.moves[0].run) == ("one", 1, 1.0, "vae")
    assert found.readings[1] == "in words"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, "does not exist"),
        ("{", "while parsing"),
        ("words", "must be a list"),
        ("- 3", "valid dictionary"),
        ("- {id: a, value: 1}", "evidence"),
        (GOOD.replace("readings", "reading"), "Extra inputs"),
    ],
)
def test_junk_is_one_line_that_names_the_file(tmp_path: Path, text: str | None, line: str) -> None:
    if text is not None:
        (tmp_path / "assumptions.yaml").write_text(text)
    with pytest.raises(UserError, match=line) as caught:
        read_assumptions(tmp_path)
    assert "assumptions.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)
