import multiprocessing
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from kleiber.errors import KleiberError, MachineError
from kleiber.records import Measurement, Purpose, Rung, State, Trial
from kleiber.study.ledger import Ledger
from kleiber.study.salvage import salvage

IDENTITY = {"data": "f00", "net": "lenet", "search": {"sampler": "random"}}


def trial(number=0, **changes):
    return Trial("c", Purpose.SEARCH, Rung(100, 0, "s"), {"lr": 0.1}, number, number, **changes)


def hold(ledger, name="a", identity=IDENTITY):
    return ledger.hold(name, identity, {"name": name}, {"name": "data"})


def fill(ledger, name="a", trials=3):
    with hold(ledger, name) as book:
        for number in range(trials):
            book.finish(book.start(trial(number)), Measurement(State.OK, {"loss": 0.5 + number}, seconds=1.0))


def test_what_was_measured_is_there_when_it_is_opened_again(tmp_path):
    path = tmp_path / "k.db"
    measurement = Measurement(
        State.OK,
        {"loss": 0.25},
        {"loss": 0.3},
        7,
        700,
        1.5,
        message="last epoch",
        history=(0.5, None),
        versions={"torch": "2"},
    )
    with Ledger(path) as ledger, hold(ledger) as book:
        book.finish(book.start(trial()), measurement)
    with Ledger(path) as ledger, hold(ledger) as book:
        assert book.done() == {trial().id: measurement}


def test_failures_are_kept_but_not_settled(tmp_path):
    with Ledger(tmp_path / "k.db") as ledger:
        with hold(ledger) as book:
            book.finish(book.start(trial()), Measurement(State.FAILED, reason="oom", message="no memory"))
            book.finish(book.start(trial(1)), Measurement(State.DIVERGED, epochs=2))
            assert set(book.done()) == {trial(1).id}
        assert [row["state"] for row in ledger.export("a")] == ["failed", "diverged"]


def test_a_second_result_of_one_trial_is_impossible(tmp_path):
    with Ledger(tmp_path / "k.db") as ledger, hold(ledger) as book:
        first, second = book.start(trial()), book.start(trial())
        book.finish(first, Measurement(State.OK, {"loss": 1.0}))
        with pytest.raises(sqlite3.IntegrityError):
            book.finish(second, Measurement(State.OK, {"loss": 2.0}))
        assert book.done()[trial().id].validation == {"loss": 1.0}


def test_what_ran_when_the_driver_died_is_lost_at_the_next_opening(tmp_path):
    with Ledger(tmp_path / "k.db") as ledger:
        with hold(ledger) as book:
            book.start(trial())
        with hold(ledger) as book:
            assert book.done() == {}
        assert [(row["state"], row["reason"]) for row in ledger.export("a")] == [("lost", "interrupted")]


def test_another_study_of_the_same_name_is_refused_with_the_difference(tmp_path):
    with Ledger(tmp_path / "k.db") as ledger:
        fill(ledger)
        other = {**IDENTITY, "net": "mlp", "search": {"sampler": "tpe"}}
        with pytest.raises(KleiberError, match=r'net was "lenet", is now "mlp"; search.sampler was "random", is now "tpe"'):
            hold(ledger, identity=other).__enter__()
        with hold(ledger, "b", other):
            pass
        assert ledger.names() == ["a", "b"]


def test_a_held_study_says_who_holds_it_and_another_one_is_free(tmp_path):
    with Ledger(tmp_path / "k.db") as ledger, hold(ledger), Ledger(tmp_path / "k.db") as second:
        with pytest.raises(MachineError, match=f"is being run by process {os.getpid()} on "):
            hold(second).__enter__()
        with pytest.raises(MachineError, match="is being run"):
            second.delete("a")
        with hold(second, "b"):
            assert second.names() == ["a", "b"]


def test_studies_are_renamed_deleted_and_found(tmp_path):
    with Ledger(tmp_path / "k.db") as ledger:
        fill(ledger, "a")
        fill(ledger, "b")
        ledger.rename("a", "c")
        with pytest.raises(KleiberError, match="there is no study 'a'; it has 'c', 'b'"):
            ledger.find("a")
        with pytest.raises(KleiberError, match="name one with --study; it has"):
            ledger.find(None)
        with pytest.raises(KleiberError, match="has a study 'b' already"):
            ledger.rename("c", "b")
        ledger.delete("c")
        assert ledger.names() == ["b"]
        assert ledger.find(None) == 2
        assert ledger.status("b")["attempts"][0]["count"] == 3


def test_names_are_data_and_never_part_of_a_path_or_statement(tmp_path):
    names = ["../../x", "a'; DROP TABLE studies; --", "\u202egnp.exe", "x" * 200, "/abs", "~", "CON"]
    with Ledger(tmp_path / "k.db") as ledger:
        for name in names:
            fill(ledger, name, trials=1)
        assert ledger.names() == names
    assert {p.name.split(".")[0] for p in tmp_path.iterdir()} == {"k"}


