"""Trials on another machine: the files that they need come with them, and those that they write go back with the results.

A trial that goes on needs the file of the one that paused; without it, it begins anew, to the same result.
"""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kleiber.records import Measurement, Purpose
from kleiber.trainers._job import Job, checkpoint_of, perform_together

KINDS = ("checkpoints", "weights", "printed")  # the fields of a job that name what it writes


@dataclass(frozen=True, slots=True)
class Away:
    """What came of trials on another machine: their measurements, and the files by kind and name."""

    measurements: list[Measurement]
    files: Mapping[str, Mapping[str, bytes]]


def luggage(jobs: Sequence[Job]) -> dict[str, bytes]:
    """Give the files of paused trials, by name, that these jobs go on from."""
    places = [
        checkpoint_of(job.checkpoints, job.trial.parent)
        for job in jobs
        if job.checkpoints and job.trial.parent and job.trial.purpose is Purpose.SEARCH
    ]
    found = {}
    for place in places:
        with suppress(FileNotFoundError):  # it costs time alone
            found[place.name] = place.read_bytes()
    return found


def perform_away(jobs: Sequence[Job], brought: Mapping[str, bytes]) -> Away:
    """Do several trials of one size as `perform_together` does, in a folder of their own that is removed in the end."""
    with tempfile.TemporaryDirectory(prefix="kleiber-", ignore_cleanup_errors=True) as scratch:
        folders = {kind: Path(scratch) / kind for kind in KINDS}
        for folder in folders.values():
            folder.mkdir()
        for name, content in brought.items():
            (folders["checkpoints"] / name).write_bytes(content)
        here: dict[str, Any] = {
            "checkpoints": str(folders["checkpoints"]),
            "weights": str(folders["weights"]),
            "printed": str(folders["printed"] / "printed"),
        }
        moved = [replace(job, **{kind: here[kind] for kind in KINDS if getattr(job, kind)}) for job in jobs]
        measurements = perform_together(moved)
        files = {
            kind: {file.name: file.read_bytes() for file in folder.iterdir() if file.name not in brought}
            for kind, folder in folders.items()
        }
        return Away(measurements, files)


def bring_home(away: Away, job: Job) -> list[Measurement]:
    """Put the files where the job would have written them, and give the measurements."""
    for kind, files in away.files.items():
        place = getattr(job, kind)
        for name, content in files.items() if place else ():
            if kind == "printed":
                with Path(place).open("ab") as log:
                    log.write(content)
                continue
            Path(place).mkdir(parents=True, exist_ok=True)
            draft = Path(place) / f".{Path(name).name}.draft"
            draft.write_bytes(content)
            draft.replace(Path(place) / Path(name).name)
    return away.measurements
