from pathlib import Path

import pytest

from kleiber.records import Measurement, Purpose, Rung, State, Trial
from kleiber.study.ledger import Ledger


def fill(ledger, name, trials, message=""):
    with ledger.hold(name, {"x": name}, {"name": name}, {}) as book:
        for number in range(trials):
            trial = Trial(name, Purpose.SEARCH, Rung(100, 0, "s"), {"lr": 0.1}, number, number)
            book.finish(book.start(trial), Measurement(State.OK, {"loss": 0.5}, message=message))
    return trial


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "k.db") as opened:
        yield opened


def beside(ledger, trial, size):
    for folder, name in (("weights", f"{trial.id[:16]}.safetensors"), ("stages", f"{trial.id[:32]}.pt")):
        file = Path(f"{ledger.path}.{folder}") / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x" * size)


def test_a_study_says_what_it_holds_and_not_what_others_do(ledger):
    first, second = fill(ledger, "a", 10), fill(ledger, "b", 10, message="m" * 50_000)
    beside(ledger, first, 100)
    beside(ledger, second, 70)
    Path(f"{ledger.path}.1.log").write_bytes(b"x" * 30)
    mine, other = ledger.disk("a"), ledger.disk("b")
    assert {kind: mine[kind] for kind in ("log", "weights", "paused")} == {"log": 30, "weights": 100, "paused": 100}
    assert (other["log"], other["weights"], other["paused"]) == (0, 70, 70)
    assert mine["rows"] < 20_000 and 500_000 < other["rows"] < 550_000
    assert abs(mine["rows"] + other["rows"] - ledger.path.stat().st_size) < 150_000


def test_what_nobody_needs_goes_with_a_study_and_weights_that_were_asked_for_stay(ledger):
    trial = fill(ledger, "a", 3)
    kept = fill(ledger, "b", 3)
    for each in (trial, kept):
        beside(ledger, each, 10)
    Path(f"{ledger.path}.1.log").write_text("log")
    ledger.delete("a")
    left = {file.name for folder in ("weights", "stages") for file in Path(f"{ledger.path}.{folder}").iterdir()}
    assert left == {f"{trial.id[:16]}.safetensors", f"{kept.id[:16]}.safetensors", f"{kept.id[:32]}.pt"}
    assert not Path(f"{ledger.path}.1.log").exists()
