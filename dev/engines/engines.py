"""Clusters of this machine, their processes, and what a driver has started: nothing else is ever killed."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

LOCAL = {
    "ray": 'name = "ray"',
    "dask": 'name = "dask"',
    "slurm": 'name = "slurm"\ncluster = "local"\nfolder = "{folder}/jobs"',
}
WORKERS = {"ray": "ray::_Worker", "dask": "--multiprocessing-fork", "slurm": "submitit.core._submit"}


@contextmanager
def ray_of_two() -> Iterator[tuple[str, int]]:
    """Start a Ray of two nodes with a CPU each, and give its address and the second raylet's process."""
    code = (
        "import time; from ray.cluster_utils import Cluster\n"
        "c = Cluster(initialize_head=True, head_node_args={'num_cpus': 1, 'object_store_memory': 10**8,"
        " 'include_dashboard': False})\n"
        "n = c.add_node(num_cpus=1, object_store_memory=10**8)\n"
        "print(c.address, n.all_processes['raylet'][0].process.pid, flush=True)\n"
        "time.sleep(3600)"
    )
    with _running([sys.executable, "-c", code], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        address, pid = owner.stdout.readline().split()
        yield address, int(pid)


@contextmanager
def dask_of_two(folder: Path) -> Iterator[tuple[str, int, list[int]]]:
    """Start a Dask of two workers, and give the path of its scheduler's file, and the processes of both."""
    file = folder / "scheduler.json"
    flags = ["--scheduler-file", str(file), "--no-dashboard"]
    with _running([sys.executable, "-m", "dask", "scheduler", "--port", "0", "--host", "127.0.0.1", *flags]) as scheduler:
        while not file.exists():
            time.sleep(0.1)
        line = [sys.executable, "-m", "dask", "worker", "--nthreads", "1", *flags]
        with _running(line) as first, _running(line) as second:
            yield str(file), scheduler.pid, [first.pid, second.pid]


@contextmanager
def _running(line: list[str], **how: int) -> Iterator["subprocess.Popen[str]"]:
    child = subprocess.Popen(line, text=True, stderr=subprocess.DEVNULL, **{"stdout": subprocess.DEVNULL, **how})
    try:
        yield child
    finally:
        end(below(child.pid))
        child.kill()
        child.wait()


def below(pid: int, having: str = "") -> list[psutil.Process]:
    """Give the processes that a process has started, and they in turn, whose command line has a text in it."""
    found = []
    try:
        children = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    for each in children:
        try:
            line = " ".join(each.cmdline())
        except psutil.Error:
            continue
        if having in line:
            found.append(each)
    return found


def end(processes: list[psutil.Process]) -> None:
    """Kill processes that are still those that were found."""
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.kill()


def left(processes: list[psutil.Process], patience: float) -> int:
    """Count the processes that are there after so many seconds."""
    _, alive = psutil.wait_procs(processes, timeout=patience)
    return sum(each.status() != psutil.STATUS_ZOMBIE for each in alive if each.is_running())
