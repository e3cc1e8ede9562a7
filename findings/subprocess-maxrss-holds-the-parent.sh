#!/usr/bin/env bash
# The peak memory of a child process (ru_maxrss of os.wait4) is at least what its parent held when it started it.
#
# Versions: numpy 2.4.6, CPython 3.11, Linux 6 x86-64.
# A guess from memory: the child runs another program in memory of its own, so its peak is its own. On Linux exec keeps the
# peak of the memory that it replaces, which is the parent's. A child that does nothing "used" 417 MB where the parent
# holds an array of that size, and 26 MB where it does not. Who measures the memory of trials so must start them from a small
# process, or read VmHWM of /proc while the child runs.
#
# Output seen (megabytes; those of one machine, and not checked but for their order):
#   started by a small parent: 26
#   started by a parent with an array of 400 MB: 417
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import os
import subprocess
import sys

import numpy as np


def peak():
    child = subprocess.Popen([sys.executable, "-S", "-c", "pass"])
    return os.wait4(child.pid, 0)[2].ru_maxrss / 1000


small = peak()
held = np.ones(50_000_000)
large = peak()
print(f"started by a small parent: {small:.0f}")
print(f"started by a parent with an array of {held.nbytes / 1e6:.0f} MB: {large:.0f}")
sys.exit(0 if large > 350 > small else "changed: the child's peak is its own")
PY
