"""Whether freed memory stays: counted in page faults."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from genrep.allocator import LARGE_PAGES

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


LARGE = """
import re
from pathlib import Path
from genrep.allocator import keep_freed_memory
keep_freed_memory()
import torch
block = torch.ones(40 * 2**20, dtype=torch.uint8)
middle, advised = block.data_ptr() + 20 * 2**20, None
for line in Path("/proc/self/smaps").read_text().splitlines():
    if bounds := re.match("([0-9a-f]+)-([0-9a-f]+) ", line):
        inside = int(bounds[1], 16) <= middle < int(bounds[2], 16)
    elif inside and line.startswith("VmFlags:"):
        advised = "hg" in line.split()
print(advised)
"""


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="large pages are asked for on Linux only")
def test_large_pages_are_asked_for():
    """Whether the kernel then has some to give is its own affair."""
    plain = {name: value for name, value in os.environ.items() if name != LARGE_PAGES}
    done = subprocess.run([sys.executable, "-c", LARGE], env=plain, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
