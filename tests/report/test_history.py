"""Which commit last touched a row, in temporary repositories."""

import subprocess
from pathlib import Path

import pytest

from genrep.report.history import last_touched

HEADER = "cell,value\n"


class Repository:
    """A git repository with a table in it."""

    def __init__(self, folder: Path):
        self.table = folder / "replication" / "published.csv"
        self.table.parent.mkdir()
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> str:
        author = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.org")
        done = subprocess.run(
            ["git", *author, *arguments], cwd=self.table.parent, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, rows: str) -> str:
        """Write the table and commit it; the commit's hash."""
        self.table.write_text(HEADER + rows)
        self.git("add", self.table.name)
        self.git("commit", "--quiet", "-m", "a commit")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return Repository(tmp_path)


def test_each_row_has_the_commit_that_last_touched_it(repository: Repository) -> None:
    first = repository.commit("a,1\nb,2\n")
    second = repository.commit('a,1\nb,3\nc,4\nc-2,"5, or 6"\n')
    commits = last_touched(repository.table)
    assert first != second
    assert {row: commits[row] for row in ("a", "b", "c", "c-2")} == {
        "a": first,
        "b": second,
        "c": second,
        "c-2": second,
    }


def test_moving_a_row_does_not_touch_the_others(repository: Repository) -> None:
    first = repository.commit("a,1\nb,2\n")
    repository.commit("new,0\na,1\nb,2\n")
    commits = last_touched(repository.table)
    assert (commits["a"], commits["b"]) == (first, first)


def test_an_uncommitted_row_has_none(repository: Repository) -> None:
    first = repository.commit("a,1\nb,2\n")
    repository.table.write_text(HEADER + "a,1\nb,9\nc,3\n")
    commits = last_touched(repository.table)
    assert (commits["a"], commits["b"], commits["c"]) == (first, None, None)


def test_a_file_that_git_does_not_know_has_no_history(repository: Repository) -> None:
    repository.commit("a,1\n")
    other = repository.table.with_name("other.csv")
    other.write_text(HEADER + "a,1\n")
    assert last_touched(other) == {}


def test_outside_a_repository_there_is_no_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    table = tmp_path / "published.csv"
    table.write_text(HEADER + "a,1\n")
    assert last_touched(table) == {}


def test_a_machine_without_git_has_no_history(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit("a,1\n")
    monkeypatch.setenv("PATH", "")
    assert last_touched(repository.table) == {}
