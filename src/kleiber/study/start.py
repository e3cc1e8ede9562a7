"""The start of a run: workers start and import while the driver reads the data, and one of them tries the net.

The driver itself never imports what trains. What is waited for is said from the first second.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kleiber.executors import WorkerLost
from kleiber.study.ledger import Ledger
from kleiber.study.prepare import describe_data, planned, prepared, settled_or_spent, tried
from kleiber.study.schedule import Schedule, ready
from kleiber.study.study import Study
from kleiber.trainers import check_prepared, get_ready, imports
from kleiber.wording import counted


@dataclass(frozen=True, slots=True)
class Ground:
    """What a run stands on: its schedule, the folder that workers map the data from, and what the ledger keeps of them."""

    plan: Schedule
    folder: Path
    data: dict[str, Any]
    identity: dict[str, Any]


def nothing_left(study: Study, ledger: str | Path, limit: float | None) -> Ground | None:
    """Give the ground of a study of which a ledger has all, or has used `limit` seconds; None where workers have work.

    Only where the ledger's own account says so are the data read, and looked at whether the study is the same.
    """
    if not settled_or_spent(study, ledger, limit):
        return None
    dataset, plan = planned(study)
    data = describe_data(dataset)
    ground = Ground(plan, prepared(dataset), data, study.identity(data["fingerprint"]))
    with Ledger(ledger) as opened:
        if not opened.same(study.name, ground.identity):
            return None
        used_up = limit is not None and opened.used(study.name) >= limit
        left = ready(plan.under(opened.context(study.name)), opened.book(study.name).done())
    return ground if used_up or not left else None


def begin(study: Study, pool: Executor, processes: int, device: str, say: Callable[[str], None]) -> Ground:
    """Let the workers start, read the data, and try the net where the trials will be; say what is waited for.

    processes: how many workers start; 0 where the driver does the work itself. Raises `KleiberError` for whatever is wrong
    with the study.
    """
    starting = _starting(study.trainer, processes)
    say(f"loading the data {study.data.source}" + (f"; {starting}" if starting else ""))
    lasting = getattr(pool, "lasts", True)
    ready = [pool.submit(get_ready, study.trainer) for _ in range(processes or 1 if lasting else 0)]
    dataset, plan = planned(study)
    data = describe_data(dataset)
    ground = Ground(plan, prepared(dataset), data, study.identity(data["fingerprint"]))
    if hasattr(pool, "share"):
        pool.share(ground.folder)
    if not any(each.done() for each in ready):
        say(f"the data are loaded; {starting}")
    _check(pool, study, ground, tried(plan, device, dataset))
    return ground


def _check(pool: Executor, study: Study, ground: Ground, of: dict[str, Any]) -> None:
    what = (study.trainer, str(ground.folder))
    try:
        pool.submit(check_prepared, *what, **of).result()
    except WorkerLost:  # a worker that does not start is told by the first trial; a time limit is for trials
        check_prepared(*what, **of)


def _starting(trainer: str, processes: int) -> str:
    """Say who starts and what they import, as far as there is something to say."""
    brought = imports(trainer)
    if not processes:
        return f"importing {brought}" if brought else ""
    who = f"starting {counted(processes, 'worker')}"
    return f"{who}, which {'imports' if processes == 1 else 'import'} {brought}" if brought else who
