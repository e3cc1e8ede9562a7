"""What can be handed out now, size by size: it looks again only at the sizes that a result changes.

The answer is that of `kleiber.study.schedule.ready` at each moment, at a cost that does not grow with the study.
"""

from collections.abc import Collection, Iterator

from kleiber.records import Measurement, Purpose, State, Trial
from kleiber.study.schedule import Done, Schedule, pilot_settled, score_trials, trials_of


class Agenda:
    """The trials of a schedule that wait, by size in their order, given what is settled; `done` is read, not kept."""

    def __init__(self, plan: Schedule, done: Done) -> None:
        self._plan = plan
        self._waiting: dict[int, dict[str, Trial]] = {}
        self._unsettled: dict[tuple[int, int], set[str]] = {}  # of a size's search: known and not settled, out or waiting
        self._searched: set[tuple[int, int]] = set()  # sizes and searches that are complete
        self._new: list[int] = []
        self._piloting = {search for search in plan.searches if not pilot_settled(plan, done, search)}
        for n in plan.sizes:
            self._look(n, done, out=())

    def waiting(self, n: int) -> dict[str, Trial]:
        """Give the trials of a size that wait, by id in their order: all of one purpose."""
        return self._waiting[n]

    def sizes(self, without: Collection[tuple[int, Purpose]] = (), *, far: bool = False) -> Iterator[int]:
        """Give the sizes at which trials wait, the smallest first, or the largest; `without` names those to pass over."""
        for n in reversed(self._plan.sizes) if far else self._plan.sizes:
            first = next(iter(self._waiting[n].values()), None)
            if first and (n, first.purpose) not in without:
                yield n

    def hand_out(self, trials: Collection[Trial]) -> None:
        """Take trials off that somebody does now."""
        for trial in trials:
            del self._waiting[trial.rung.n][trial.id]

    def take_back(self, trial: Trial, done: Done, out: Collection[str]) -> None:
        """Put a trial back that is to be done once more, at its place; `out` are the ids of those that are out."""
        self._look(trial.rung.n, done, out)

    def settle(self, trial: Trial, measurement: Measurement, done: Done, out: Collection[str]) -> None:
        """Take in that a trial is settled, which `done` has already; failures beyond their retries are settled too."""
        n = trial.rung.n
        self._waiting[n].pop(trial.id, None)  # one of a pack of which another was put back
        if trial.purpose is Purpose.SCORE:
            return
        self._unsettled[n, trial.search].discard(trial.id)
        replaced = self._plan.study.search.stages and measurement.state is not State.OK
        if replaced or not self._unsettled[n, trial.search]:
            self._look(n, done, out)
        if trial.search in self._piloting and pilot_settled(self._plan, done, trial.search):
            self._piloting.discard(trial.search)
            for each in self._plan.sizes:
                self._look(each, done, out)

    def completed(self) -> list[int]:
        """Give the sizes whose searches are all complete since this was asked last, those complete before included."""
        new, self._new = self._new, []
        return sorted(new)

    def _look(self, n: int, done: Done, out: Collection[str]) -> None:
        """Work out the trials of a size, and of the next one where that begins with this one's winners."""
        known: list[Trial] = []
        before = len(self._searched)
        for search in self._plan.searches:
            trials, complete = trials_of(self._plan, n, done, search)
            known += trials
            self._unsettled[n, search] = {t.id for t in trials if t.id not in done}
            if complete and self._plan.space:
                self._searched.add((n, search))
        if all((n, search) in self._searched for search in self._plan.searches) or not self._plan.space:
            known += score_trials(self._plan, n, done)
            self._new += [n] if len(self._searched) > before else []
        self._waiting[n] = {t.id: t for t in known if t.id not in done and t.id not in out}
        place = self._plan.sizes.index(n) + 1
        begins = self._plan.study.search.warm_start and len(self._searched) > before
        if begins and self._plan.sizes[place:] and self._plan.sizes[place] in self._waiting:
            self._look(self._plan.sizes[place], done, out)