def test_a_backup_is_whole_and_does_not_overwrite(tmp_path):
    with Ledger(tmp_path / "k.db") as ledger:
        with hold(ledger) as book:
            book.finish(book.start(trial()), Measurement(State.OK, {"loss": 1.0}))
            ledger.backup(tmp_path / "copy.db")
        with Ledger(tmp_path / "copy.db") as copy, hold(copy) as book:
            assert len(book.done()) == 1
        with pytest.raises(KleiberError, match="exists already"):
            ledger.backup(tmp_path / "copy.db")


@pytest.mark.parametrize("content", [b"not a database, but long enough to be looked at" * 50, b""])
def test_another_file_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "k.db"
    path.write_bytes(content)
    if content:
        with pytest.raises(MachineError, match="damaged or no ledger"):
            Ledger(path)
        assert path.read_bytes() == content
    else:
        Ledger(path).close()  # an empty file is a new ledger


def test_another_programs_database_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "k.db") as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    with pytest.raises(KleiberError, match=r"no ledger of kleiber's"):
        Ledger(tmp_path / "k.db")


def test_a_newer_ledger_is_not_touched(tmp_path):
    Ledger(tmp_path / "k.db").close()
    with sqlite3.connect(tmp_path / "k.db") as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(KleiberError, match="written by a newer kleiber"):
        Ledger(tmp_path / "k.db")


