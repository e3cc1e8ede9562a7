"""Ledgers that were copied, cut off, put in another's place, damaged, or come from earlier versions."""

import gzip
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("optuna", reason="the extra run is not installed, so there is no study")
from kleiber import ledger_file
from kleiber.errors import KleiberError, MachineError
from kleiber.importers import read
from kleiber.records import Measurement, Purpose, Rung, State, Trial
from kleiber.study import store
from kleiber.study.ledger import Ledger
from kleiber.study.salvage import salvage

DATA = {
    "name": "d",
    "fingerprint": "f" * 64,
    "task": "classification",
    "classes": [],
    "shape": [1],
    "train": 9,
    "validation": 9,
    "test": 9,
    "chance": {},
    "notes": [],
}
ABOUT = {
    "net": "lenet",
    "trainer": "torch",
    "sizes": [10, 20, 40],
    "replicates": 1,
    "seeds_per_subset": 1,
    "metric": "loss",
    "search": {"trials": 0, "space": {}, "sampler": "random"},
}
SEEN = {"read_only": True}
STUDY = Path(__file__).with_name("ledgers") / "version-3.sql"
WRITTEN = Path(__file__).with_name("ledger-version-3.db.gz")  # by the code of 39a2c3b; an attempt of it runs


def score(n, replicate=1):
    return Trial("c", Purpose.SCORE, Rung(n, replicate, f"s{n}"), {}, 7, 0)


def hold(ledger):
    return ledger.hold("a", {"x": 1}, ABOUT, DATA)


def fill(path, sizes=(10, 20, 40)):
    with Ledger(path) as ledger, hold(ledger) as book:
        book.write_rungs([score(n).rung for n in sizes])
        for n in sizes:
            book.finish(book.start(score(n)), Measurement(State.OK, {"loss": 2 / n}, {"loss": 1.5 / n}, message="fine"))


