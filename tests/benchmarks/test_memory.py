"""The look at a process's memory."""

import os
import subprocess
import sys

import pytest

from benchmarks import memory

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
HOLD = "import time; held = bytearray(b'1' * 50_000_000); time.sleep({})"


def test_a_childs_memory_counts_and_a_process_that_ended_has_none():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(5)"]) as child:
        assert {os.getpid(), child.pid} <= set(memory.tree(os.getpid()))
        child.kill()
    assert memory.proportional(child.pid) == 0


def test_the_peak_is_that_of_the_command_and_its_child():
    inner = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD.format(1)!r}])"
    total, each = memory.peak_of([sys.executable, "-c", inner])
    assert len(each) == 2 and 50_000_000 < each[1] < total < 150_000_000


def test_a_command_that_fails_is_said():
    with pytest.raises(SystemExit, match="ended with 7"):
        memory.peak_of([sys.executable, "-c", "raise SystemExit(7)"])
