"""Rows that somebody leaves out: by what stands in them, counted and said, and never in silence."""

import pytest

from kleiber import analyse, importers
from kleiber.errors import KleiberError
from kleiber.importers import Row
from kleiber.importers._rules import without_runs

RUNS = {
    "n": [100, 100, 200, 200, 400, 400, 800, 800],
    "seed": [0, 1] * 4,
    "val_acc": [0.5, 0.52, 0.6, 0.1, 0.7, 0.71, 0.78, 0.79],
    "note": ["", "", "", "crashed early", "", "", "", ""],
}


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ("n=200,seed=1", 1),
        ("n = 200, seed=1.0", 1),
        ("val_acc<0.2", 1),
        ("accuracy<=0.1", 1),  # by our own name of the column too
        ("note=crashed early", 1),
        ("n>=400", 4),
        (["n=100", "val_acc<0.2"], 3),
    ],
)
def test_rows_that_are_so_do_not_count_and_it_is_said(rule, left) -> None:
    found = importers.read(RUNS, column={"accuracy": "val_acc"}, leave_out=rule)
    assert len(found.rows) == 8 - left
    said = [note for note in found.counted if "left out, as asked: " in note]
    assert [note.rpartition(": ")[2] for note in said] == [f"{one}." for one in ([rule] if isinstance(rule, str) else rule)]


def test_the_findings_record_what_was_left_out() -> None:
    table = importers.read(RUNS, column={"accuracy": "val_acc"}, leave_out=["val_acc<0.2"])
    (said,) = [one for one in analyse(table).content["warnings"] if one["code"] == "rows"]
    assert said["shown"] and said["message"].endswith("1 row was left out, as asked: val_acc<0.2.")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("n 200", "write it as n=800,seed=1"),
        ("fold=2", "there is no column 'fold'; there are n, seed, val_acc"),
        ("val_acc<low", "'low' is no number"),
        ("n=300", "there is no such row"),
        ("note<3", "there is no such row"),
        ("n>0", "leaves no row"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(rule, message) -> None:
    with pytest.raises(KleiberError, match=message):
        importers.read(RUNS, column={"accuracy": "val_acc"}, leave_out=rule)


LEDGER = [
    Row("net", metric, n, loss * n**-0.5, str(k), f"{k}.0")
    for n in (100, 200, 400)
    for k in (1, 2)
    for metric, loss in (("loss", 2.0), ("error", 1.0))
]


@pytest.mark.parametrize(
    ("rules", "left"),
    [("n=200,replicate=1", 1), ("seed=1.0", 3), ("error>=0.1", 2), (["n=100", "model=net,n=400,replicate=2"], 3)],
)
def test_a_run_of_a_ledger_is_left_out_with_all_its_metrics(rules, left) -> None:
    kept, notes = without_runs(LEDGER, rules, "k.db")
    assert len(kept) == 2 * (6 - left) and {row.metric for row in kept} == {"loss", "error"}
    assert len(notes) == (1 if isinstance(rules, str) else 2) and all("left out, as asked" in note for note in notes)


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("n=300", "k.db: leave_out='n=300': there is no such run"),
        ("lr=1", "there is no column 'lr'; there are loss, error, model, n, replicate, seed"),
        (["n>0", "seed=1"], "'seed=1': there is no such run"),
        ("n>0", "leave_out='n>0' leaves no run"),
    ],
)
def test_a_rule_of_no_run_of_a_ledger_is_an_error(rules, told) -> None:
    with pytest.raises(KleiberError, match=told):
        without_runs(LEDGER, rules, "k.db")
