"""Which process runs a study: said in the ledger, and known by an operating-system lock that dies with the process."""

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout


def myself() -> str:
    """Say which process this is."""
    return f"process {os.getpid()} on {socket.gethostname()}, since {datetime.now(UTC).isoformat(timespec='seconds')}"


def held(lock: Path, holder: str) -> bool:
    """Say whether a process holds a study's lock; where that may not be asked, whether the one that says so is alive."""
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a folder of somebody else's
        return is_alive(holder)


def is_alive(holder: str) -> bool:
    """Say whether a process that wrote itself down is one of this machine's."""
    words = holder.split()
    if len(words) < 4 or words[3].rstrip(",") != socket.gethostname():
        return False
    try:
        os.kill(int(words[1]), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True
