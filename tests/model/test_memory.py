"""Freed memory is kept where the C library can do that, and nothing fails where it cannot."""

import ctypes
import platform
import subprocess
import sys

import pytest

from folkrnn.model.memory import keep_freed_memory

PROGRAM = """
import resource
from folkrnn.model.memory import keep_freed_memory
assert keep_freed_memory()
import torch
torch.set_num_threads(1)
def faults():
    torch.ones(10_000_000)  # 40 MB: some 10,000 pages
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
faults(); before = faults()
print((faults() - before))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_a_large_block_is_not_fetched_again_page_by_page() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    assert int(ran.stdout) < 1000


@pytest.mark.parametrize("error", [OSError, TypeError, AttributeError])
def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def library(name: object) -> None:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", library)
    assert not keep_freed_memory()