def test_a_damaged_ledger_is_refused_and_salvaged(tmp_path):
    path = tmp_path / "k.db"
    with Ledger(path) as ledger:
        fill(ledger, trials=400)
        pages = path.stat().st_size // 4096
    damaged = bytearray(path.read_bytes())
    middle = (pages // 2) * 4096
    damaged[middle : middle + 4096] = os.urandom(4096)
    path.write_bytes(damaged)
    with pytest.raises(MachineError, match="kleiber salvage"):
        Ledger(path)
    assert path.read_bytes() == bytes(damaged)
    counts = salvage(path, tmp_path / "new.db")
    assert counts["studies"] == 1
    assert counts["attempts"] + counts["trials"] > 500
    with Ledger(tmp_path / "new.db") as ledger:
        assert ledger.names() == ["a"]


def test_a_salvage_of_a_sound_ledger_loses_nothing(tmp_path):
    with Ledger(tmp_path / "k.db") as ledger:
        fill(ledger, trials=50)
    assert salvage(tmp_path / "k.db", tmp_path / "new.db")["attempts"] == 50
    with pytest.raises(KleiberError, match="exists already"):
        salvage(tmp_path / "k.db", tmp_path / "new.db")


def _fill_until_full(path: str) -> None:
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    try:
        with Ledger(path) as ledger:
            fill(ledger, trials=3000)
    except MachineError as error:
        os._exit(40 if "at most 300,000 bytes here" in str(error) and path in str(error) else 41)
    os._exit(0)


def test_a_limit_on_files_stops_cleanly_and_keeps_what_was_acknowledged(tmp_path):
    path = str(tmp_path / "k.db")
    child = multiprocessing.get_context("spawn").Process(target=_fill_until_full, args=(path,))
    child.start()
    child.join(120)
    assert child.exitcode == 40
    with Ledger(path) as ledger, hold(ledger) as book:
        before = len(book.done())
        assert before > 5
        book.finish(book.start(trial(9999)), Measurement(State.OK, {"loss": 1.0}))
        assert len(book.done()) == before + 1


def test_a_driver_that_is_interrupted_writes_what_its_attempts_took(tmp_path):
    with Ledger(tmp_path / "k.db") as ledger:
        with pytest.raises(KeyboardInterrupt), hold(ledger) as book:
            book.start(trial())
            time.sleep(0.2)
            raise KeyboardInterrupt
        (row,) = ledger.export("a")
        assert (row["state"], row["reason"]) == ("lost", "interrupted")
        assert 0.15 < row["seconds"] < 5 and ledger.used("a") == row["seconds"]


def test_what_a_worker_had_besides_the_trials_adds_up(tmp_path):
    with Ledger(tmp_path / "k.db") as ledger:
        for seconds in (1.0, 0.5):
            with ledger.hold("a", IDENTITY, {"name": "a"}, {}, besides=seconds) as book:
                pass
        assert book.besides == ledger.used("a") == 1.5


def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path):
    script = tmp_path / "writer.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys
            from kleiber.study.ledger import Ledger
            from kleiber.records import Measurement, Purpose, Rung, State, Trial

            with Ledger(sys.argv[1]) as ledger, ledger.hold("a", {"x": 1}, {}, {}) as book:
                start = len(book.done())
                for number in range(start, start + 100000):
                    trial = Trial("c", Purpose.SEARCH, Rung(1, 0, "s"), {}, number, number)
                    book.finish(book.start(trial), Measurement(State.OK, {"loss": 1.0}))
                    print(number, flush=True)
            """
        )
    )
    path = tmp_path / "k.db"
    for seconds in (0.05, 0.2, 0.4):
        child = subprocess.Popen([sys.executable, str(script), str(path)], stdout=subprocess.PIPE, text=True)
        first = child.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(seconds)
        child.kill()
        acknowledged = [int(line) for line in [first, *child.stdout.read().splitlines()]]
        child.wait()
        child.stdout.close()
        with Ledger(path) as ledger, ledger.hold("a", {"x": 1}, {}, {}) as book:
            assert len(book.done()) >= acknowledged[-1] + 1


def test_a_folder_that_may_not_be_written_to_is_said(tmp_path):
    with pytest.raises(MachineError, match="is the folder there"):
        Ledger(tmp_path / "missing" / "k.db")
    with pytest.raises(KleiberError, match="there is no ledger"):
        Ledger(tmp_path / "k.db", create=False)


def test_a_copy_of_file_and_wal_while_writing_is_a_consistent_prefix(tmp_path):
    path = tmp_path / "k.db"
    with Ledger(path) as ledger, hold(ledger) as book:
        for number in range(30):
            book.finish(book.start(trial(number)), Measurement(State.OK, {"loss": 1.0}))
            if number % 5 == 4:
                copy = tmp_path / f"copy{number}.db"
                shutil.copy(path, copy)
                shutil.copy(f"{path}-wal", f"{copy}-wal")
                wal = Path(f"{copy}-wal")
                wal.write_bytes(wal.read_bytes()[: -(number * 37)])  # a torn tail
                with Ledger(copy) as torn, hold(torn) as again:
                    assert number - 3 <= len(again.done()) <= number + 1


def test_what_is_written_together_is_there_at_once_or_not_at_all(tmp_path):
    with Ledger(tmp_path / "k.db") as ledger, hold(ledger) as book:
        with book.together():
            for number in range(3):
                book.finish(book.start(trial(number)), Measurement(State.OK, {"loss": 0.5}))
            with Ledger(tmp_path / "k.db", read_only=True) as reader:
                assert reader.export("a") == []
        assert len(book.done()) == 3
        with pytest.raises(ValueError), book.together():
            book.finish(book.start(trial(3)), Measurement(State.OK, {"loss": 0.5}))
            raise ValueError
        assert len(book.done()) == 3


def test_a_result_waits_for_the_disk_and_a_hand_out_does_not(tmp_path):
    if shutil.which("strace") is None:
        pytest.skip("there is no strace")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_ledger as t; l = t.Ledger(sys.argv[2]); h = t.hold(l);"
        "b = h.__enter__(); import os; w = lambda said: os.write(2, (said + chr(10)).encode());"
        "b.start(t.trial(1)); w('BEGIN'); a = b.start(t.trial()); w('STARTED');"
        "b.finish(a, t.Measurement(t.State.OK, {'loss': 1.0})); w('DONE')"
    )
    line = ["strace", "-f", "-e", "trace=write,fsync,fdatasync", sys.executable, "-c", script, Path(__file__).parent]
    ended = subprocess.run([*line, tmp_path / "k.db"], capture_output=True, text=True, timeout=120)
    if "BEGIN" not in ended.stderr:
        pytest.skip(f"strace may not look: {ended.stderr[-200:]}")
    _, _, rest = ended.stderr.partition('"BEGIN')
    start, _, finish = rest.partition('"STARTED')
    assert "sync(" not in start
    assert "sync(" in finish.partition('"DONE')[0]  # before it is acknowledged


def _look_while_made(path: str, stop: str) -> None:
    """Read a ledger as soon as it is there; leave with 41 where it was not whole."""
    while not os.path.exists(path):  # noqa: PTH110  (as quick as can be)
        if os.path.exists(stop):  # noqa: PTH110
            os._exit(42)
    try:
        with Ledger(path, create=False, read_only=True) as ledger:
            ledger.names()
    except BaseException:
        os._exit(41)
    os._exit(0)


def test_a_new_ledger_is_whole_from_the_moment_at_which_it_can_be_seen(tmp_path):
    for number in range(5):
        path, stop = tmp_path / f"{number}.db", tmp_path / f"{number}.stop"
        child = multiprocessing.get_context("fork").Process(target=_look_while_made, args=(str(path), str(stop)))
        child.start()
        Ledger(path).close()
        child.join(60)
        stop.touch()
        assert child.exitcode == 0
    assert not list(tmp_path.glob(".*"))
