"""Which code made a result: a hash over the modules that a run really uses.

Snakemake's own ``code`` trigger sees a rule, not what the rule's command imports, and modification times
change with every checkout. The hash here covers the syntax tree of a module and of everything in this package
that it imports, docstrings and comments left out: touching or documenting a file changes nothing. Code that was
rewritten but does the same goes by the hash of the older code, once ``genrep vouch`` has proven it.
"""

import ast
import csv
import hashlib
from functools import cache
from pathlib import Path

import grimp

# Parameters are hashed by value; their schema may grow without invalidating what has been run, because a
# schema default always means "feature off" (see genrep.params).
BY_VALUE = ("genrep.params",)
PACKAGE = Path(__file__).parent


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("genrep", cache_dir=None)


@cache
def _syntax(module: str) -> str:
    path = PACKAGE.joinpath(*module.split(".")[1:])  # by path: looking a module up would import its parents
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(source.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node, clean=False
        ):
            node.body = body[1:]  # type: ignore[index]
    return ast.unparse(tree)  # unlike ast.dump, the same text on every Python version


def closure(*modules: str) -> list[str]:
    """The given modules and every module of this package that they import, sorted.

    The schema of the parameters is left out: see ``BY_VALUE``.
    """
    graph = _graph()
    used = set(modules)
    for module in modules:
        used |= graph.find_upstream_modules(module)
    return sorted(m for m in used if not m.startswith(BY_VALUE))


@cache
def code_hash(*modules: str) -> str:
    """SHA-256 over the syntax of ``closure(*modules)``, in hexadecimal."""
    digest = hashlib.sha256()
    for module in closure(*modules):
        digest.update(f"{module}\0{_syntax(module)}\0".encode())
    return digest.hexdigest()


def code_identity(*modules: str) -> str:
    """The hash of the code, or of the older code that it has been proven equal to."""
    return known_as(code_hash(*modules))


def known_as(code: str) -> str:
    """The hash that code goes by: that of the older code that it has been proven equal to, or its own."""
    return vouched().get(code, code)


def vouched() -> dict[str, str]:
    """Hashes of code that was proven to give the results of older code -> the older code's; see genrep.vouch."""
    path = ledger()
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as rows:
        return {row["code"]: row["same_as"] for row in csv.DictReader(rows)}


def ledger() -> Path:
    """Where ``vouched`` is kept."""
    return PACKAGE / "vouched.csv"
