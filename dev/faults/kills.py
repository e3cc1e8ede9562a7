"""Kill -9 of workers, drivers and both, at any time (R01, R02), and the same study by other workers and hashes (W06)."""

import random
import subprocess
import time
from functools import partial
from pathlib import Path

from dev.faults.harness import PATIENCE, Place, alive, contents, ended, forecast, kill, kill_all, until, workers_of


def random_kills(folder: Path, short: bool) -> str:
    """Kill a study of 200 trials 100 times, in its start too, and compare it with one that nobody has disturbed."""
    trials, kills = (40, 10) if short else (200, 100)
    whole, place = Place(folder / "whole", trials, 0.0), Place(folder / "killed", trials, 0.15)
    assert ended(whole.driver()) == 0, whole.said()
    done = _killed(place, kills, random.Random(20))
    place.check()
    losses, acks = place.losses(), place.acks()
    lost = [trial for trial, loss in acks.items() if losses.get(trial) != loss]
    assert not lost, f"{len(lost)} acknowledged results are lost"
    slowest = max(place.openings())
    assert slowest < 5.0, f"a reopening took {slowest:.1f} s"
    assert contents(place.ledger) == contents(whole.ledger), "the results are not those of an undisturbed study"
    assert forecast(place.ledger) == forecast(whole.ledger), "the forecast is not that of an undisturbed study"
    told = ", ".join(f"{count} of {who}" for who, count in done.items())
    return (
        f"{sum(done.values())} kills ({told}). Each of {trials} trials has one result. No kill of a worker ended a run. "
        f"All {len(acks)} acknowledged results are there. The slowest reopening took {slowest:.2f} s. "
        "Winners and forecast are those of an undisturbed study"
    )


def _killed(place: Place, kills: int, moments: random.Random) -> dict[str, int]:
    """Kill so often that results and kills keep step, then let the study end; a kill of a worker may end no driver."""
    done = dict.fromkeys(("a worker", "a worker that starts", "the driver", "the driver that starts", "both"), 0)
    child = None
    while (count := sum(done.values())) < kills:
        ahead = len(place.acks()) > 0.9 * place.trials * count / kills
        in_start = child is None and (ahead or moments.random() < 0.3)
        child = child or place.driver()
        seen = len(place.acks())
        if in_start:
            who = moments.choice(("a worker that starts", "the driver that starts"))
            if who == "a worker that starts":
                _until_one_starts(child)
            time.sleep(moments.uniform(0.0, 0.5))
        else:
            who = moments.choice(("a worker", "the driver", "both"))
            _until_acknowledged(place, child, seen)
            time.sleep(moments.uniform(0.01, 0.05 if ahead else 0.3))
        assert child.poll() is None, f"ended with {child.returncode} after {count} kills: {place.said()}"
        if who.startswith("a worker"):
            if not (found := workers_of(child.pid)):
                continue
            kill(moments.choice(found))
        else:
            if who == "both":
                kill_all(child)
            child.kill()
            child.wait()
            child = None
        done[who] += 1
    assert ended(child or place.driver()) == 0, place.said()
    return done


def _until_one_starts(child: subprocess.Popen[str]) -> None:
    until(lambda: workers_of(child.pid) or child.poll() is not None, "a worker starts")


def _until_acknowledged(place: Place, child: subprocess.Popen[str], seen: int) -> None:
    until(lambda: len(place.acks()) > seen or child.poll() is not None, "a result is acknowledged")


def orphans(folder: Path, short: bool) -> str:
    """Kill the driver alone, and start another one at once, while the workers of the first one may still compute."""
    place, slowest = Place(folder, 24, 0.2), 0.0
    for _ in range(1 if short else 5):
        child, seen = place.driver(), len(place.acks())
        _until_acknowledged(place, child, seen)
        left = workers_of(child.pid)
        child.kill()
        child.wait()
        new = place.driver()
        slowest = max(slowest, until(partial(_gone, left), "the orphans are gone", 10.0))
        kill_all(new)
    assert ended(place.driver()) == 0, place.said()
    place.check()
    return f"orphans are gone after at most {slowest:.1f} s, and each trial has one result"


def _gone(pids: list[int]) -> bool:
    return not any(map(alive, pids))


def any_workers_any_hash(folder: Path, short: bool) -> str:
    """Run one study with other numbers of workers and other hash seeds."""
    settings = [(1, "0"), (4, "1")] if short else [(1, "0"), (1, "1"), (2, "0"), (4, "1")]
    found = set()
    for workers, seed in settings:
        place = Place(folder / f"{workers}-{seed}", 24, 0.0)
        assert ended(place.command("--out", "out", workers=workers, env={"PYTHONHASHSEED": seed}), PATIENCE) == 0, (
            place.said()
        )
        place.check()
        found.add(contents(place.ledger))
    assert len(found) == 1, "the ledgers differ"
    return f"{len(settings)} runs with 1 to 4 workers and two hash seeds: the same plan, subsets, seeds and results"
