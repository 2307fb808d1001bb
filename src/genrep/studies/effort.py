"""What a model takes to build (section 6.9 of the thesis), as far as it can be counted: statements of code."""

import ast

from genrep.codehash import PACKAGE, closure
from genrep.params.studies import EffortParams
from genrep.params.training import RunParams
from genrep.studies.found import Found, single
from genrep.studies.subject import Subject

NEEDS = ()
PARTS = ("genrep.models.", "genrep.objectives.", "genrep.sampling.")


def study(subject: Subject, params: EffortParams) -> Found:
    """Count the statements behind the run's network, objective and sampler."""
    modules = modules_of(subject.run)
    return Found([single("statements", sum(map(statements, modules)), f"modules={len(modules)}")])


def modules_of(run: RunParams) -> list[str]:
    """The modules of this package that define a run's network, objective and sampler, with all that those import."""
    kinds = [f"genrep.models.{run.network.kind}", f"genrep.objectives.{run.objective.kind}"]
    if run.sampler is not None:
        kinds.append(f"genrep.sampling.{run.sampler.kind}")
    return [name for name in closure(*kinds) if name.startswith(PARTS)]


def statements(module: str) -> int:
    """Statements in a module, docstrings left out."""
    path = PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    return sum(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in found)
