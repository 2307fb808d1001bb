"""What git says of a tolerance: which commit last touched its row."""

import subprocess
from pathlib import Path


def last_touched(path: Path) -> dict[str, str | None]:
    """Per first column of a CSV file the commit that last touched its line; empty outside a repository.

    An uncommitted line maps to None.
    """
    try:
        done = subprocess.run(
            ["git", "blame", "--line-porcelain", "--", path.name],
            cwd=path.parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return {}
    commits: dict[str, str | None] = {}
    commit = ""
    expect_header = True
    for line in done.stdout.splitlines():
        if line.startswith("\t"):
            commits[line[1:].split(",")[0]] = commit if commit.strip("0") else None
            expect_header = True
        elif expect_header:
            commit, expect_header = line.split()[0], False
    return commits
