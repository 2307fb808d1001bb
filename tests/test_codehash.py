"""The hash of the code follows what the code does, and nothing else."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from genrep.codehash import closure, code_hash
from tests.package_copy import copied_package

USED = ("genrep.training.loop", "genrep.models.conv_vae", "genrep.objectives.vae")


@pytest.fixture
def package(tmp_path):
    with copied_package(tmp_path / "genrep") as copy:
        yield copy


def test_hash_does_not_depend_on_where_or_when_the_code_was_checked_out(tmp_path):
    here = code_hash(*USED)
    with copied_package(tmp_path / "elsewhere") as package:
        for path in package.folder.rglob("*.py"):
            path.touch()
        assert code_hash(*USED) == here
    assert code_hash(*reversed(USED)) == here


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("objectives/vae.py", '"""Evidence lower bound', '"""The evidence lower bound'),
        ("objectives/vae.py", '"""KL(N(mean, exp(log_variance))', '"""The divergence KL(N(mean, exp(log_variance))'),
        ("training/loop.py", '"""A run in progress.', '"""A run that goes on.'),
        ("models/conv_vae.py", "        h = self.features(x)", "        # a comment\n\n        h = (self.features(x))"),
        ("training/optimizers.py", 'case "sgd":', "case 'sgd':"),
        ("models/conv_vae.py", "        h = self.features(x)", '        """Moments."""\n        h = self.features(x)'),
        ("models/mlp_gan.py", "prod(shape)), nn.Tanh()", "prod(shape)), nn.Sigmoid()"),  # another model's
        ("sampling/latent_prior.py", "import torch\n", "import torch\n\nUNUSED = 1\n"),
        ("params/training.py", "drop_last: bool = False", "drop_last: bool = False\n    warmup: int = 0"),
    ],
)
def test_edit_that_changes_nothing_of_the_run_keeps_the_hash(package, name, old, new):
    before = code_hash(*USED)
    package.edit(name, old, new)
    assert code_hash(*USED) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("objectives/vae.py", "reconstruction + kl,", "reconstruction + 2 * kl,"),
        ("models/conv_vae.py", "self.mean = nn.Linear(dense, latent)", "self.mean = nn.Linear(dense, latent, False)"),
        ("models/init.py", "nn.init.zeros_(layer.bias)", "nn.init.ones_(layer.bias)"),
        ("training/schedule.py", "1 - epoch / self.run.epochs", "1 - (epoch + 1) / self.run.epochs"),
        ("training/optimizers.py", '"eps": params.eps, "fused": True', '"eps": params.eps, "fused": False'),
        ("data/arrays.py", "(self.high - self.low) / 255", "(self.high - self.low) / 256"),
        ("rng.py", '"/".join', '"-".join'),
        ("objectives/base.py", "torch.randn(", "torch.rand("),
    ],
)
def test_edit_of_used_code_changes_the_hash_and_undoing_it_restores_it(package, name, old, new):
    before = code_hash(*USED)
    package.edit(name, old, new)
    assert code_hash(*USED) != before
    package.edit(name, new, old)
    assert code_hash(*USED) == before


def test_closure_leaves_parameters_and_reports_out():
    found = closure(*USED)
    assert set(USED) <= set(found)
    assert found == sorted(found)
    assert not [m for m in found if m.startswith(("genrep.params", "genrep.report", "genrep.metrics", "genrep.cli"))]


def test_closure_is_what_python_imports():
    code = f"import sys, {', '.join(USED)}; print(*(m for m in sys.modules if m.startswith('genrep')))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = set(shown.split())
    beyond = {m for m in loaded - set(closure(*USED)) if not m.startswith("genrep.params")}
    for module in beyond:  # parents of modules: nothing but a docstring and a version
        body = ast.parse(Path(importlib.import_module(module).__file__).read_text()).body
        assert all(isinstance(node, ast.Expr) or ast.unparse(node).startswith("__version__") for node in body), module
    assert set(closure(*USED)) <= loaded
