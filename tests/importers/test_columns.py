"""A table read by columns is the table read row by row, at any length, and its errors know their line."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kleiber.curves.curve import curves_of
from kleiber.errors import KleiberError
from kleiber.importers import Labels, Row, Rows, Table, _delimited, _text, read
from kleiber.importers._reading import Reading

SETTINGS = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NUMBERS = ["100", "0.5", "0.25", "1.25", "2.500", "7", "1e-3", "+.5"]
ODD = [
    "nan",
    "-inf",
    "",
    " 3 ",
    "1.000",
    "1e400",
    "1e-400",
    "1.7976931348623157e308",
    "x",
    "1_0",
    "-1",
    "0",
    "25%",
    "٣",
    "0,5",
]
CELLS = {
    **{name: st.sampled_from(NUMBERS * 8 + ODD) for name in ("n", "loss", "error", "se")},
    **{name: st.sampled_from(["a", "b", "é", '"q, r"', '"two\nlines"', " a", "", "1"]) for name in ("model", "seed", "x")},
    **{name: st.sampled_from(["0", "1", "2", "a", "FAILED", ""]) for name in ("epoch", "lr", "status", "val_loss")},
    "metric": st.sampled_from(["mse", "top1", "error"]),
    "replicate": st.sampled_from(["0", "1", "", "1.0"]),
}


@st.composite
def texts(draw):
    names = ["n", *draw(st.lists(st.sampled_from(sorted(set(CELLS) - {"n"})), min_size=1, max_size=5, unique=True))]
    rows = draw(st.lists(st.tuples(*(CELLS[name] for name in names)), min_size=1, max_size=12))
    rows = rows * draw(st.sampled_from([1, 1, 1, 3]))
    end, separator = draw(st.sampled_from(["\n", "\r\n", "\r"])), draw(st.sampled_from(",,;\t"))
    return end.join(separator.join(row) for row in [names, *rows]) + draw(st.sampled_from(["", end, end + end]))


def outcome(path):
    try:
        table = read(path)
        curves = [(c.n.tolist(), c.loss.tolist(), *c.replicate, *c.seed, c.cautions) for c in curves_of(table)]
    except KleiberError as error:
        return str(error)
    return repr(table), curves


@SETTINGS
@given(text=texts(), block=st.integers(1, 60))
def test_by_columns_and_row_by_row_give_the_same_or_the_same_error(tmp_path, text, block) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes(text.encode())
    whole = outcome(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_text, "BLOCK", block)
        patch.setattr(_delimited, "SOME", 2)
        assert outcome(path) == whole
        patch.setattr(Reading, "_by_column", lambda *_: None)
        assert outcome(path) == whole


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_block_ends_nowhere_inside_a_row(tmp_path, monkeypatch, end) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes(f'n,loss,note{end}100,0.5,"a{end}b"{end}{end}200,0.25,é{end}400,0.125,"c,d"{end}'.encode())
    for block in range(1, 70):
        monkeypatch.setattr(_text, "BLOCK", block)
        assert [(row.n, row.loss) for row in read(path).rows] == [(100, 0.5), (200, 0.25), (400, 0.125)]


@pytest.mark.parametrize(
    ("rows", "cell", "message"),
    [
        (900_000, "abc", "line 900002, column 'loss': 'abc' is not a number"),
        (90_000, "0.5,1", "line 90002: 3 cells and 2 columns"),
        (90_000, '"0.5', "line 90002: unexpected end of data"),
        (90_000, "0.5\0", "line 90002: a NUL character"),
    ],
)
def test_an_error_far_down_names_its_line(tmp_path, rows, cell, message) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("n,loss\n" + "100,0.5\n" * rows + f"100,{cell}\n" + "100,0.5\n" * 100)
    with pytest.raises(KleiberError, match=message):
        read(path)


def test_a_long_table_is_held_as_numbers(tmp_path) -> None:
    path = tmp_path / "runs.csv"
    count = 50_000
    path.write_text(
        "n,loss,seed,model\n" + "".join(f"{100 + i % 7},{1 + i / count:.6f},{i % 50},lenet\n" for i in range(count))
    )
    tracemalloc.start()
    found = read(path)
    (curve,) = curves_of(found)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(curve.n) == count and held < 60 * count and peak < 200 * count + 2e6


def test_a_long_log_of_epochs_is_held_as_numbers(tmp_path) -> None:
    path = tmp_path / "runs.csv"
    count = 50_000
    with path.open("w") as file:
        file.write("n,loss,seed,epoch,lr,time_s,note\n")
        for i in range(count):
            run, epoch = divmod(i, 50)
            file.write(f"{100 * 2 ** (run % 7)},{1 + 1 / (epoch + 1):.6f},{run},{epoch},0.1,{i * 0.37:.2f},word {i}\n")
    tracemalloc.start()
    found = read(path)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.rows) == count / 50 and held < 20 * count and peak < 300 * count + 2e6


def test_twenty_thousand_columns_are_looked_through_once(tmp_path) -> None:
    path = tmp_path / "runs.csv"
    names = ",".join(f"c{i}" for i in range(20_000))
    path.write_text(f"n,loss,{names}\n" + "".join(f"{n},{1 / n},{'0,' * 19_999}0\n" for n in (10, 20, 40)))
    assert [row.n for row in read(path).rows] == [10, 20, 40]
    path.write_text(f"n,loss,{names},c19999\n")
    with pytest.raises(KleiberError, match="'c19999' is there twice"):
        read(path)


ROWS = (Row("a", "loss", 10.0, 0.5, seed="1"), Row("b", "loss", 20.0, 0.25, replicate="x", se=0.1))


def test_rows_by_columns_are_the_rows_themselves() -> None:
    rows = Rows.of(ROWS)
    assert rows == ROWS and tuple(rows) == ROWS and repr(rows) == repr(ROWS) and rows[-1] == ROWS[1]
    assert rows[1:] == ROWS[1:] and rows != ROWS[:1] and len(rows.take(np.array([1, 0, 1]))) == 3
    assert Table(rows) == Table(rows) and Rows.of(()) == () and not Rows.of(())
    with pytest.raises(IndexError):
        rows[2]


def test_labels_are_texts_and_sort_as_texts() -> None:
    texts = ("10", "9", None, "é", "a" * 50, "9", "B")
    labels = Labels.of(texts)
    assert labels == texts and tuple(labels) == texts and labels[2] is None and labels[3:] == texts[3:]
    for some in (("10", "9", "B", "9", "a"), ("10", "é", "9", "B"), ("b", "a" * 50, "a")):
        assert [some[i] for i in np.argsort(Labels.of(some).ranks(), kind="stable")] == sorted(some)
    assert Labels.same("a", 3) == ("a",) * 3 and Labels.same(None, 2) == (None, None)
