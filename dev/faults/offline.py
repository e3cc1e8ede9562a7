"""A study and its answers on a machine without a network, watched for whom they try to reach (P01)."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from dev.faults.harness import Place, ended, started

LINES = (
    "run s.toml --ledger k.db --workers 2 --out out",
    "status k.db",
    "forecast k.db --at 640",
    "report k.db --output r.html",
)


def alone(folder: Path, short: bool) -> str:
    """Run a study and ask of it where there is no network, by system calls; no connection is even tried."""
    place, watch = Place(folder, 24, 0.0), ["strace", "-f", "-qq", "-e", "trace=connect,sendto", "-o", "calls"]
    if not shutil.which("strace") or subprocess.run(["unshare", "-rn", "true"], check=False).returncode:
        return "not tried: this machine has no strace, or gives no name space without a network"
    for line in LINES:
        code = ended(started(["unshare", "-rn", *watch, sys.executable, "-m", "kleiber", *line.split()], cwd=folder))
        assert code in (0, 3), f"{line}: exit code {code}: {place.said()}"  # 3: an answer that warns
        found = (folder / "calls").read_text()
        reached = re.findall(r".*AF_INET6?\b.*", found)
        assert not reached, f"{line}: {reached[0]}"
    place.check()
    return f"{len(LINES)} commands without a network end well, and ask for no connection to any address"
