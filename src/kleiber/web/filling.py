"""The trials of one size and purpose as they come in, counted so that a look costs the same however many there are."""

from collections import Counter, deque
from dataclasses import dataclass

from kleiber.records import FINAL, PILOT, State

Where = tuple[int, int, int]

LINES = 12  # attempts whose losses against epochs a size shows, the newest


@dataclass(frozen=True, slots=True)
class Cell:
    """How a trial stands: the number of its latest attempt, its state, and its loss where it has one."""

    seq: int
    state: State
    loss: float | None


class Filling:
    """`cells` by (search, replicate, number), how many are in each state, and the newest attempts that ended.

    `best` has the lowest loss, a pilot's trials aside.
    """

    def __init__(self) -> None:
        self.cells: dict[Where, Cell] = {}
        self.states: Counter[State] = Counter()
        self.best: Cell | None = None
        self.turns = 0  # how often it has changed
        self.newest: deque[int] = deque(maxlen=LINES)

    def put(self, place: Where, cell: Cell) -> None:
        """Take in the latest attempt at a trial."""
        self.turns += 1
        before = self.cells.get(place)
        self.cells[place] = cell
        self.states[cell.state] += 1
        if before is not None:
            self.states[before.state] -= 1
        if cell.state in FINAL:
            self.newest.append(cell.seq)
        if before is not None and before is self.best:  # it went on, or was tried again
            own = (one for (_, _, number), one in self.cells.items() if number < PILOT and one.loss is not None)
            self.best = min(own, key=_loss, default=None)
        elif cell.loss is not None and place[2] < PILOT and (self.best is None or cell.loss < _loss(self.best)):
            self.best = cell


def _loss(cell: Cell) -> float:
    return cell.loss if cell.loss is not None else float("inf")
