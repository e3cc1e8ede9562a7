"""What can be read of a ledger of which any one page is lost, and of one that is whole."""

import random
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing

import pytest

pytest.importorskip("optuna", reason="the extra run is not installed, so there is no study")
from kleiber.errors import MachineError
from kleiber.importers import read
from kleiber.records import Measurement, Purpose, Rung, State, Trial
from kleiber.study.leaves import leaf_rows
from kleiber.study.ledger import Ledger
from kleiber.study.salvage import salvage

TRIALS = 60
LONG = 9_000  # letters of a message that takes pages of its own


def fill(path):
    with Ledger(path) as ledger, ledger.hold("s", {"x": 1}, {}, {}) as book:
        book.write_rungs([Rung(100, 0, "s"), Rung(200, 0, "t")])
        for number in range(TRIALS):
            trial = Trial("c", Purpose.SEARCH, Rung(100, 0, "s"), {"lr": 0.1}, number, number)
            said = "x" * (LONG if number == 7 else 10)
            book.finish(book.start(trial), Measurement(State.OK, {"loss": float(number)}, message=said, seconds=2.0))


def pages(path):
    content = path.read_bytes()
    return [content[at : at + 4096] for at in range(0, len(content), 4096)]


def test_whichever_page_is_lost_the_rows_on_all_others_are_kept(tmp_path):
    path = tmp_path / "k.db"
    fill(path)
    whole, kept = pages(path), []
    with closing(sqlite3.connect(path)) as db:
        roots = {row[0]: row[1] for row in db.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'")}
    for number in range(len(whole)):
        noise = random.Random(number).randbytes(4096)
        path.write_bytes(b"".join([*whole[:number], noise, *whole[number + 1 :]]))
        counts = salvage(path, tmp_path / f"new{number}.db")
        assert counts["studies"] == 1 and (counts["rungs"] == 2 or number + 1 == roots["rungs"])
        kept.append((counts["trials"], counts["attempts"]))
        with Ledger(tmp_path / f"new{number}.db", create=False) as ledger:
            (name,) = ledger.names()
            assert name == ("salvaged 1" if number + 1 == roots["studies"] else "s")
            rows = ledger.export(name)
            assert all(row["validation"] == {"loss": float(row["number"])} and row["seconds"] == 2.0 for row in rows)
    assert len(whole) > 20 and min(map(min, kept)) >= TRIALS / 2  # a page has at most half of them
    assert kept[roots["attempts"] - 1] == kept[roots["trials"] - 1] == kept[0] == (TRIALS, TRIALS)


def test_a_study_whose_description_is_lost_says_so_and_names_what_gives_its_rows(tmp_path):
    path = tmp_path / "k.db"
    fill(path)
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'studies'").fetchone()
    whole = pages(path)
    path.write_bytes(b"".join([*whole[: root - 1], bytes(4096), *whole[root:]]))
    salvage(path, tmp_path / "new.db")
    with pytest.raises(MachineError, match=r"what study 'salvaged 1' was is lost.*kleiber export .*new\.db --study"):
        read(tmp_path / "new.db")


def test_leaves_hold_what_sqlite_gives_of_any_kind_and_length_with_the_log(tmp_path):
    path, dice = tmp_path / "any.db", random.Random(0)
    values = [
        (
            None if i % 3 else dice.randbytes(i * 7 % 9000).hex(),
            dice.choice([0, 1, -5, 300, 70_000, 2**40, -(2**60), 1.5]),
            dice.randbytes(i),
        )
        for i in range(400)
    ]
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b, c, d)")
        db.executemany("INSERT INTO t (b, c, d) VALUES (?, ?, ?)", values)
        db.execute("DELETE FROM t WHERE a BETWEEN 100 AND 300")
        db.commit()
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO t (b) VALUES ('not committed')")
        expected = {(row[0], (None, *row[1:])) for row in db.execute("SELECT * FROM t") if row[1] != "not committed"}
        with_log = {row for row in leaf_rows(path) if len(row[1]) == 4}
        db.rollback()
    assert path.stat().st_size > 4096 and with_log == expected
    assert {row for row in leaf_rows(path) if len(row[1]) == 4} == expected


def test_a_page_that_lies_about_its_rows_ends_nothing(tmp_path):
    path = tmp_path / "k.db"
    fill(path)
    whole = bytearray(path.read_bytes())
    leaves = [at for at in range(4096, len(whole), 4096) if whole[at] == 0x0D]
    for at in leaves[1:]:  # as many rows as there can't be, and all their places at random; the studies' page is whole
        whole[at + 3 : at + 5] = struct.pack(">H", 0xFFFF)
        whole[at + 8 : at + 2000] = random.Random(at).randbytes(1992)
    path.write_bytes(whole)
    assert salvage(path, tmp_path / "new.db")["attempts"] < TRIALS / 2
    path.write_bytes(bytes(len(whole)))
    with pytest.raises(MachineError, match="nothing can be read of it; is there a backup"):
        salvage(path, tmp_path / "none.db")
    assert sorted(file.name for file in tmp_path.glob("*none*")) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of files")
@pytest.mark.parametrize("limit", [20_000, 80_000])
@pytest.mark.parametrize("command", ["backup", "salvage"])
def test_a_copy_that_does_not_fit_leaves_nothing_and_names_itself(tmp_path, command, limit):
    fill(tmp_path / "k.db")
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "from kleiber.command.cli import main; sys.exit(main())\n"
    )
    line = [sys.executable, "-c", code, command, "k.db", "copy.db"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 4, done.stderr
    assert "/copy.db: " in done.stderr and f"at most {limit:,} bytes here: ulimit -f" in done.stderr, done.stderr
    assert ("no copy was made" in done.stderr) == (command == "backup") and "k.db:" not in done.stderr
    assert sorted(file.name for file in tmp_path.glob("*copy*")) == []


def test_names_in_a_file_that_somebody_made_never_become_part_of_a_statement(tmp_path):
    path = tmp_path / "k.db"
    fill(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE rungs RENAME COLUMN overlap TO \"overlap) VALUES (1, 1, 1, 'theirs', 0) --\"")
        db.commit()
    assert salvage(path, tmp_path / "new.db")["rungs"] == 0
