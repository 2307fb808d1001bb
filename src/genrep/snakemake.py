"""Calling Snakemake for the commands that wrap it."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from genrep.errors import UserError


def run_snakemake(*arguments: str) -> int:
    """Run Snakemake in the current folder with this Python's own ``genrep`` first on the path.

    Returns:
        Its exit status.

    Raises:
        UserError: Snakemake is not installed, or this is not the repository.
    """
    if importlib.util.find_spec("snakemake") is None:
        raise UserError("Snakemake is not installed; run: pip install -c constraints.txt -e '.[workflow]'")
    if not Path("Snakefile").exists():
        raise UserError("no Snakefile here; run genrep in the root of the repository")
    scripts = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run([sys.executable, "-m", "snakemake", *arguments], env=environment).returncode
