"""What the pages count attempt by attempt is what `kleiber status` counts from the whole ledger."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.web.conftest import SIZES, Written

from kleiber.command.standing import standing
from kleiber.errors import KleiberError, MachineError
from kleiber.records import Measurement, Purpose, State
from kleiber.study.ledger import Ledger
from kleiber.web import progress as counting
from kleiber.web import reading
from kleiber.web.progress import Progress, key_of

ROOT = Path(__file__).resolve().parents[2]
SAME = ("state", "trials", "per_size", "left", "seconds", "name")


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch):
    """Let this process, which wrote the ledger a moment ago, run nothing unless it has a trial out."""
    monkeypatch.setattr(counting, "PAUSE", 0.0)


def grown(path, progress=None, after=0):
    """Take in what is new; give the progress of the first study and the last number seen."""
    found = reading.look(path, after, progress.running if progress else [])
    progress = progress or Progress(found.studies[0])
    assert progress.renew(found.studies[0])
    progress.take(found.attempts)
    return progress, max([after, *(one.seq for one in found.attempts)])


def asked(path, name):
    with Ledger(path) as opened:
        return standing(opened, name)


def compare(progress, path):
    mine, theirs = progress.overview(), asked(path, progress.entry.name)
    assert {key: mine[key] for key in SAME} == {key: theirs[key] for key in SAME}
    if mine["seconds_left"]:
        assert mine["seconds_left"] == pytest.approx(theirs["seconds_left"])
    for ours, size in zip(mine["sizes"], theirs["sizes"], strict=True):
        assert ours == {key: size[key] for key in ours}
        best, scores = progress.filling[size["n"], Purpose.SEARCH].best, progress.scores.get(size["n"])
        assert (best.loss if best else None) == size["best_validation"]
        assert (sum(scores) / len(scores) if scores else None) == pytest.approx(size["test"])


def test_counts_grow_as_the_ledger_does(tmp_path):
    path = tmp_path / "k.db"
    with Written(path) as written:
        written.search(100, 0)
        progress, last = grown(path)
        out = written.start(Purpose.SEARCH, 100, 1)
        progress, last = grown(path, progress, last)
        assert list(progress.running) == [out] and progress.held and progress.overview()["state"] == "running"
        written.book.finish(out, Measurement(State.FAILED, reason="exception", message="boom"))
        written.search(100, 1, params={"lr": 0.2})
        written.search(100, 2, State.DIVERGED, params={"lr": 0.3})
        progress, last = grown(path, progress, last)
        assert not progress.running and [one.message for one in progress.troubles.values()] == ["boom", ""]
        written.size(200)
        progress, last = grown(path, progress, last)
    compare(grown(path, progress, last)[0], path)
    compare(grown(path)[0], path)


def test_a_complete_study_is_complete_at_once(tmp_path):
    with Written(tmp_path / "k.db") as written:
        written.whole()
        assert grown(tmp_path / "k.db")[0].overview()["state"] == "complete"  # its process lives on
    compare(grown(tmp_path / "k.db")[0], tmp_path / "k.db")


def test_scores_of_an_earlier_winner_do_not_count(tmp_path):
    with Written(tmp_path / "k.db") as written:
        written.size(100)
        written.book.write_winner(100, 4, written.trial(Purpose.SEARCH, 100, 1, params={"lr": 0.2}).id, [])
        written.score(100, 1, {"lr": 0.2})
    progress, _ = grown(tmp_path / "k.db")
    assert len(progress.scores[100]) == 1
    compare(progress, tmp_path / "k.db")


def test_a_process_that_was_killed_runs_nothing_any_more(tmp_path):
    code = """
import os, sys
from pathlib import Path
from kleiber.records import Purpose
from tests.web.conftest import Written
with Written(Path(sys.argv[1])) as written:
    written.search(100, 0)
    written.start(Purpose.SEARCH, 100, 1)
    os._exit(9)
"""
    path = tmp_path / "k.db"
    assert subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT).returncode == 9
    progress, _ = grown(path)
    assert progress.running and not progress.held and progress.overview()["state"] == "interrupted"
    compare(progress, path)


def test_a_forecast_waits_for_scores_and_is_made_anew_at_the_end(tmp_path):
    path = tmp_path / "k.db"
    with Written(path) as written:
        written.search(100, 0)
        progress, last = grown(path)
        first = key_of(progress, "running")
        written.search(100, 1, params={"lr": 0.2})
        progress, last = grown(path, progress, last)
        assert key_of(progress, "running") == first != key_of(progress, "interrupted")
        written.score(100, 1)
        progress, last = grown(path, progress, last)
        assert key_of(progress, "running") != first


def test_reading_leaves_the_ledger_and_its_folder_as_they_were(ledger):
    def state():
        return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in ledger.parent.iterdir()}

    with Ledger(ledger) as opened:  # as while a study runs
        opened.names()
        before = state()
        found = reading.look(ledger, 0, [])
        assert len(found.studies) == 2 and len(found.attempts) == 20 + 5
        reading.histories(ledger, [1, 2]), reading.attempts(ledger, 1)
        assert {name: kept for name, kept in state().items() if not name.endswith("-shm")} == {
            name: kept for name, kept in before.items() if not name.endswith("-shm")
        }


def test_a_writer_is_never_kept_waiting_by_a_reader(ledger):
    with Ledger(ledger) as opened, opened._store.writing():
        assert len(reading.look(ledger, 0, []).attempts) == 25  # what was acknowledged, while somebody writes


def test_what_is_no_ledger_is_refused(tmp_path):
    (tmp_path / "text.db").write_text("no database" * 100)
    with pytest.raises(MachineError, match="cannot be read now"):
        reading.look(tmp_path / "text.db", 0, [])
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE t (x)")
    other.commit()
    other.close()
    with pytest.raises(KleiberError, match="no ledger of kleiber"):
        reading.look(tmp_path / "other.db", 0, [])


@pytest.mark.parametrize(("version", "said"), [(1, "kleiber status"), (99, "newer kleiber")])
def test_a_ledger_of_another_version_is_refused_with_the_remedy(ledger, version, said):
    other = sqlite3.connect(ledger)
    other.execute(f"PRAGMA user_version = {version}")
    other.close()
    with pytest.raises(KleiberError, match=said):
        reading.look(ledger, 0, [])


def test_a_message_is_cut_by_its_bytes_in_a_list_and_whole_on_its_own(tmp_path):
    said = "nul\x00 and \N{SNOWMAN}" + "x" * 2000
    with Written(tmp_path / "k.db") as written:
        written.search(100, 0, State.FAILED, reason="exception", message=said)
    (listed,) = reading.look(tmp_path / "k.db", 0, []).attempts
    assert listed.message == said[: len(listed.message)] and len(listed.message) == reading.LONGEST - 2
    assert reading.attempts(tmp_path / "k.db", 1, 1)[0].message == said


def test_only_what_is_new_is_read(ledger):
    whole = reading.look(ledger, 0, [])
    last = max(one.seq for one in whole.attempts)
    assert reading.look(ledger, last, []).attempts == ()
    assert [one.seq for one in reading.look(ledger, last - 1, [1]).attempts] == [1, last]
    assert set(SIZES) == {one.n for one in whole.attempts}