def killed(path, sizes, *, before=""):
    """Fill a ledger in a process that is killed before it can close the file."""
    code = (
        f"import os, sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        "import importlib.util as u\n"
        f"spec = u.spec_from_file_location('helper', {__file__!r}); m = u.module_from_spec(spec)\n"
        "import pytest; spec.loader.exec_module(m)\n"
        "from kleiber.study import store\n"
        f"{before}\n"
        f"ledger = m.Ledger({str(path)!r})\n"
        "with m.hold(ledger) as book:\n"
        f"    for n in {sizes!r}:\n"
        "        book.finish(book.start(m.score(n)), m.Measurement(m.State.OK, {'loss': 2 / n}, {'loss': 1.5 / n}))\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code], timeout=120, check=False)
    assert path.is_file()


def settled(path):
    with Ledger(path, create=False) as ledger:
        return len(ledger.book("a").done())


def test_a_copy_of_the_file_alone_has_what_was_acknowledged_some_seconds_ago(tmp_path):
    killed(tmp_path / "k.db", [10, 20, 40], before="store.SETTLE = 0.0")
    shutil.copy(tmp_path / "k.db", tmp_path / "copy.db")
    assert settled(tmp_path / "copy.db") == settled(tmp_path / "k.db") == 3


def test_after_an_orderly_stop_the_file_alone_has_all(tmp_path):
    with Ledger(tmp_path / "k.db") as ledger:
        with pytest.raises(KeyboardInterrupt), hold(ledger) as book:
            book.finish(book.start(score(10)), Measurement(State.OK, {"loss": 0.5}, {"loss": 0.5}))
            raise KeyboardInterrupt
        shutil.copy(tmp_path / "k.db", tmp_path / "copy.db")
    assert settled(tmp_path / "copy.db") == 1


def beside(path):
    return sorted(file.name.removeprefix(path.name) for file in path.parent.iterdir())


def test_after_an_orderly_end_there_is_no_log_and_none_comes_by_reading(tmp_path):
    path = tmp_path / "k.db"
    with Ledger(path) as ledger, hold(ledger) as book:
        book.finish(book.start(score(10)), Measurement(State.OK, {"loss": 0.2}, {"loss": 0.15}))
        assert beside(path) == ["", "-shm", "-wal", ".1.lock", ".mark"]
    assert beside(path) == ["", ".1.lock"]
    with (
        pytest.raises(KleiberError, match="is not this one"),
        Ledger(path) as ledger,
        ledger.hold("a", {"x": 2}, ABOUT, DATA),
    ):
        pass
    assert len(read(path).rows) == settled(path) == 1
    with Ledger(path, read_only=True) as ledger, Ledger(path) as other:
        assert ledger.status("a")["attempts"] and other.names() == ["a"]
        ledger.backup(tmp_path / "saved.db")
    assert settled(tmp_path / "saved.db") == 1
    assert beside(path) == ["", ".1.lock", "saved.db"]


def test_a_log_stays_with_its_mark_where_somebody_else_has_the_file_open(tmp_path, monkeypatch):
    path, waited = tmp_path / "k.db", []
    monkeypatch.setattr(store.time, "sleep", waited.append)
    with Ledger(path) as other:
        fill(path)
        assert other.names() == ["a"] and waited == []  # it was opened before there was a log, and lets go
    with Ledger(path) as first, hold(first):
        with Ledger(path) as second, second.hold("b", {"x": 1}, ABOUT, DATA) as book:
            book.write_rungs([score(10).rung])
        assert len(waited) == store.LOOKS and {"-wal", ".mark"} <= set(beside(path))
    assert beside(path) == ["", ".1.lock", ".2.lock"] and settled(path) == 3


@pytest.mark.parametrize("how", ["backup", "another run"])
def test_a_log_that_belongs_to_another_file_is_refused_and_nothing_is_written(tmp_path, how):
    path, saved = tmp_path / "k.db", tmp_path / "saved.db"
    if how == "backup":
        fill(path)
        with Ledger(path) as ledger:
            ledger.backup(saved)
    else:
        fill(saved, [10, 20, 40, 80, 160])
    killed(path, [320, 640], before="store.SETTLE = 1e9")
    assert Path(f"{path}-wal").stat().st_size > 0
    shutil.copy(saved, path)
    before = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    for door in (lambda: read(path), lambda: Ledger(path), lambda: Ledger(path, read_only=True)):
        with pytest.raises(MachineError, match=r"is the log of another file.*nothing was changed"):
            door()
    assert (path.read_bytes(), Path(f"{path}-wal").read_bytes()) == before
    Path(f"{path}-wal").unlink()  # the remedy that is named
    Path(f"{path}-shm").unlink(missing_ok=True)
    assert settled(path) == settled(saved)


def test_an_empty_file_is_an_error_but_for_a_run_that_begins(tmp_path):
    path = tmp_path / "k.db"
    path.touch()
    for door in (
        lambda: read(path),
        lambda: Ledger(path, create=False),
        lambda: Ledger(path, read_only=True, create=False),
    ):
        with pytest.raises((MachineError, KleiberError), match="empty"):
            door()
    assert path.stat().st_size == 0
    fill(path)
    assert settled(path) == 3


@pytest.mark.parametrize("size", [50, 4096, 9000])
def test_a_file_that_is_cut_off_is_an_error_at_every_door(tmp_path, size):
    path = tmp_path / "k.db"
    fill(path)
    os.truncate(path, size)
    for door in (lambda: read(path), lambda: Ledger(path), lambda: Ledger(path, read_only=True)):
        with pytest.raises(MachineError, match="damaged"):
            door()
    assert path.stat().st_size == size


def change(path, old, new):
    content = path.read_bytes()
    assert content.count(old) >= 1 and len(old) == len(new)
    path.write_bytes(content.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'{"loss":0.15}', b'{"loss":0.11}'), (b'{"loss":0.15}', b'{"loss":0.15\xff'), (b'{"loss":0.15}', b'{"loss";0.15}')],
)
def test_a_row_that_is_not_as_it_was_written_is_named_and_the_others_are_salvaged(tmp_path, old, new):
    path = tmp_path / "k.db"
    fill(path)
    change(path, old, new)
    with pytest.raises(MachineError, match=r"k\.db is damaged or no ledger \(attempts 1 differ"):
        read(path)
    with Ledger(path) as ledger:
        with pytest.raises(MachineError, match="attempts 1 differ"), hold(ledger):
            pass
        with pytest.raises(MachineError, match="attempts 1 differ"):
            ledger.export("a")
    assert salvage(path, tmp_path / "new.db") == {"studies": 1, "rungs": 3, "trials": 3, "attempts": 2, "winners": 0}
    assert [row.n for row in read(tmp_path / "new.db").rows] == [20, 40]


