"""Repeated searches: the first is as it was without the others, each other is by itself, and all are scored alike."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from dev.faults.harness import contents

from kleiber import importers
from kleiber.errors import KleiberError
from kleiber.records import Purpose
from kleiber.study.drive import run_study
from kleiber.study.export import export_subsets
from kleiber.study.ledger import Ledger
from kleiber.study.overview import overview
from kleiber.study.study import Study

SPACE = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
SIZES = [20, 40, 80]
HOW = {
    "random": {},
    "tpe": {"sampler": "tpe", "generation": 3},
    "warm": {"warm_start": True},
    "pilot": {"sampler": "quasi-random", "pilot": 5},
}


@pytest.fixture
def study_of(recorded):
    table = str(recorded(SIZES))

    def make(search=(), **changes):
        fields = {"name": "s", "data": {"source": "blank", "examples": 400}, "trainer": "replay", "sizes": SIZES}
        how = {"trials": 6, "space": SPACE, **dict(search)}
        return Study(**{**fields, "replicates": 2, "training": {"table": table}, "search": how, **changes})

    return make


def rows(path):
    with Ledger(path) as ledger:
        return ledger.export("s")


def measured(path, search):
    kept = ("trial", "purpose", "n", "replicate", "number", "seed", "params", "parent", "validation", "test")
    return sorted(([row[key] for key in kept] for row in rows(path) if row["search"] == search), key=str)


@pytest.mark.parametrize("how", HOW)
def test_the_first_search_is_that_of_a_study_with_one_and_the_next_is_another(how, study_of, tmp_path):
    run_study(study_of(HOW[how]), tmp_path / "one.db")
    run_study(study_of(HOW[how], searches=2), tmp_path / "two.db")
    first, second = (measured(tmp_path / "two.db", search) for search in (0, 1))
    assert first == measured(tmp_path / "one.db", 0) and len(first) == len(second)
    ids, seeds = ([{row[place] for row in some} for some in (first, second)] for place in (0, 5))
    assert not ids[0] & ids[1] and not seeds[0] & seeds[1]
    drawn = [{str(row[6]) for row in some if row[1] == Purpose.SEARCH} for some in (first, second)]
    assert not drawn[0] & drawn[1]


def test_both_searches_are_scored_on_the_same_subsets_and_search_on_their_own(study_of, tmp_path):
    run_study(study_of(searches=3), tmp_path / "k.db")
    used = {(row["purpose"], row["search"], row["replicate"]) for row in rows(tmp_path / "k.db")}
    assert used == {("search", k, -k) for k in range(3)} | {("score", k, r) for k in range(3) for r in (1, 2)}


@pytest.mark.parametrize("how", HOW)
def test_one_and_two_workers_give_the_same(how, study_of, tmp_path):
    for workers in (1, 2):
        run_study(study_of(HOW[how], searches=2), tmp_path / f"{workers}.db", workers=workers)
    assert contents(tmp_path / "1.db") == contents(tmp_path / "2.db")


def test_a_search_that_is_added_leaves_all_that_was_measured(study_of, tmp_path):
    run_study(study_of(), tmp_path / "k.db")
    before = rows(tmp_path / "k.db")
    run_study(study_of(searches=2), tmp_path / "k.db")
    after = rows(tmp_path / "k.db")
    assert after[: len(before)] == before and len(after) == 2 * len(before)
    run_study(study_of(searches=2), tmp_path / "whole.db")
    assert contents(tmp_path / "k.db") == contents(tmp_path / "whole.db")
    run_study(study_of(searches=2), tmp_path / "k.db")
    assert rows(tmp_path / "k.db") == after
    run_study(study_of(), tmp_path / "k.db")  # one search again: the other does not count, and is not lost
    assert rows(tmp_path / "k.db") == after
    assert len(importers.read(tmp_path / "k.db").rows) == len(SIZES) * 2


def test_an_earlier_ledger_goes_on_with_a_second_search(study_of, tmp_path):
    path = tmp_path / "k.db"
    run_study(study_of(), path)
    before = [row["trial"] for row in rows(path)]
    with closing(sqlite3.connect(path)) as old:  # as version 4 had it
        for table in ("trials", "winners"):
            old.execute(f"ALTER TABLE {table} DROP COLUMN search")
            old.execute(f"UPDATE {table} SET checksum = NULL")
        old.execute("PRAGMA user_version = 4")
        old.commit()
    run_study(study_of(searches=2), path)
    assert [row["trial"] for row in rows(path)][: len(before)] == before
    assert [row["search"] for row in rows(path)] == [0] * len(before) + [1] * len(before)


CODE = """
from kleiber.study.drive import run_study
from kleiber.study.study import Study
if __name__ == "__main__":
    search = {{"trials": 6, "space": {space}}}
    study = Study(name="s", data={{"source": "blank", "examples": 400}}, trainer="replay", sizes={sizes}, searches=2,
                  replicates=2, training={{"table": {table!r}, "seconds": {seconds}}}, search=search)
    run_study(study, "{ledger}", workers={workers})
"""


def test_a_killed_run_goes_on_to_the_same_end(recorded, tmp_path):
    def start(ledger, workers):
        code = CODE.format(
            space=SPACE, sizes=SIZES, table=str(recorded(SIZES)), seconds=0.05, ledger=ledger, workers=workers
        )
        file = tmp_path / f"{ledger}.{workers}.py"
        file.write_text(code)
        return subprocess.Popen([sys.executable, str(file)], cwd=tmp_path, start_new_session=True)

    def done(path):  # the file is there a moment before its study is
        with Ledger(path) as ledger:
            return sum(row["state"] == "ok" for name in ledger.names() for row in ledger.export(name))

    child, deadline = start("killed.db", 2), time.monotonic() + 60
    while time.monotonic() < deadline and child.poll() is None:
        if (tmp_path / "killed.db").exists() and done(tmp_path / "killed.db") > 12:
            break
        time.sleep(0.02)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert start("killed.db", 1).wait(120) == 0 and start("whole.db", 1).wait(120) == 0
    assert contents(tmp_path / "killed.db") == contents(tmp_path / "whole.db")


def test_counts_and_files_tell_the_searches(study_of, tmp_path):
    run_study(study_of(searches=2), tmp_path / "k.db")
    with Ledger(tmp_path / "k.db") as ledger:
        found = overview(ledger, "s", dict.fromkeys(SIZES, 4))
    assert found["state"] == "complete" and found["trials"] == len(SIZES) * 2 * (6 + 2) and found["left"] == 0
    files = export_subsets(study_of(searches=2), tmp_path / "subsets")
    names = {file.name for file in files}
    assert {"train-n020-replicate0.csv", "train-n020-replicate0-search1.csv", "train-n080-replicate2.csv"} <= names
    assert "for the search 2 of 2 of hyper-parameters" in (tmp_path / "subsets" / "README.txt").read_text()


def test_of_each_size_the_better_winner_is_named_and_all_are_told(study_of, tmp_path):
    run_study(study_of(searches=2), tmp_path / "k.db")
    for winner in importers.read(tmp_path / "k.db").study["winners"]:
        losses = [one["validation_loss"] for one in winner["searches"]]
        assert winner["validation_loss"] == min(losses) == losses[winner["search"]]


def test_more_searches_of_nothing_are_refused(study_of):
    with pytest.raises(KleiberError, match="nothing is searched"):
        study_of({"space": {}}, searches=2)
