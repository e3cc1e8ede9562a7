"""Rows that count: of finished runs, with a loss, and those that somebody asks for."""

import pytest

from kleiber.errors import KleiberError
from kleiber.importers import read

SIZES = (100, 200, 400)


def runs(name, good, bad):
    return [{"n": n, name: state, "loss": 1 / n + (state == bad)} for n in SIZES for state in (good, bad)]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("status", "FINISHED", "FAILED"),
        ("status", "finished", "killed"),
        ("Status", "FINISHED", "RUNNING"),
        ("state", "COMPLETE", "PRUNED"),
        ("state", "TrialState.COMPLETE", "TrialState.FAIL"),
        ("State", "finished", "crashed"),
        ("attributes.status", "TERMINATED", "ERROR"),
        ("finished", True, False),
        ("completed", "yes", "no"),
    ],
)
def test_only_finished_runs_are_used_and_the_others_are_counted(name, good, bad) -> None:
    found = read(runs(name, good, bad))
    assert [row.loss for row in found.rows] == [1 / n for n in SIZES]
    (note,) = found.notes
    assert "3 unfinished runs were left out" in note and f"by {name!r}: 3 " in note
    assert not read(runs(name, good, good)).notes


def test_unfinished_runs_need_no_loss_and_a_table_of_them_alone_says_so() -> None:
    given = [{**row, "loss": row["loss"] if row["status"] == "ok" else None} for row in runs("status", "ok", "oom")]
    assert [row.loss for row in read(given).rows] == [1 / n for n in SIZES]
    with pytest.raises(KleiberError, match="no run has finished, by 'status': 3 failed, 3 running"):
        read(runs("status", "failed", "running"))


def test_rows_without_a_loss_are_left_out_and_counted(tmp_path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,step,n,train_loss,val_loss\n" + "".join(f"0,0,{n},0.5,\n0,0,{n},,{1 / n}\n" for n in SIZES))
    for columns in ({"loss": "val_loss"}, None):
        found = read(path, column=columns)
        assert [row.loss for row in found.rows] == [1 / n for n in SIZES]
        assert "metrics.csv: 3 rows without 'val_loss' were left out." in found.notes
    path.write_text("n,loss\n100,\n200,\n")
    with pytest.raises(KleiberError, match="line 2, column 'loss': there is no number"):
        read(path)
    path.write_text("n,loss\n,1.5\n200,1\n")
    with pytest.raises(KleiberError, match="line 2, column 'n'"):
        read(path)
    path.write_text("n,loss\n100,2\n200,\n400,x\n")
    with pytest.raises(KleiberError, match="line 4, column 'loss': 'x' is not a number"):
        read(path)


@pytest.mark.parametrize("none", ["n/a", "NA", "-", "--", "null", "None", " N/A ", "OOM", "failed", "Timed out"])
def test_a_cell_that_says_that_there_is_no_loss_is_as_empty_as_one_without_a_word(none) -> None:
    given = [{"n": n, "val_loss": value} for n in SIZES for value in (str(1 / n), none)]
    found = read(given)
    assert [row.loss for row in found.rows] == [1 / n for n in SIZES]
    assert "3 rows without 'val_loss' were left out" in found.notes[-1]
    given = [{"n": n, "error": value, "loss": other} for n in SIZES for value, other in (("0.5", "-"), ("n/a", "2"))]
    assert sorted(row.loss for row in read(given).rows) == [0.5] * 3 + [2.0] * 3


@pytest.mark.parametrize(
    ("row", "way"),
    [
        ({"n": "", "loss": "1"}, "column 'n': there is no number: fill it in, or leave the row out$"),
        ({"n": "mean", "loss": "1"}, "'mean' is not a number: leave the row out if it is no run"),
        ({"n": "full", "loss": "1"}, "'full' is not a number: write how many examples that is"),
        (
            {"n": "800", "loss": "0.5 \u00b1 x"},
            "is not a number: give the value alone, and what stands after its sign in .*'se'",
        ),
        ({"n": "800", "loss": "bad"}, "'bad' is not a number: leave the cell empty if the run has none"),
    ],
)
def test_a_cell_that_is_no_number_is_told_its_way_out(row, way) -> None:
    with pytest.raises(KleiberError, match=way):
        read([*({"n": str(n), "loss": str(1 / n)} for n in SIZES), row])


def test_where_takes_rows_by_value() -> None:
    given = [{"n": n, "lr": lr, "model": m, "loss": 1 / n} for n in SIZES for lr in ("0.10", "1e-3") for m in "ab"]
    found = read(given, where={"lr": 0.1, "model": "a"})
    assert len(found.rows) == 3 and {row.model for row in found.rows} == {"a"}
    assert "object 0" not in found.notes[0] and "only rows with lr = '0.1' were read" in found.notes[0]
    assert len(read(given, where={"model": ["a", "b"], "lr": "0.001"}).rows) == 6
    mapped = [{"net": row["model"], **row} for row in given]
    assert len(read(mapped, column={"model": "net"}, where={"net": "a", "lr": 0.1}).rows) == 3
    with pytest.raises(KleiberError, match="no row has what --where asks for; there are"):
        read(given, where={"model": "c"})
    with pytest.raises(KleiberError, match="where='modle': there is no such column"):
        read(given, where={"modle": "a"})


def test_options_of_a_table_are_named_and_a_ledger_takes_none(tmp_path) -> None:
    with pytest.raises(KleiberError, match="unknown option 'kep'"):
        read({"n": [1], "loss": [2]}, kep="last")
    path = tmp_path / "k.db"
    path.write_bytes(b"SQLite format 3\0")
    with pytest.raises(KleiberError, match=r"is a ledger.*leave out where"):
        read(path, where={"n": 1})
