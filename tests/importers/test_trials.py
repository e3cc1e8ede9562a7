"""What figures show of a ledger: every so many trials as they were measured, the best, and the epochs of some runs."""

import json

import numpy as np
import pytest

from kleiber.importers import _trials
from kleiber.importers.ledger import read
from kleiber.records import Measurement, Purpose, Rung, State, Trial
from kleiber.study.book import Book
from kleiber.study.store import Store

SIZES = (100, 200)
SPACE = {"lr": {"low": 1e-4, "high": 1e-1, "log": True}}


def description(sizes, trials):
    search = {"trials": trials, "space": SPACE, "sampler": "random"}
    return {
        "net": "lenet", "trainer": "torch", "sizes": list(sizes), "replicates": 2, "seeds_per_subset": 1, "search": search,
        "metric": "loss",
    }  # fmt: skip


@pytest.fixture
def ledger(tmp_path):
    """Write a ledger with one study: trials of a search whose losses a function gives, then two score runs a size."""

    def write(trials, loss_of, *, sizes=SIZES, epochs=3):
        store = Store(tmp_path / "study.db")
        data = dict.fromkeys(("name", "task", "classes", "train", "validation", "test", "notes"))
        data |= {"name": "digits", "fingerprint": "0123456789", "chance": {}}
        with store.writing():
            study = store.do(
                "INSERT INTO studies (name, hash, identity, description, data, created) VALUES (?, ?, ?, ?, ?, ?)",
                *("s", "h", "i", json.dumps(description(sizes, trials)), json.dumps(data), "2026"),
            )
        rows, attempts = [], []
        for n in sizes:
            for number in range(trials):
                loss = loss_of(n, number)
                rows.append((study, f"{n}-{number}", "search", n, 0, number, 0, json.dumps({"lr": 1e-4 * (number + 1)})))
                history = [loss or 1.0] * epochs
                attempts.append((study, f"{n}-{number}", "diverged" if loss is None else "ok", loss, history))
            rows += [(study, f"{n}-s{k}", "score", n, k, 0, 0, json.dumps({"lr": 1e-4})) for k in (1, 2)]
            attempts += [(study, f"{n}-s{k}", "ok", 0.5, [0.9, None, 0.5]) for k in (1, 2)]
        with store.writing():
            store.connection.executemany("INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, 0)", rows)
            told = [
                (study, trial, state, json.dumps({"loss": loss}), json.dumps({"loss": loss}), json.dumps(history))
                for study, trial, state, loss, history in attempts
            ]
            store.connection.executemany(
                "INSERT INTO attempts (study, trial, state, validation, test, history, started)"
                " VALUES (?, ?, ?, ?, ?, ?, '')",
                told,
            )
        store.close()
        return read(tmp_path / "study.db").study

    return write


def test_a_small_search_is_kept_whole_and_in_order(ledger):
    losses = [0.9, 0.8, None, 0.7, 0.75]
    first, second = ledger(5, lambda n, number: losses[number])["tried"]
    assert (first["n"], first["trials"], first["diverged"], first["every"], first["best"]) == (100, 5, 1, 1, 3)
    assert first["loss"] == losses and first["number"] == [0, 1, 2, 3, 4]
    assert first["params"]["lr"] == pytest.approx([1e-4, 2e-4, 3e-4, 4e-4, 5e-4])
    assert (first["fell_at"], first["fell_to"]) == ([0, 1, 3], [0.9, 0.8, 0.7])
    assert second["n"] == 200


def test_of_a_large_search_the_number_alone_decides_what_is_kept_and_the_best_is(ledger):
    losses = np.random.default_rng(0).weibull(1.5, size=2000) + 0.2
    (one, _) = ledger(2000, lambda n, number: float(losses[number]))["tried"]
    assert one["every"] == 27 and one["trials"] == 2000
    best = int(np.argmin(losses))
    assert sorted({*range(0, 2000, 27), best}) == one["number"]
    assert one["loss"] == pytest.approx([losses[number] for number in one["number"]], rel=1e-5)
    assert one["fell_to"] == pytest.approx(sorted(np.unique(np.minimum.accumulate(losses)), reverse=True), rel=1e-5)


def test_epochs_are_of_score_runs_of_each_size_and_of_the_search_at_the_largest(ledger):
    runs = ledger(4, lambda n, number: 0.5)["epochs"]
    assert [(run["purpose"], run["n"]) for run in runs] == [("score", 100)] * 2 + [("score", 200)] * 2 + [
        ("search", 200)
    ] * 4
    assert runs[0]["epoch"] == [1, 2, 3] and runs[0]["validation"] == [0.9, None, 0.5]


def test_a_long_history_keeps_its_best_and_its_last():
    history = [1 / (k + 1) if k != 77 else 0.001 for k in range(1000)]
    run = {"purpose": "score", "n": 10, "search": 0, "replicate": 1, "number": 0, "state": "ok"}
    told = _trials._run(run, history, [])
    assert len(told["epoch"]) <= _trials.EPOCHS + 2 and told["epoch"][-1] == 1000
    assert told["validation"][told["epoch"].index(78)] == 0.001 and "training" not in told
    both = _trials._run(run, history, [2 * loss for loss in history])
    assert both["training"] == pytest.approx([2 * loss for loss in both["validation"]], rel=1e-5)


def test_of_many_sizes_so_many_runs_are_kept_and_the_largest_is(ledger):
    runs = ledger(1, lambda n, number: 0.5, sizes=tuple(range(100, 4100, 100)))["epochs"]
    sizes = [run["n"] for run in runs if run["purpose"] == "score"]
    assert len(sizes) <= _trials.RUNS and max(sizes) == 4000


def test_a_trial_that_paused_and_went_on_is_one(tmp_path):
    store = Store(tmp_path / "a.db")
    with store.writing():
        data = dict.fromkeys(("name", "task", "classes", "train", "validation", "test", "notes"))
        data |= {"fingerprint": "0123456789", "chance": {}}
        study = store.do(
            "INSERT INTO studies (name, hash, identity, description, data, created) VALUES ('s', 'h', 'i', ?, ?, '')",
            *(json.dumps(description((100,), 1)), json.dumps(data)),
        )
    book = Book(store, study)
    for until, loss in ((2, 0.9), (None, 0.4)):
        trial = Trial("c", Purpose.SEARCH, Rung(100, 0, "x"), {"lr": 0.1}, 0, 0, until=until)
        history, training = ((0.95, 0.9), (None, 0.8)) if until else ((0.95, 0.9, 0.4), (None, 0.8, 0.3))
        measured = Measurement(State.OK, {"loss": loss}, history=history, training=training)
        book.finish(book.start(trial), measured)
    store.close()
    told = read(tmp_path / "a.db").study
    assert told["tried"][0]["loss"] == [0.4] and told["tried"][0]["trials"] == 1
    assert told["epochs"][0]["validation"] == [0.95, 0.9, 0.4] and told["epochs"][0]["training"] == [None, 0.8, 0.3]
