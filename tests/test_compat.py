"""torchvision beside this torch, in a process of its own: an import cannot be undone."""

import subprocess
import sys

from genrep.compat import declare_torchvision_operators

USE = """
import genrep.compat
import torch
from torchvision.datasets import MNIST
from torchvision.transforms import v2
assert v2.functional.horizontal_flip(torch.tensor([[[1, 2]]])).tolist() == [[[2, 1]]]
"""


def test_torchvision_imports_and_works():
    done = subprocess.run([sys.executable, "-c", USE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_declaring_twice_is_harmless():
    declare_torchvision_operators()
    declare_torchvision_operators()
