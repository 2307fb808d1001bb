"""Whether freed memory stays: counted in page faults."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import torch
from genrep.allocator import keep_freed_memory
if sys.argv[1] == "keep" and not keep_freed_memory():
    sys.exit(77)
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
torch.set_num_threads(1)
for _ in range(10):
    torch.ones(5_000_000)
before = faults()
for _ in range(10):
    torch.ones(5_000_000)  # 20 MB, 4,883 pages
print(faults() - before)
"""


def page_faults(mode: str) -> int:
    done = subprocess.run([sys.executable, "-c", PROGRAM, mode], capture_output=True, text=True)
    if done.returncode == 77:
        pytest.skip("not glibc's allocator")
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_freed_memory_is_not_cleared_again():
    assert page_faults("keep") < 500
