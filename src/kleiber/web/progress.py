"""What is known of a running study, grown attempt by attempt, so that an update costs what is new and no more."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from kleiber.records import FINAL, Purpose, State
from kleiber.study.holder import is_alive
from kleiber.study.overview import outline, searches_of, times_of
from kleiber.study.times import Kind, Times
from kleiber.web.filling import Cell, Filling
from kleiber.web.reading import Attempt, Entry

PAUSE = 3.0  # seconds for which a study without a trial out may still be running
RECENT = 25  # attempts that a page lists, the newest
Place = tuple[int, Purpose]


class Progress:
    """A study so far. `entry` is its row; `take` grows it by attempts, in the order of their numbers."""

    def __init__(self, entry: Entry) -> None:
        self.entry, self.described, self.data = entry, _parsed(entry.description), _parsed(entry.data)
        self.metric = str(self.described.get("metric", "loss"))
        self.settled: Counter[Kind] = Counter()
        self.counts: Counter[tuple[int, Purpose, str, str]] = Counter()
        self.times: Times = times_of(self.described)
        self.seconds = 0.0
        self.running: dict[int, Attempt] = {}
        self.recent: dict[int, Attempt] = {}
        self.troubles: dict[int, Attempt] = {}
        self.filling: defaultdict[Place, Filling] = defaultdict(Filling)
        self.rows: dict[int, tuple[object, str]] = {}  # what was last shown of each size, and of what it was made
        self.tests: dict[int, dict[tuple[int, int, int, str], float]] = {}
        self.last = self.entry.created  # when something was last written
        self.measured = 0  # results that a forecast is made of, scores of any winner

    @property
    def unit(self) -> str:
        """What the sizes count, where they do not count examples."""
        return str(self.data.get("unit") or "")

    def take(self, attempts: Iterable[Attempt]) -> None:
        """Take in attempts that are new, or have ended since."""
        for one in attempts:
            self._take(one)

    def renew(self, entry: Entry) -> bool:
        """Take in the study's own row; False where what it describes has changed, so that it has to be read anew."""
        if entry.description != self.entry.description:
            return False
        self.entry = entry
        return True

    @property
    def held(self) -> bool:
        """Whether the process that says it runs the study is alive and has trials out, or had a moment ago."""
        return is_alive(self.entry.holder) and (bool(self.running) or _just_now(self.last))

    @property
    def scores(self) -> dict[int, list[float]]:
        """The test losses of each size's present winners, without those that the study no longer asks for."""
        wanted, seeds, winners = self.described["replicates"], self.described["seeds_per_subset"], self.entry.winners
        searches = searches_of(self.described)
        return {
            n: [
                loss
                for (search, replicate, number, params), loss in found.items()
                if search < searches and replicate <= wanted and number < seeds
                if winners.get((n, search), params) == params
            ]
            for n, found in self.tests.items()
        }

    def overview(self) -> dict[str, Any]:
        """Give state, counts and times as `kleiber status` does."""
        held = self.held
        attempts = [
            {"n": n, "purpose": str(purpose), "state": stood(state, reason, held), "count": count}
            for (n, purpose, state, reason), count in self.counts.items()
            if count
        ]
        scores = {n: len(losses) for n, losses in self.scores.items()}
        seconds = self.seconds + float(self.described.get("besides", 0.0))
        found = outline(self.described, self.settled, scores, self.times, attempts, held=held)
        if not found["left"] and not self.running:
            found["state"] = "complete"
        return {**found, "name": self.entry.name, "seconds": seconds, "attempts": attempts}

    def _take(self, one: Attempt) -> None:
        if self.running.pop(one.seq, None) is not None:
            self.counts[one.n, one.purpose, str(State.RUNNING), ""] -= 1
        self.counts[one.n, one.purpose, str(one.state), one.reason] += 1
        self._list(one)
        self.last = max(self.last, one.finished or one.started)
        if one.state is State.RUNNING:
            self.running[one.seq] = one
        self.seconds += one.seconds
        loss = one.validation.get(self.metric) if one.state is State.OK else None
        self.filling[one.n, one.purpose].put((one.search, one.replicate, one.number), Cell(one.seq, one.state, loss))
        if one.state in FINAL:
            kind = (one.n, one.purpose, one.until)
            self.settled[kind] += 1
            self.times.add(kind, one.seconds)
        if one.purpose is Purpose.SCORE and one.state is State.OK:
            self.measured += 1
            if (test := one.test.get(self.metric)) is not None:
                self.tests.setdefault(one.n, {})[one.search, one.replicate, one.number, one.params] = test

    def _list(self, one: Attempt) -> None:
        """Keep the newest attempts, and the newest of those that came to grief."""
        lists = [self.recent] + ([self.troubles] if one.state in (State.FAILED, State.LOST, State.DIVERGED) else [])
        for listed in lists:
            listed[one.seq] = one
            if len(listed) > RECENT:
                del listed[min(listed)]


def stood(state: str, reason: str, held: bool) -> str:
    """Name a state; what ran when its driver stopped is interrupted, as `kleiber status` says."""
    dead = state == State.LOST or (state == State.RUNNING and not held)
    return "interrupted" if dead and reason in ("", "interrupted") else state


def key_of(progress: Progress, state: str) -> str:
    """Give what a forecast depends on: it is made anew only when this has changed.

    While a study runs, these are the scores and the winners; at its end the searches count too.
    """
    ended = None if state == "running" else (sum(progress.settled.values()), state)
    return json.dumps([progress.entry.name, progress.measured, sorted(progress.entry.winners.items()), ended])


def _just_now(at: str) -> bool:
    """Say whether a time that the ledger has is of these few seconds: a driver writes again as soon as a trial ends."""
    return (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds() < PAUSE


def _parsed(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found
