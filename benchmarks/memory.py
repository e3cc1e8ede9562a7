"""How much memory a study of CIFAR-10 takes at its peak, its workers included.

    python -m benchmarks.memory [--max-n 12800] [--trials 2] [--workers 2] [--preview]

The command line is run as a process of its own; of it and all that it starts the proportional set size is summed every
tenth of a second, in which a page that processes share counts once. Needs Linux.

Results of 2026-11-25, two workers, CIFAR-10 (JPEG), PyTorch 2.13 on the CPU, two trials, one score:

    --max-n 12800: peak 1.30 GiB; MiB of the 4 processes: 310, 7, 510, 504

It was 2.61 GiB before two things were mended: the import of Optuna kept the data set of its caller (320 MiB of the driver),
and outputs kept between one chunk of an evaluation and the next made a worker's heap grow by up to 500 MiB.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from kleiber.datasets import load_dataset
from kleiber.errors import KleiberError

EVERY = 0.1  # seconds between two looks


def tree(root: int) -> list[int]:
    """List a process and all that descend from it."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = [root]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def proportional(process: int) -> int:
    """Give the proportional set size of a process in bytes; 0 where it has ended."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)


def peak(root: int, going: Callable[[], bool], every: float) -> tuple[int, list[int]]:
    """Look at a process and its children while it goes on; give the largest sum of bytes, and each one's share of it."""
    most: tuple[int, list[int]] = (0, [])
    while going():
        each = [proportional(one) for one in tree(root)]
        most = max(most, (sum(each), each))
        time.sleep(every)
    return most


def peak_of(command: list[str]) -> tuple[int, list[int]]:
    """Run a command, and give its peak; one that ends with runs missing is no failure here."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        most = peak(process.pid, lambda: process.poll() is None, EVERY)
    if process.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return most


def told(most: tuple[int, list[int]]) -> str:
    """Say a peak in words."""
    shares = ", ".join(f"{share / 2**20:.0f}" for share in most[1])
    return f"peak {most[0] / 2**30:.2f} GiB; MiB of the {len(most[1])} processes: {shares}"


def main() -> None:
    """Print the peak and what each process has of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-n", type=int, default=12800)
    parser.add_argument("--trials", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--preview", action="store_true", help="the first look in place of the study")
    options = parser.parse_args()
    try:
        load_dataset("cifar10", seed=0, options={})
    except KleiberError as error:
        print(f"skipped: {error}")
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "kleiber", "run", "origin", "--max-n", str(options.max_n)]
        command += ["--trials", str(options.trials), "--replicates", "1", "--workers", str(options.workers)]
        command += ["--ledger", f"{folder}/memory.db", "--out", f"{folder}/report"]
        print(told(peak_of(command + ["--preview"] * options.preview)))


if __name__ == "__main__":
    main()
