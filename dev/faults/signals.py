"""Ctrl-C, SIGTERM and SIGHUP, once and twice (R14)."""

import os
import signal
import time
from pathlib import Path

from dev.faults.harness import Place, alive, ended, settled, until, workers_of

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
WITHIN = 10.0  # seconds


def interrupts(folder: Path, short: bool) -> str:
    """Send a signal while two workers are in a trial of a minute; the run ends with its code, and goes on later."""
    every = [(number, twice) for number in CODES for twice in (False, True)]
    kinds = every[:1] + every[3:4] if short else every
    slowest = max(_stopped(Place(folder / f"{number.name}-{twice}", 24, 0.1), number, twice) for number, twice in kinds)
    assert slowest < WITHIN, f"a run took {slowest:.1f} s to end"
    return (
        f"{len(kinds)} kinds of stop: the run ends within {slowest:.1f} s, with its code and without a traceback. "
        "It goes on later"
    )


def _stopped(place: Place, number: signal.Signals, twice: bool) -> float:
    """Give the seconds that a run takes to end after a signal; it goes on later to its end."""
    child = place.command("--out", "out")
    until(lambda: settled(place.ledger) > 3 or child.poll() is not None, "trials run")
    (place.folder / "seconds").write_text("60")
    until(lambda: _both_in_hand(place) or child.poll() is not None, "both workers are in long trials")
    below = workers_of(child.pid)
    for _ in range(2 if twice else 1):
        os.kill(child.pid, number)
    seconds = until(lambda: child.poll() is not None, "the run has ended")
    assert child.returncode == CODES[number], f"{number.name}: exit code {child.returncode}: {place.said()}"
    until(lambda: not any(map(alive, below)), "the workers are gone", WITHIN)
    assert not any(row["state"] == "running" for row in place.attempts()), "a trial is still called running"
    assert "Traceback" not in place.said(), place.said()
    (place.folder / "seconds").write_text("0")
    assert ended(place.command("--out", "out")) == 0, place.said()
    place.check()
    return seconds


def _both_in_hand(place: Place) -> bool:
    """Say whether two trials have been in hand for longer than a short one takes."""
    before = [row["seq"] for row in place.attempts() if row["state"] == "running"]
    time.sleep(0.5)
    return len(before) == 2 and before == [row["seq"] for row in place.attempts() if row["state"] == "running"]
