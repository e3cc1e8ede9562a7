"""A driver that notes what it has acknowledged, for whoever kills it: python -m dev.faults.driver WORKERS."""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from kleiber.records import FINAL, Measurement, Trial
from kleiber.study.drive import run_study
from kleiber.study.ledger import Ledger
from kleiber.study.schedule import Schedule
from kleiber.study.study import Study
from kleiber.study.watch import Summary


class Acks:
    """A watch that writes a line for each result that the study went on from, in one call of the system."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, **fields: object) -> None:
        """Write a line."""
        os.write(self._file, (json.dumps(fields) + "\n").encode())

    def began(self, plan: Schedule, done: Mapping[str, Measurement]) -> None: ...  # noqa: D102

    def started(self, trial: Trial) -> None: ...  # noqa: D102

    def settled(self, trial: Trial, measurement: Measurement, done: Mapping[str, Measurement]) -> None:
        """Note a result."""
        if measurement.state in FINAL:
            self.note(id=trial.id, loss=measurement.validation["loss"])

    def ended(self, summary: Summary) -> None: ...  # noqa: D102


def main(workers: int) -> None:
    """Run the study of the folder that this process is in."""
    acks, study = Acks(Path("acks")), Study.from_toml("s.toml")
    began = time.monotonic()
    with Ledger("k.db") as ledger:
        if study.name in ledger.names():
            ledger.book(study.name).done()
    acks.note(opened=time.monotonic() - began)
    run_study(study, "k.db", workers=workers, executor="local", watch=acks)


if __name__ == "__main__":
    main(int(sys.argv[1]))
