"""All that pages show of one ledger, brought up to date while somebody looks, and at rest while nobody does."""

import asyncio
import logging
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError, MachineError
from kleiber.web import reading, rungs, showing
from kleiber.web.forecaster import Forecaster
from kleiber.web.progress import Progress, key_of
from kleiber.web.view import View

PAUSE = 0.5  # seconds between two looks at the ledger
REST = 4.0  # a forecast is followed by so many times its own length without one, while the study runs
SHORTEST = 2.0  # seconds of that rest at least
LOOKED = 30.0  # seconds after which a page that nobody asked for again is let go

log = logging.getLogger("kleiber.web")


@dataclass(slots=True)
class Told:
    """What was last forecast for some studies: the sections, the findings, what they were made from, and when."""

    key: str = ""
    sections: list[tuple[str, str]] = field(default_factory=list)
    findings: dict[str, Any] | None = None
    error: str = ""
    at: float = 0.0
    rest_until: float = 0.0
    busy: bool = False


class Hub:
    """Studies of a ledger and the pages that show them; `price` is that of an hour of one worker."""

    def __init__(self, path: Path, price: float | None = None) -> None:
        self.path, self.price = path, price
        self.studies: dict[int, Progress] = {}
        self.problem = ""
        self.streams = 0  # that are open
        self.closing = asyncio.Event()
        self._forecaster = Forecaster()
        self._views: dict[tuple[int, ...], View] = {}
        self._looked: dict[tuple[int, ...], float] = {}
        self._told: dict[tuple[int, ...], Told] = {}
        self._histories: dict[int, reading.Losses] = {}
        self._growing: set[int] = set()  # attempts of which more losses may come
        self._stamp: tuple[Any, ...] = ()
        self._held: dict[int, bool] = {}
        self._overviews: dict[int, dict[str, Any]] = {}
        self._last = 0
        self._at = 0.0
        self._lock = asyncio.Lock()
        self._turn = asyncio.Lock()  # of the forecaster
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def load(self) -> None:
        """Read the ledger for the first time; raises where that does not work, but for a file that is not there yet."""
        if self.path.exists():
            self._stamp = reading.stamp(self.path)
            self._read()
            self._count()

    async def follow(self) -> None:
        """Keep the pages up to date that somebody looks at, until the server closes."""
        while not self.closing.is_set():
            if self._looked:
                await self._refresh_surely()
            try:
                await asyncio.wait_for(self.closing.wait(), PAUSE)
            except TimeoutError:
                continue

    async def _refresh_surely(self) -> None:
        """Look at the ledger; what goes wrong is said on the pages, which go on."""
        try:
            await self.refresh()
        except Exception as error:
            self.problem, self._stamp = f"The page cannot be brought up to date: {type(error).__name__}: {error}", ()
            log.exception("the live page cannot be brought up to date")

    async def release(self) -> None:
        """Let every stream end, each after it has sent what is new."""
        if not self.closing.is_set() and self._looked:
            await self._refresh_surely()
        self.closing.set()
        async with self._news:
            self._news.notify_all()

    async def close(self) -> None:
        """End the streams and the forecaster."""
        await self.release()
        self._forecaster.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def view(self, which: tuple[int, ...]) -> View | None:
        """Give the page of one study, of several compared, or of the ledger (no study); None without such a study."""
        if not set(which) <= set(self.studies):
            await self.refresh()
            if not set(which) <= set(self.studies):
                return None
        self._looked[which] = time.monotonic()
        new = which not in self._views
        if new:
            self._views[which] = View()
        if new or time.monotonic() - self._at >= PAUSE:
            await self.refresh(always=new)
        return self._views[which]

    async def next(self, which: tuple[int, ...], mark: str, patience: float) -> dict[str, Any] | None:
        """Wait until a page has something that a reader lacks, and give it; None where there is nothing for so long."""
        self._looked[which] = time.monotonic()
        view = self._views.setdefault(which, View())
        if (news := view.since(mark)) is not None:
            return news
        try:
            async with asyncio.timeout(patience):
                async with self._news:
                    await self._news.wait_for(lambda: self.closing.is_set() or view.since(mark) is not None)
        except TimeoutError:
            return None
        return view.since(mark)

    def findings(self, which: tuple[int, ...]) -> dict[str, Any] | None:
        """Give the findings that a page shows now; None where there are none yet."""
        return self._told[which].findings if which in self._told else None

    async def refresh(self, *, always: bool = False) -> None:
        """Look at the ledger once, if it may have changed, and show what is new."""
        async with self._lock:
            changed = await asyncio.to_thread(self._look)
            self._at = time.monotonic()
            for which in [which for which, at in self._looked.items() if time.monotonic() - at > LOOKED]:
                del self._looked[which], self._views[which]
            if changed or always:
                await self._show()
            for which in filter(None, self._views):
                self._foresee(which)

    def _look(self) -> bool:
        """Read what is new; say whether anything is, a process that died included."""
        before = reading.stamp(self.path)
        held = {number: progress.held for number, progress in self.studies.items()}
        if before == self._stamp and held == self._held:
            return False
        if before != self._stamp and before[0] is not None:
            try:
                self._read()
                self.problem = ""
            except (KleiberError, MachineError) as error:
                self.problem, before = str(error), ()
        self._stamp = before
        self._count()
        return True

    def _count(self) -> None:
        self._held = {number: progress.held for number, progress in self.studies.items()}
        self._overviews = {number: progress.overview() for number, progress in self.studies.items()}

    def _read(self) -> None:
        running = [seq for progress in self.studies.values() for seq in progress.running]
        found = reading.look(self.path, self._last, running)
        entries = {entry.id: entry for entry in found.studies}
        if any(number in entries and not progress.renew(entries[number]) for number, progress in self.studies.items()):
            self.studies, self._last = {}, 0  # a study was extended: all of it is counted anew
            found = reading.look(self.path, 0, [])
            entries = {entry.id: entry for entry in found.studies}
        self.studies = {number: self.studies.get(number) or Progress(entry) for number, entry in entries.items()}
        for attempt in found.attempts:
            if attempt.study in self.studies:
                self.studies[attempt.study].take([attempt])
        self._last = max([self._last, *(attempt.seq for attempt in found.attempts)])

    async def _show(self) -> None:
        new = False
        for which in list(self._views):
            new |= await asyncio.to_thread(self._show_one, which)
        if new:
            async with self._news:
                self._news.notify_all()

    def _show_one(self, which: tuple[int, ...]) -> bool:
        """Work out what a page shows; a study that was deleted leaves the page as it was."""
        if not set(which) <= set(self.studies):
            return False
        told = self._told.get(which, Told())
        progresses, overviews = [self.studies[number] for number in (which or self.studies)], self._overviews
        if len(which) == 1:
            (progress,) = progresses
            self._remember(rungs.drawn(progress), progress.running)
            shown = showing.study(progress, overviews[which[0]], told, self._histories, self.price, self.problem)
        elif which:
            shown = showing.compared(progresses, overviews, told, self.problem)
        else:
            shown = showing.ledger(self.path, progresses, overviews, self.problem)
        return self._views[which].show(*shown)

    def _remember(self, wanted: Iterable[int], running: Collection[int]) -> None:
        """Read the losses against epochs that a page draws and are not known yet, or may grow; forget those not drawn."""
        wanted = set(wanted)
        unknown = wanted - (self._histories.keys() - self._growing)
        if unknown:
            self._histories.update(reading.histories(self.path, sorted(unknown)))
            self._growing = (self._growing - unknown) | (unknown & set(running))
        if len(self._histories) > 20 * len(wanted) + 2000:
            self._histories = {seq: history for seq, history in self._histories.items() if seq in wanted}

    def _foresee(self, which: tuple[int, ...]) -> None:
        """Have a forecast made where what it depends on has changed, and the last one is not too recent."""
        told = self._told.setdefault(which, Told())
        progresses = [self.studies[number] for number in which if number in self.studies]
        states = [self._overviews[progress.entry.id]["state"] for progress in progresses]
        key = "".join(key_of(progress, state) for progress, state in zip(progresses, states, strict=True))
        running = "running" in states
        rests = running and time.monotonic() < told.rest_until
        if told.busy or key == told.key or rests or not any(progress.measured for progress in progresses):
            return
        told.busy = True
        names = [progress.entry.name for progress in progresses]
        task = asyncio.create_task(self._forecast(which, told, key, names, ended=not running))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forecast(self, which: tuple[int, ...], told: Told, key: str, names: list[str], *, ended: bool) -> None:
        try:
            async with self._turn:
                began = time.monotonic()
                answer = await asyncio.to_thread(self._forecaster.ask, self.path, names, ended)
                took = time.monotonic() - began
            told.key, told.error, told.at = key, answer.get("error", ""), time.time()
            told.rest_until = time.monotonic() + max(SHORTEST, REST * took)
            if not told.error:
                told.sections = [(name, html) for name, html in answer["sections"]]
                told.findings = answer["findings"]
        finally:
            told.busy = False
        if not self.closing.is_set():
            async with self._lock:
                await self._show()
