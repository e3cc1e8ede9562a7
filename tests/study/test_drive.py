"""A whole study by the replay trainer: quick enough to be run again and again."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path

import pytest
from dev.faults.harness import contents

import kleiber
from kleiber import importers
from kleiber.errors import KleiberError, MachineError
from kleiber.study.drive import run_study
from kleiber.study.ledger import Ledger
from kleiber.study.overview import overview
from kleiber.study.study import Study

SPACE = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
SIZES = [20, 40, 80, 160]


@pytest.fixture
def study_of(recorded):
    def make(seconds=0.0, **changes):
        training = {"table": str(recorded(SIZES)), "seconds": seconds}
        search = {"trials": 6, "space": SPACE, **changes.pop("search", {})}
        fields = {"name": "s", "data": {"source": "blank", "examples": 400}, "trainer": "replay", "sizes": SIZES}
        return Study(**{**fields, "replicates": 3, "training": training, "search": search, **changes})

    return make


def test_a_study_gives_a_ledger_that_can_be_forecast(study_of, tmp_path):
    ledger = run_study(study_of(), tmp_path / "k.db")
    forecast = kleiber.forecast(ledger, metric="loss")
    truth = 2.0 * 640**-0.3 + 0.1 + 0.01
    assert forecast.status == "ok"
    low, high = forecast.quantile(640, [0.05, 0.95])
    assert low < truth < high < 2 * low
    beside = sorted(file.name for file in tmp_path.iterdir() if file.name.startswith("k.db"))
    assert beside == ["k.db", "k.db.1.lock", "k.db.1.log"]


def test_only_score_trials_of_the_winner_enter_the_curve(study_of, tmp_path):
    run_study(study_of(), tmp_path / "k.db")
    table = importers.read(tmp_path / "k.db")
    assert len(table.rows) == len(SIZES) * 3
    assert {row.metric for row in table.rows} == {"loss"}
    best = {w["n"]: w for w in table.study["winners"]}
    assert all(0.01 < best[n]["params"]["lr"] < 1.0 for n in SIZES)
    assert table.study["search"] == {"trials_per_size": 6, "sampler": "random", "stages": [], "keep": 0.3}
    assert table.study["trials"] == {"ok": 36, "diverged": 0, "failed": 0, "lost": 0}
    assert {row.model for row in table.rows} == {"replay"}
    without = importers.read(tmp_path / "k.db", leave_out="n=40,replicate=2")
    assert len(without.rows) == len(table.rows) - 1 and without.counted == (
        "k.db: 1 run was left out, as asked: n=40,replicate=2.",
    )


def test_the_same_line_again_runs_nothing(study_of, tmp_path):
    run_study(study_of(), tmp_path / "k.db")
    before = (tmp_path / "k.db").read_bytes(), contents(tmp_path / "k.db")
    attempts = len(Ledger(tmp_path / "k.db").export("s"))
    run_study(study_of(), tmp_path / "k.db")
    assert len(Ledger(tmp_path / "k.db").export("s")) == attempts
    assert contents(tmp_path / "k.db") == before[1]


def test_one_and_two_workers_give_the_same(study_of, tmp_path):
    for workers in (1, 2):
        run_study(study_of(search={"sampler": "tpe", "generation": 3}), tmp_path / f"{workers}.db", workers=workers)
    assert contents(tmp_path / "1.db") == contents(tmp_path / "2.db")
    assert contents(tmp_path / "1.db")[1] == 36


PILOT = {"sampler": "quasi-random", "pilot": 8}


def test_with_a_pilot_one_and_two_workers_give_the_same_and_an_end_in_between_changes_nothing(study_of, tmp_path):
    for workers in (1, 2):
        run_study(study_of(search=PILOT), tmp_path / f"{workers}.db", workers=workers)
    whole = contents(tmp_path / "1.db")
    assert whole == contents(tmp_path / "2.db") and whole[1] == 8 + 36
    run_study(study_of(search=PILOT, max_n=40), tmp_path / "part.db")
    run_study(study_of(search=PILOT), tmp_path / "part.db")
    assert contents(tmp_path / "part.db") == whole


def test_a_pilot_is_counted_and_enters_neither_curve_nor_search(study_of, tmp_path):
    ledger = run_study(study_of(search=PILOT), tmp_path / "k.db")
    found = overview(ledger, "s", dict.fromkeys(SIZES, 3))
    assert (found["trials"], found["left"], found["pilot"]) == (8 + 36, 0, [8])
    assert found["sizes"][0]["search"] == {"measured": 14, "planned": 14}
    assert ledger.full("s", study_of(search=PILOT).model_dump(mode="json"))
    table = importers.read(tmp_path / "k.db")
    assert [len(one["losses"]) for one in table.study["searches"]] == [6] * 4
    assert [one["trials"] for one in table.study["tried"]] == [6] * 4
    assert table.study["search"]["pilot"] == 8 and len(table.rows) == len(SIZES) * 3


class AtOnce:
    """An executor whose work is done when it is handed out."""

    @staticmethod
    @contextmanager
    def start(workers, **limits):
        class Pool(Executor):
            def submit(self, fn, /, *args, **kwargs):
                future = Future()
                future.set_result(fn(*args, **kwargs))
                return future

        yield Pool()


@pytest.mark.parametrize("workers, first", [(2, [160, 20]), (5, [160, 160, 20, 20, 20])])
def test_half_of_the_workers_begin_at_the_largest_size(study_of, tmp_path, workers, first):
    began = []

    class Watch:
        def began(self, plan, done): ...
        def started(self, trial):
            began.append(trial.rung.n)

        def settled(self, trial, measurement, done): ...
        def ended(self, summary): ...

    executor = f"{Path(__file__)}:AtOnce"
    run_study(study_of(), tmp_path / "k.db", workers=workers, executor=executor, watch=Watch())
    assert began[:workers] == first
    assert contents(tmp_path / "k.db") == contents(run_study(study_of(), tmp_path / "one.db"))


def test_another_seed_gives_another_study(study_of, tmp_path):
    run_study(study_of(), tmp_path / "a.db")
    run_study(study_of(seed=1), tmp_path / "b.db")
    assert contents(tmp_path / "a.db")[0] != contents(tmp_path / "b.db")[0]


def test_larger_budgets_extend_and_repeat_nothing(study_of, tmp_path):
    path = tmp_path / "k.db"
    run_study(study_of(max_n=40, replicates=2), path)
    first = {row["trial"] for row in Ledger(path).export("s")}
    run_study(study_of(replicates=3, search={"trials": 9}), path, allow_test_reuse=True)
    rows = Ledger(path).export("s")
    assert len(rows) == len({row["trial"] for row in rows})
    assert first < {row["trial"] for row in rows}
    assert len(importers.read(path).rows) == len(SIZES) * 3
    assert importers.read(path).study["search"]["trials_per_size"] == 9


def test_a_later_search_that_finds_the_same_again_keeps_the_scores_that_there_were(study_of, tmp_path):
    path = tmp_path / "k.db"
    for trials in (2, 6, 9):
        run_study(study_of(search={"trials": trials, "space": {"lr": [0.1, 0.2]}}), path, allow_test_reuse=True)
        assert len(importers.read(path).rows) == len(SIZES) * 3


def test_a_smaller_ladder_reads_no_larger_sizes(study_of, tmp_path):
    path = tmp_path / "k.db"
    run_study(study_of(), path)
    run_study(study_of(max_n=80, replicates=2), path)
    assert {(row.n, row.replicate) for row in importers.read(path).rows} == {(n, r) for n in SIZES[:3] for r in "12"}
    assert [rung["n"] for rung in importers.read(path).study["rungs"]] == SIZES[:3]


def test_a_search_with_fewer_trials_is_of_the_first_and_scores_what_wins_then(study_of, tmp_path):
    path = tmp_path / "k.db"
    run_study(study_of(search={"trials": 9}), path)
    many = {(row.n, row.loss) for row in importers.read(path).rows}
    run_study(study_of(search={"trials": 2}), path, allow_test_reuse=True)
    table = importers.read(path)
    assert [len(entry["losses"]) for entry in table.study["searches"]] == [2] * len(SIZES)
    assert {(row.n, row.loss) for row in table.rows} != many
    attempts = len(Ledger(path).export("s"))
    run_study(study_of(search={"trials": 9}), path)
    assert len(Ledger(path).export("s")) == attempts and {(row.n, row.loss) for row in importers.read(path).rows} == many


def test_trials_that_paused_are_compared_at_one_epoch(tmp_path):
    space = {"lr": {"low": 1e-3, "high": 0.3, "log": True}}
    study = Study(
        data="digits",
        net="mlp",
        sizes=[60],
        replicates=1,
        search={"trials": 6, "stages": [1, 3], "keep": 0.3, "space": space},
        training={"epochs": 6},
    )
    with run_study(study, tmp_path / "k.db") as ledger:
        rows = ledger.export("study")
    (entry,) = importers.read(tmp_path / "k.db").study["searches"]
    paused = sorted((row["number"], row["validation"]["loss"]) for row in rows if row["until"] == 3)
    assert entry["until"] == 3 and entry["alike"] == [loss for _, loss in paused] and len(paused) == 2
    assert len(entry["losses"]) == 6


def test_the_ledger_that_a_run_gives_can_be_asked(study_of, tmp_path):
    ledger = run_study(study_of(), tmp_path / "k.db")
    assert ledger.names() == ["s"]
    assert ledger.status("s")["attempts"]
    ledger.close()


def test_a_tuple_in_the_space_is_the_same_study_again(study_of, tmp_path):
    for _ in range(2):
        run_study(study_of(search={"space": {"lr": (0.1, 0.2)}}), tmp_path / "k.db")


def test_a_link_to_a_ledger_is_that_ledger(study_of, tmp_path):
    run_study(study_of(), tmp_path / "k.db")
    (tmp_path / "link.db").symlink_to(tmp_path / "k.db")
    with Ledger(tmp_path / "k.db") as ledger, ledger.hold("x", {}, {}, {}), Ledger(tmp_path / "link.db") as linked:
        entering = linked.hold("x", {}, {}, {})
        with pytest.raises(MachineError, match="is being run"):
            entering.__enter__()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"trainer": "torch", "training": {}, "metric": "los", "net": "linear"},
            "metric: 'los' is not measured; there are loss",
        ),
        ({"trainer": "torch", "training": {}, "metrics": ["acuracy"], "net": "linear"}, "'acuracy' is not known"),
        (
            {"trainer": "torch", "training": {}, "params": {"batch_size": 0}, "net": "linear"},
            "batch_size: must be a whole number",
        ),
        ({"trainer": "torch", "training": {}, "params": {"momentum": "abc"}, "net": "linear"}, "could not convert"),
        ({"trainer": "torch", "training": {}, "net": "mlp", "params": {"hidden": -1}}, "net 'mlp' with"),
        ({"trainer": "none.py:train", "training": {}}, "there is no file none.py"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_runs(study_of, tmp_path, change, said):
    with pytest.raises(KleiberError, match=re.escape(said)):
        run_study(study_of(**change), tmp_path / "k.db")
    assert not (tmp_path / "k.db").exists()


def test_no_workers_is_refused(study_of, tmp_path):
    with pytest.raises(KleiberError, match="workers: 0"):
        run_study(study_of(), tmp_path / "k.db", workers=0)


def test_a_warm_start_over_many_sizes_is_no_slower_a_size(study_of):
    from kleiber.datasets import load_dataset
    from kleiber.records import Measurement, State
    from kleiber.study.schedule import ready, schedule

    sizes = [10 * 2**k for k in range(12)]
    dataset = load_dataset("blank", seed=0, options={"examples": sizes[-1]})
    study = study_of(sizes=sizes, data={"source": "blank", "examples": sizes[-1]}, search={"warm_start": True})
    plan, done = schedule(study, dataset), {}
    started = time.monotonic()
    while waiting := ready(plan, done):
        done |= {trial.id: Measurement(State.OK, {"loss": trial.params["lr"]}) for trial in waiting}
    assert len(done) == plan.total
    assert time.monotonic() - started < 20


def test_a_script_without_the_guard_is_told_what_to_do(recorded, tmp_path):
    table = recorded(SIZES)
    (tmp_path / "script.py").write_text(
        "import kleiber\n"
        f"study = kleiber.Study(data={{'source': 'blank', 'examples': 400}}, trainer='replay', sizes=[20, 40],\n"
        f"    params={{'lr': 0.1}}, training={{'table': {str(table)!r}}})\n"
        "kleiber.run_study(study, 'k.db', workers=2)\n"
    )
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert "put the call under if __name__ == '__main__':" in done.stderr
    assert "MachineError: the workers do not start" in done.stderr


def test_other_data_under_the_same_name_are_refused(study_of, tmp_path):
    run_study(study_of(), tmp_path / "k.db")
    with pytest.raises(KleiberError, match=r"the data's content \(its fingerprint\) was"):
        run_study(study_of(data={"source": "blank", "examples": 401}), tmp_path / "k.db")


def test_a_size_that_the_pool_does_not_have_is_refused_before_anything_runs(study_of, tmp_path):
    with pytest.raises(KleiberError, match="500 is more than the pool's 400"):
        run_study(study_of(sizes=[20, 500]), tmp_path / "k.db")
    assert not (tmp_path / "k.db").exists()


TOML = """
name = "s"
trainer = "replay"
sizes = [20, 40, 80, 160]
data = { source = "blank", examples = 400 }
[search]
trials = 6
sampler = "tpe"
generation = 3
[search.space]
lr = { low = 1e-3, high = 1.0, log = true }
[training]
table = "recorded.csv"
seconds = 0.05
"""


def command(folder, ledger, workers):
    line = [
        sys.executable,
        "-m",
        "kleiber",
        "run",
        "s.toml",
        "--ledger",
        ledger,
        "--workers",
        str(workers),
        "--out",
        "out",
    ]
    return subprocess.Popen(
        line, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


@pytest.mark.slow
def test_kill_9_in_the_middle_changes_nothing(recorded, tmp_path):
    recorded(SIZES)
    (tmp_path / "s.toml").write_text(TOML.replace('"recorded.csv"', f'"{tmp_path}/recorded.csv"'))
    whole = command(tmp_path, "whole.db", 2)
    assert whole.wait(120) == 0, whole.stderr.read()
    moments = random.Random(0)
    for _ in range(4):
        child = command(tmp_path, "killed.db", 2)
        deadline = time.monotonic() + 60
        while not (tmp_path / "killed.db").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(moments.uniform(0.3, 2.0))
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
    last = command(tmp_path, "killed.db", 1)
    _, said = last.communicate(timeout=120)
    assert last.returncode == 0, said
    whole.communicate()
    assert contents(tmp_path / "killed.db") == contents(tmp_path / "whole.db")
    with Ledger(tmp_path / "killed.db") as ledger:
        settled = [row["trial"] for row in ledger.export("s") if row["state"] == "ok"]
    assert len(settled) == len(set(settled)) == 36


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_study_says_so_and_goes_on(recorded, tmp_path, number, code):
    recorded(SIZES)
    slow = TOML.replace('"recorded.csv"', f'"{tmp_path}/recorded.csv"').replace("seconds = 0.05", "seconds = 0.4")
    (tmp_path / "s.toml").write_text(slow)
    child = command(tmp_path, "k.db", 2)
    while not (tmp_path / "k.db.1.log").exists() or not (tmp_path / "k.db.1.log").read_text():
        time.sleep(0.05)
        assert child.poll() is None
    os.kill(child.pid, number)
    _, said = child.communicate(timeout=30)
    assert child.returncode == code, said
    assert "the same line continues" in said
    with Ledger(tmp_path / "k.db") as ledger:
        assert any(row["state"] == "ok" for row in ledger.export("s"))


def test_a_study_with_stages_is_the_same_for_any_number_of_workers_and_leaves_no_file_behind(tmp_path):
    from kleiber.study.study import Study

    study = Study(
        data="digits",
        net="mlp",
        sizes=[60, 120],
        replicates=1,
        search={
            "trials": 6,
            "stages": [1, 3],
            "keep": 0.4,
            "space": {"lr": {"low": 1e-3, "high": 0.3, "log": True}},
        },
        training={"epochs": 6},
    )
    found = []
    for workers in (1, 2):
        ledger = run_study(study, tmp_path / f"{workers}.db", workers=workers)
        rows = [row for row in ledger.export("study") if row["state"] == "ok"]
        found.append(sorted((row["trial"], str(row["validation"]), row["epochs"], row["until"] or 0) for row in rows))
        assert not (tmp_path / f"{workers}.db.stages").exists()
        ledger.close()
    assert found[0] == found[1]
    assert [sum(row[3] == until for row in found[0]) for until in (1, 3, 0)] == [12, 6, 2 * 2 + 2]


def test_packs_hold_trials_of_one_batch_size_and_measure_what_each_would_alone(tmp_path):
    from kleiber.study.study import Study

    space = {"lr": {"low": 1e-3, "high": 0.1, "log": True}, "batch_size": [4, 32]}
    study = Study(
        data="digits", net="mlp", sizes=[96], replicates=1, search={"trials": 6, "space": space}, training={"epochs": 2}
    )
    found = []
    for pack in (1, 6):
        ledger = run_study(study, tmp_path / f"{pack}.db", pack=pack)
        rows = [row for row in ledger.export("study") if row["purpose"] == "search"]
        found.append({row["number"]: row["validation"]["loss"] for row in rows})
        assert {row["params"]["batch_size"] for row in rows} == {4, 32}
        ledger.close()
    assert found[1] == pytest.approx(found[0], rel=1e-4)


def test_what_was_kept_of_pauses_is_removed_by_a_run_that_finds_its_search_complete(tmp_path):
    from kleiber.study.study import Study
    from kleiber.trainers import checkpoint_of

    study = Study(
        data="digits",
        net="mlp",
        sizes=[60],
        replicates=1,
        search={"trials": 4, "stages": [1], "space": {"lr": {"low": 1e-3, "high": 0.3, "log": True}}},
        training={"epochs": 3},
    )
    ledger = run_study(study, tmp_path / "k.db")
    paused = next(row["trial"] for row in ledger.export("study") if row["until"] == 1)
    ledger.close()
    left = checkpoint_of(str(tmp_path / "k.db.stages"), paused)  # as a kill between winner and removal leaves it
    left.parent.mkdir()
    left.touch()
    run_study(study, tmp_path / "k.db").close()
    assert not left.parent.exists()
