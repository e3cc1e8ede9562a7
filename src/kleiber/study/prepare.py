"""What a study needs before it runs: its data, its schedule, and what a ledger has of it already."""

import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kleiber.datasets import Dataset, load_dataset
from kleiber.datasets._cache import cache_folder
from kleiber.datasets._needed import OptionNeededError
from kleiber.errors import KleiberError
from kleiber.records import Measurement
from kleiber.study.ledger import Ledger
from kleiber.study.schedule import Schedule, schedule
from kleiber.study.study import Study
from kleiber.trainers import Check, check_study

UNUSED = 30 * 86400  # seconds after which prepared data that nobody used are removed


def prepare(study: Study, device: str = "cpu") -> tuple[Dataset, Schedule]:
    """Load a study's data, make its schedule and try its net: all that can be wrong with it is found here."""
    dataset, plan = planned(study)
    check_study(study.trainer, Check(dataset=dataset, **tried(plan, device, dataset)))
    return dataset, plan


def planned(study: Study) -> tuple[Dataset, Schedule]:
    """Load a study's data and make its schedule; whether its net can be trained is not yet looked at."""
    try:
        dataset = load_dataset(study.data.held or study.data.source, seed=study.seed, options=study.data.options)
    except OptionNeededError as error:
        given = {"source": study.written.shown(study.data.source), **study.data.options}
        lines = [study.written.table("data", {**given, **choice}) for choice in error.choices]
        raise KleiberError(f"{error.said}. Write\n  " + "\nor\n  ".join(lines)) from error
    return dataset, schedule(study, dataset)


def tried(plan: Schedule, device: str, dataset: Dataset) -> dict[str, Any]:
    """Give what a trainer tries before a study runs, but for the data: the fields of a `Check`."""
    study = plan.study
    fields = {"net": study.net, "params": plan.example, "device": device, "training": study.training}
    return {**fields, "metric": study.metric, "metrics": tuple(study.metrics), "missing": dataset.missing}


def describe_data(dataset: Dataset) -> dict[str, Any]:
    """Give what a ledger keeps of a data set, as plain data: its name, fingerprint, counts and the shape of an example."""
    return {
        "name": dataset.name,
        "fingerprint": dataset.fingerprint,
        "task": dataset.task,
        "classes": len(dataset.classes),
        "train": len(dataset.train.y),
        "validation": len(dataset.validation.y),
        "test": len(dataset.test.y),
        "shape": list(dataset.train.x.shape[1:]),
        "chance": dict(dataset.chance),
        "notes": list(dataset.notes),
        "unit": dataset.unit,
    }


def settled_before(study: Study, dataset: Dataset, ledger: str | Path) -> dict[str, Measurement]:
    """Give what a ledger has measured of a study already; nothing where there is no such ledger or study."""
    if not Path(ledger).is_file():
        return {}
    with Ledger(ledger) as opened:
        return opened.book(study.name).done() if study.name in opened.names() else {}


def scored_before(study: Study, identity: Mapping[str, Any], ledger: str | Path) -> bool:
    """Say whether a ledger has a score of this very study, its code included."""
    if not Path(ledger).is_file():
        return False
    with Ledger(ledger) as opened:
        return opened.scored(study.name, identity)


def used_before(name: str, ledger: str | Path) -> float:
    """Give the seconds that workers had for a study by a ledger's account; 0 where it has none."""
    if not Path(ledger).is_file():
        return 0.0
    with Ledger(ledger) as opened:
        return opened.used(name) if name in opened.names() else 0.0


def settled_or_spent(study: Study, ledger: str | Path, limit: float | None) -> bool:
    """Say whether, by a ledger's own account, a study is complete or has used `limit` seconds."""
    if not Path(ledger).is_file():
        return False
    with Ledger(ledger) as opened:
        if study.name not in opened.names():
            return False
        spent = limit is not None and opened.used(study.name) >= limit
        return spent or opened.full(study.name, study.model_dump(mode="json"))


def as_begun(plan: Schedule, ledger: str | Path) -> Schedule:
    """Give the schedule with the trials' ids that a ledger knows them by, where the study was amended there."""
    name = plan.study.name
    if not Path(ledger).is_file():
        return plan
    with Ledger(ledger) as opened:
        return plan.under(opened.context(name) if name in opened.names() else None)


def trials_before(study: Study, ledger: str | Path) -> int | None:
    """Give the number of search trials at each size with which a ledger has a study; None where it has none."""
    if not Path(ledger).is_file():
        return None
    with Ledger(ledger) as opened:
        return opened.trials(study.name) if study.name in opened.names() else None


def prepared(dataset: Dataset) -> Path:
    """Give the folder from which workers map the data, in the user's cache; those unused for a month are removed."""
    place = cache_folder("prepared")
    folder = dataset.save(place / f"{version('kleiber')}-{dataset.fingerprint[:24]}")
    os.utime(folder)
    for other in place.iterdir():
        with suppress(FileNotFoundError):  # another study may be tidying up too
            if time.time() - other.stat().st_mtime > UNUSED:
                shutil.rmtree(other, ignore_errors=True)
    return folder