@pytest.mark.parametrize(
    ("pragma", "said"), [("user_version = 9", "newer kleiber"), ("application_id = 7", "no ledger of kle")]
)
def test_every_door_refuses_what_is_not_ours_to_read(tmp_path, pragma, said):
    path = tmp_path / "k.db"
    fill(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA {pragma}")
        other.commit()
    for door in (lambda: read(path), lambda: Ledger(path), lambda: Ledger(path, read_only=True)):
        with pytest.raises(KleiberError, match=said):
            door()


def without_privilege():
    """Give what a line begins with so that the administrator, too, may write only where the mode of a file says so."""
    if os.name != "posix":
        pytest.skip("rights of this kind are POSIX's")
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("root may write anywhere, and setpriv is not installed")
    rights = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]


@pytest.mark.parametrize(
    ("command", "log"),
    [("list", ""), ("forecast", ""), ("export", ""), ("status", ""), ("status", "-wal"), ("status", "-wal -shm")],
)
def test_reading_commands_read_where_nothing_may_be_written(command, log):
    """log: what a driver that was killed, or a copy of its folder, left beside the ledger."""
    alone = without_privilege()
    with tempfile.TemporaryDirectory() as home:
        folder, live = Path(home) / "locked", Path(home) / "live.db"
        folder.mkdir()
        with closing(sqlite3.connect(live)) as driver:
            driver.execute("PRAGMA journal_mode = WAL")
            driver.executescript(STUDY.read_text(encoding="utf-8"))
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if log:
                driver.execute("DELETE FROM attempts WHERE seq = (SELECT max(seq) FROM attempts)")
                driver.commit()
            for end in ["", *log.split()]:
                shutil.copy(f"{live}{end}", folder / f"k.db{end}")
                (folder / f"k.db{end}").chmod(0o444)
        folder.chmod(0o555)
        try:
            tried = [*alone, sys.executable, "-c", f"open({str(folder / 'k.db')!r}, 'r+b')"]
            assert "PermissionError" in subprocess.run(tried, capture_output=True, text=True, timeout=120).stderr
            line = [*alone, sys.executable, "-m", "kleiber", command, str(folder / "k.db")]
            done = subprocess.run(line, capture_output=True, text=True, cwd="/", timeout=120)
        finally:
            folder.chmod(0o755)
        assert done.returncode == 0, done.stderr
        count = "15 of 16" if log else "16 of 16"
        assert {"list": "s\n", "status": count, "forecast": "interval", "export": "score,160"}[command] in done.stdout


def test_reading_writes_nothing(tmp_path):
    fill(tmp_path / "k.db")
    before = (tmp_path / "k.db").read_bytes()
    with Ledger(tmp_path / "k.db", create=False, read_only=True) as ledger:
        assert ledger.names() == ["a"] and len(ledger.export("a")) == 3
        with pytest.raises(MachineError, match="readonly"):
            ledger.rename("a", "b")
    assert (tmp_path / "k.db").read_bytes() == before


