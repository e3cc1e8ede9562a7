"""Ledgers that earlier versions wrote, by their own code: read as they are, brought up, and run on (R10)."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kleiber import importers, ledger_file
from kleiber.errors import KleiberError
from kleiber.study.ledger import Ledger
from kleiber.study.salvage import salvage

WRITTEN = sorted(Path(__file__).with_name("ledgers").glob("version-*.sql"))
SCORES = [  # at 20 both draws of the search were 0.01, whose loss is higher by 0.09
    (n, round((0.2 if n == 20 else 0.11) + 2.0 * n**-0.3 + 0.002 * ((replicate * 7 + n) % 5), 9))
    for n in (20, 40, 80, 160)
    for replicate in (1, 2)
]


@pytest.fixture(params=WRITTEN, ids=lambda file: file.stem)
def ledger(request, tmp_path):
    with closing(sqlite3.connect(tmp_path / "k.db")) as db:
        db.executescript(request.param.read_text(encoding="utf-8"))
    return tmp_path / "k.db"


def version_of(path):
    with closing(sqlite3.connect(path)) as db:
        return db.execute("PRAGMA user_version").fetchone()[0]


def test_there_is_one_of_every_version_before_this():
    assert [int(file.stem.rpartition("-")[2]) for file in WRITTEN][: ledger_file.VERSION - 1] == list(
        range(1, ledger_file.VERSION)
    )


def scores(path):
    return [(row.n, round(row.loss, 9)) for row in importers.read(path).rows]


def test_it_is_read_without_a_change(ledger):
    before = ledger.read_bytes()
    assert scores(ledger) == SCORES
    with Ledger(ledger, create=False, read_only=True) as opened:
        assert opened.names() == ["s"] and len(opened.export("s")) == 16
    assert ledger.read_bytes() == before


def test_it_is_brought_up_with_a_copy_kept(ledger):
    version = version_of(ledger)
    with Ledger(ledger) as opened, opened.hold("s", *_as_it_was(opened)) as book:
        assert len(book.done()) == 16
    assert version_of(ledger) == ledger_file.VERSION
    assert scores(ledger) == SCORES
    kept = ledger.with_name(f"k.db.version-{version}")
    assert kept.exists() == (version < ledger_file.VERSION)
    if kept.exists():
        assert version_of(kept) == version and scores(kept) == SCORES


def _as_it_was(opened):
    (row,) = opened._store.rows("SELECT identity, description, data FROM studies")
    return [json.loads(row[key]) for key in ("identity", "description", "data")]


def test_it_is_salvaged(ledger, tmp_path):
    assert salvage(ledger, tmp_path / "new.db")["attempts"] == 16
    assert scores(tmp_path / "new.db") == SCORES


def test_another_study_of_its_name_is_refused(ledger):
    with (
        Ledger(ledger) as opened,
        pytest.raises(KleiberError, match="is not this one"),
        opened.hold("s", {"another": 1}, {}, {}),
    ):
        pass
