"""Any sequence of what happens to a ledger: a dictionary says what must be in it (S05)."""

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kleiber.records import Measurement, Purpose, Rung, State, Trial
from kleiber.study.ledger import Ledger
from kleiber.study.salvage import salvage

EXAMPLES, STEPS = (200, 50) if os.environ.get("KLEIBER_FAULTS") else (10, 20)
NUMBERS = st.integers(0, 5)


def trial(number):
    return Trial("c", Purpose.SEARCH, Rung(100, 0, "s"), {"lr": 0.1}, number, number)


class Machine(RuleBasedStateMachine):
    """One study: trials are handed out, measured, fail; the driver stops, is killed, starts again; files are copied."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path, self.copies = self.folder / "k.db", 0
        self.settled, self.out = {}, {}
        self.open()

    def open(self):
        self.ledger = Ledger(self.path)
        self.held = self.ledger.hold("s", {"x": 1}, {"name": "s"}, {"name": "data"})
        self.book, self.out = self.held.__enter__(), {}

    def close(self):
        self.held.__exit__(None, None, None)
        self.ledger.close()

    @rule(number=NUMBERS)
    def hand_out(self, number):
        if number not in self.out and number not in self.settled:
            self.out[number] = self.book.start(trial(number))

    @precondition(lambda self: self.out)
    @rule(data=st.data(), loss=st.floats(0, 1e300), state=st.sampled_from([State.OK, State.DIVERGED]))
    def measure(self, data, loss, state):
        number = data.draw(st.sampled_from(sorted(self.out)))
        self.book.finish(self.out.pop(number), Measurement(state, {"loss": loss}))
        self.settled[number] = loss

    @precondition(lambda self: self.out)
    @rule(data=st.data(), message=st.text(st.characters(), max_size=20))
    def fail(self, data, message):
        number = data.draw(st.sampled_from(sorted(self.out)))
        self.book.finish(self.out.pop(number), Measurement(State.FAILED, reason="exception", message=message))

    @rule()
    def start_again(self):
        self.close()
        self.open()

    @rule()
    def die_and_start_again(self):
        """Take the files as a kill leaves them: file and log as they are, nothing closed."""
        self.copies += 1
        left = self.folder / f"killed{self.copies}.db"
        for end in ("", "-wal", ".mark"):
            if Path(f"{self.path}{end}").is_file():
                shutil.copy(f"{self.path}{end}", f"{left}{end}")
        self.close()
        self.path = left
        self.open()

    @rule()
    def back_up_and_go_on_from_there(self):
        self.copies += 1
        copy = self.folder / f"copy{self.copies}.db"
        self.ledger.backup(copy)
        self.close()
        self.path = copy
        self.open()

    @rule()
    def salvage_what_is_whole(self):
        self.copies += 1
        out = self.folder / f"salvaged{self.copies}.db"
        assert salvage(self.path, out)["attempts"] >= len(self.settled)

    @invariant()
    def what_was_measured_is_there_and_nothing_else(self):
        assert {t: m.validation["loss"] for t, m in self.book.done().items()} == {
            trial(number).id: loss for number, loss in self.settled.items()
        }

    def teardown(self):
        self.close()
        shutil.rmtree(self.folder)


TestLedger = Machine.TestCase
TestLedger.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
