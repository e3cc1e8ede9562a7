"""The small log of a study's runs, a text file beside the ledger: a line for each trial that ended and each winner."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kleiber.records import Measurement, State, Trial
from kleiber.study.ledger import Ledger

log = logging.getLogger("kleiber.run")


def note(trial: Trial, measurement: Measurement) -> None:
    """Log what came of a trial."""
    values = " ".join(f"{key}={value:.5g}" for key, value in measurement.validation.items())
    level = logging.INFO if measurement.state in (State.OK, State.DIVERGED) else logging.WARNING
    log.log(
        level,
        "n=%d %s %d.%d %s %s%s epochs=%d %.2fs %s",
        *(trial.rung.n, trial.purpose, trial.rung.replicate, trial.number, measurement.state, measurement.reason),
        *(f" {values}" if values else "", measurement.epochs, measurement.seconds, measurement.message),
    )


@contextmanager
def logged(ledger: Ledger, name: str) -> Iterator[None]:
    """Write what is logged meanwhile into the study's file."""
    handler = logging.FileHandler(f"{ledger.path}.{ledger.find(name)}.log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger("kleiber")
    before = root.level
    root.addHandler(handler)
    root.setLevel(min(before or logging.INFO, logging.INFO))
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()