def older(path, version):
    """Make a ledger of this version one of an earlier version, as that wrote it."""
    with closing(sqlite3.connect(path)) as old:
        if version == 3:
            path.write_bytes(gzip.decompress(WRITTEN.read_bytes()))
            return
        old.execute("ALTER TABLE attempts DROP COLUMN training")
        for table in ("trials", "winners"):
            old.execute(f"ALTER TABLE {table} DROP COLUMN search")
        for table in ("trials", "attempts", "winners"):
            old.execute(f"ALTER TABLE {table} DROP COLUMN checksum")
        old.execute("DROP TABLE marks")
        if version == 1:
            old.execute("ALTER TABLE trials DROP COLUMN until")
        old.execute(f"PRAGMA user_version = {version}")
        old.commit()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_ledger_of_an_earlier_version_is_brought_up_and_kept_as_it_was(tmp_path, version):
    path = tmp_path / "k.db"
    fill(path)
    older(path, version)
    assert len(read(path).rows) == 3
    assert settled(path) == 3
    with closing(sqlite3.connect(tmp_path / f"k.db.version-{version}")) as kept:
        assert kept.execute("PRAGMA user_version").fetchone()[0] == version
    with Ledger(path) as ledger, hold(ledger) as book:
        book.finish(book.start(score(80)), Measurement(State.OK, {"loss": 0.1}, {"loss": 0.1}))
    assert [row.n for row in read(path).rows] == [10, 20, 40]
    assert settled(path) == 4 and store.VERSION == 5


def test_a_file_that_version_3_wrote_keeps_its_checksums_and_tells_no_training_loss(tmp_path):
    path, saved = tmp_path / "k.db", tmp_path / "new.db"
    older(path, 3)
    assert salvage(path, saved) == {"studies": 1, "rungs": 3, "trials": 5, "attempts": 5, "winners": 0}
    with Ledger(path) as ledger, Ledger(saved) as salvaged:
        rows = ledger.export("a")
        assert rows == salvaged.export("a")
        assert [row["history"] for row in rows] == [[3 / n, None, 2 / n] for n in (10, 20, 40)] + [[0.5], None]
        assert [row["training"] for row in rows] == [None] * 5
        sealed = ledger._store.rows("SELECT checksum FROM attempts")
    assert [row["checksum"] is not None for row in sealed] == [True, True, True, True, False]
    change(path, b'{"loss":0.15}', b'{"loss":0.11}')
    with pytest.raises(MachineError, match="attempts 1 differ"):
        read(path)


def test_a_row_that_version_3_wrote_and_that_was_damaged_since_is_still_named(tmp_path):
    path = tmp_path / "k.db"
    older(path, 3)
    change(path, b'{"loss":0.15}', b'{"loss":0.11}')
    with pytest.raises(MachineError, match="attempts 1 differ"):
        read(path)
    assert salvage(path, tmp_path / "new.db")["attempts"] == 4


def test_training_losses_are_kept_and_guarded_by_the_checksum(tmp_path):
    path = tmp_path / "k.db"
    with Ledger(path) as ledger, hold(ledger) as book:
        measured = Measurement(State.OK, {"loss": 0.5}, {"loss": 0.5}, history=(0.7, 0.6), training=(None, 0.625))
        book.finish(book.start(score(10)), measured)
        assert book.done()[score(10).id] == measured
    change(path, b"[null,0.625]", b"[null,0.624]")
    with pytest.raises(MachineError, match="attempts 1 differ"):
        read(path)


def test_a_file_at_rest_is_looked_at_once_and_again_when_it_was_changed(tmp_path):
    with Ledger(tmp_path / "k.db"):
        pass
    path, said = tmp_path / "k.db", []

    def looks(seconds_ago):
        at = time.time() - seconds_ago
        os.utime(path, (at, at))
        return looks_again()

    def looks_again():
        said.clear()
        with closing(sqlite3.connect(path)) as connection:
            connection.set_trace_callback(said.append)
            ledger_file.check(path, connection)
        return any("quick_check" in one for one in said)

    assert looks(3600) and not looks_again()
    assert looks(1800) and not looks_again()
    assert looks(0) and looks_again()  # written to just now: its times may not tell the next change
    assert looks(3600)
    path.write_bytes(path.read_bytes()[:8192] + bytes(4096) + path.read_bytes()[12288:])
    os.utime(path, (1, 1))
    with pytest.raises(sqlite3.DatabaseError):
        looks_again()
