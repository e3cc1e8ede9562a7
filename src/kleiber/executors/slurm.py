"""Jobs of Slurm by submitit, one for each trial; `cluster = "local"` runs the same jobs as processes of this machine.

What comes of a job is read from its file, and its state asked only for want of one: submitit's own `result()` waits 15 s
for the file of a job that was killed. A job ends when the file `wanted` of its trial is gone, so no zombie computes on.
"""

import os
import pickle
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import submitit
from filelock import FileLock, Timeout

from kleiber.datasets._cache import at_hand
from kleiber.errors import KleiberError, MachineError
from kleiber.executors._far import Far, Sent
from kleiber.executors._node import Answer, Order, carry_out

GRACE = {"slurm": 30.0, "local": 1.0}  # seconds that the file of an ended job may take to be seen here
PACE = {"slurm": 5.0, "local": 0.2}  # seconds between two looks
WATCH = 1.0  # seconds between a job's looks whether it is wanted
LONG = 60 * 24 * 7  # minutes that a job has where nobody says so and it is no Slurm's to say
REASONS = {"TIMEOUT": "timeout", "DEADLINE": "timeout", "OUT_OF_MEMORY": "oom"}  # others are no fault of the trial's


@dataclass(slots=True)
class _Job:
    work: Sent
    job: Any
    wanted: Path
    ended: float | None = None  # since when on the monotonic clock it is known to have ended


class _Slurm(Far):
    lasts = False

    def __init__(self, folder: Path, cluster: str, executor: Any, timeout: float | None, memory_gb: float | None) -> None:
        super().__init__(timeout, memory_gb)
        self._run, self._cluster, self._executor = folder, cluster, executor
        self._jobs: dict[str, _Job] = {}
        self._leaving: list[_Job] = []  # jobs of which no more is wanted, and that still end
        self._telling = False  # whether a job was lost that may have written why
        self._spare: Path | None = None
        self.pace = PACE[cluster]

    def share(self, folder: Path) -> None:
        super().share(folder)
        self._spare = self._run.parent / "data" / folder.name
        if not self._spare.is_dir():
            draft = self._run / "data"
            shutil.copytree(folder, draft)
            with suppress(OSError):  # another study was first
                draft.replace(self._spare)

    def give(self, work: Sent) -> None:
        wanted = self._run / f"{work.order.key}.wanted"
        wanted.touch()
        job = self._executor.submit(_do, work.order, str(wanted), self._spare and str(self._spare))
        self._jobs[work.order.key] = _Job(work, job, wanted)

    def halt(self, work: Sent) -> None:
        self._end(self._jobs[work.order.key], Answer("lost", "killed", "stopped"))

    def look(self) -> None:
        for each in list(self._jobs.values()):
            if (answer := self._answer(each)) is not None:
                self._end(each, answer)
        self._leaving = [each for each in self._leaving if not self._left(each)]

    def close(self) -> None:
        super().close()
        out = [*self._jobs.values(), *self._leaving]
        for each in out:
            self._leave(each)
        patience = time.monotonic() + (2 * WATCH + GRACE["local"] if self._cluster == "local" else 0.0)
        while time.monotonic() < patience and not all(each.job.done() for each in out):
            time.sleep(0.1)
        if not self._telling:
            shutil.rmtree(self._run, ignore_errors=True)

    def _answer(self, each: _Job) -> Answer | None:
        """Give what came of a job; None where it has not ended, or its file may still come."""
        if (file := each.job.paths.result_pickle).exists():
            went, found = pickle.loads(file.read_bytes())
            if went == "success":
                return found  # type: ignore[no-any-return]
            return Answer("raised", MachineError(f"a job cannot do a trial: {found.strip().splitlines()[-1]}"))
        if not each.job.done():
            return None
        each.ended = each.ended or time.monotonic()
        if time.monotonic() - each.ended < GRACE[self._cluster]:
            return None
        state = each.job.state.partition(" ")[0]
        return Answer("lost", REASONS.get(state, "preempted"), f"job {each.job.job_id} ended without a result ({state})")

    def _end(self, each: _Job, answer: Answer) -> None:
        del self._jobs[each.work.order.key]
        if answer.kind == "lost":
            self._telling |= not each.work.stopped  # what its job wrote may say why
            self._leave(each)
        self._leaving.append(each)
        self.came(each.work.order.key, answer)

    def _leave(self, each: _Job) -> None:
        each.wanted.unlink(missing_ok=True)
        if self._cluster == "slurm":  # elsewhere that is enough
            each.job.cancel(check=False)

    def _left(self, each: _Job) -> bool:
        """Say whether a job has ended of which nothing is wanted any more, and remove what it wrote if it went well."""
        if not each.job.done():
            return False
        if each.wanted.exists():
            each.wanted.unlink()
            for file in each.job.paths.folder.glob(f"{each.job.job_id}_*"):
                file.unlink(missing_ok=True)
        return True


@contextmanager
def start(
    workers: int,
    *,
    timeout: float | None = None,
    memory_gb: float | None = None,
    folder: str = "kleiber-slurm",
    cluster: str = "slurm",
    parameters: dict[str, Any] | None = None,
) -> Iterator[Executor]:
    """Give an executor that has `workers` jobs at Slurm at a time.

    `folder`: where jobs and their results lie, on a file system that all nodes see. `cluster`: "slurm", or "local" for
    processes of this machine. `parameters`: what each job asks for, by submitit's names, such as `timeout_min`,
    `gpus_per_node` and `slurm_partition`.
    """
    if cluster not in PACE:
        raise KleiberError(f'[executor] cluster: must be "slurm" or "local", not {cluster!r}')
    place = Path(folder).resolve()
    _sweep(place)
    run = place / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    (run / "jobs").mkdir(parents=True)  # one for all: a job that is quicker than submitit finds no folder of its own
    (place / "data").mkdir(exist_ok=True)
    with FileLock(run / "lock"):
        pool = _Slurm(run, cluster, _executor(run, cluster, parameters or {}), timeout, memory_gb)
        pool.open()
        try:
            yield pool
        finally:
            pool.close()


def _executor(run: Path, cluster: str, parameters: dict[str, Any]) -> Any:
    try:
        executor = submitit.AutoExecutor(folder=run / "jobs", cluster=cluster)
        executor.update_parameters(**{**({"timeout_min": LONG} if cluster == "local" else {}), **parameters})
    except (NameError, TypeError, ValueError, AssertionError) as error:
        raise KleiberError(f"[executor] parameters: {' '.join(str(error).split())}") from error
    except RuntimeError as error:
        raise MachineError(f"Slurm cannot be reached: {error}; --executor local needs none") from error
    return executor


def _sweep(place: Path) -> None:
    """Have the jobs of runs end whose driver is dead: what they were to do is done anew."""
    for lock in place.glob("*/lock"):
        with suppress(Timeout, OSError), FileLock(lock, timeout=0):
            for wanted in lock.parent.glob("*.wanted"):
                wanted.unlink(missing_ok=True)


def _do(order: Order, wanted: str, spare: str | None) -> Answer:
    """Do an order in a job, as long as it is wanted."""
    threading.Thread(target=_watch, args=(Path(wanted),), daemon=True).start()
    lacks = spare is not None and order.data is not None and at_hand(order.data) is None
    parcel = {file.name: file.read_bytes() for file in Path(str(spare)).iterdir()} if lacks else None
    return carry_out(order, parcel)


def _watch(wanted: Path) -> None:
    while wanted.exists():
        time.sleep(WATCH)
    os._exit(1)
