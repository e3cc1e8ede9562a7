"""Rows that somebody leaves out: by what stands in them, counted and said, and never in silence."""

import pytest

from kleiber import analyse, importers
from kleiber.errors import KleiberError

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
