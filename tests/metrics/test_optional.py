"""The core computes native metrics, distances and spectra without the libraries of the ``metrics`` extra."""

import pkgutil
import subprocess
import sys

import pytest

import genrep.metrics
from genrep.errors import UserError
from genrep.metrics import optional

WITHOUT = """
import importlib, sys
sys.modules |= dict.fromkeys(("torch_fidelity", "cleanfid", "pytorch_fid"))
for name in sys.argv[1:]:
    importlib.import_module(f"genrep.metrics.{name}")
"""


def test_every_module_imports_without_them():
    modules = [module.name for module in pkgutil.iter_modules(genrep.metrics.__path__)]
    assert "inception" in modules
    done = subprocess.run([sys.executable, "-c", WITHOUT, *modules], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    monkeypatch.delitem(sys.modules, "torch_fidelity.metric_prc", raising=False)
    with pytest.raises(UserError, match=r"torch_fidelity.* is not installed; run: pip install .*metrics"):
        optional.torch_fidelity("metric_prc")
