"""Dialects of tables: the right numbers, or an error that says where."""

import gzip
import json

import pandas as pd
import polars as pl
import pytest

from kleiber.errors import KleiberError
from kleiber.importers import is_error_rate, read

PLAIN = "n,loss\n100,1.5\n200,1.25\n"


def numbers(table):
    return [(row.n, row.loss) for row in table.rows]


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", ";").replace(".", ",").encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("100", '"100"').encode() + b"\n\n",
        b'n,loss,note\n100,1.5,"two\nlines"\n200,1.25,x\n',
    ],
)
def test_dialects(tmp_path, data) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes(data)
    assert numbers(read(path)) == [(100, 1.5), (200, 1.25)]
    (tmp_path / "runs.csv.gz").write_bytes(gzip.compress(data))
    assert numbers(read(tmp_path / "runs.csv.gz")) == [(100, 1.5), (200, 1.25)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("n,loss\n", "no rows"),
        ("100,1.5\n200,1.2\n", "line 1: 100, 1.5 are numbers"),
        ("n,loss\n100,1.5,3\n", "line 2: 3 cells and 2 columns"),
        ("n,loss\n100,abc\n", "line 2, column 'loss': 'abc' is not a number"),
        ("n,loss\n100,\n", "line 2, column 'loss'"),
        ("n,loss\n1_000,1.0\n", "line 2, column 'n': '1_000'"),
        ('n,loss\n"1,000",1.0\n', "line 2, column 'n': '1,000'"),
        ("n;loss\n1.000;0,25\n", "line 2, column 'n': '1.000' has a dot"),
        ("n,loss\n100,1e400\n", "line 2, column 'loss': '1e400' is too large"),
        ("n,loss\n-5,1.0\n", "line 2, column 'n': '-5'"),
        ("n,loss,loss\n1,2,3\n", "'loss' is there twice"),
        ("size,loss\n1,2\n", "no column 'n'"),
        ("n,value\n1,2\n", "no column 'loss', 'error' or 'accuracy'"),
        ("n,accuracy\n1,0.5\n2,61\n", "mixes values above 1"),
        ("n,accuracy\n1,50\n2,161\n", "above 100"),
        ('n,loss\n1,"2\n', "line"),
        (",,,\n,,,\n", "empty cells alone"),
        ("n,accuracy,metric\n1,0.5,error\n", "line 2, column 'metric': 'error' stands beside the column 'accuracy'"),
        ("n,loss,error,metric\n1,2,0.5,top1\n", "there are several beside it"),
    ],
)
def test_errors_say_where(tmp_path, text, message) -> None:
    path = tmp_path / "runs.csv"
    path.write_text(text)
    with pytest.raises(KleiberError, match=message.replace("(", "\\(")) as caught:
        read(path)
    assert "runs.csv" in str(caught.value) or "accuracy" in str(caught.value)


def test_latin_1_is_located(tmp_path) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes("n,loss,model\n1,2,a\n2,1,é\n".encode("latin-1"))
    with pytest.raises(KleiberError, match=r"line 3.*UTF-8"):
        read(path)


def test_model_names_stay_text(tmp_path) -> None:
    names = ["None", "NA", "null", "nan", "1e3", "TRUE", "00123", "🦙"]
    path = tmp_path / "runs.csv"
    path.write_text("n,loss,model\n" + "".join(f"1,2,{name}\n" for name in names), encoding="utf-8")
    assert [row.model for row in read(path).rows] == names


def test_accuracy_in_percent_is_read_and_said(tmp_path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("n,accuracy\n100,75\n200,87.5\n")
    found = read(path)
    assert numbers(found) == [(100, 0.25), (200, 0.125)] and found.rows[0].metric == "error"
    assert "percent" in found.notes[0]


def test_diverged_runs_are_counted(tmp_path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text(PLAIN + "400,nan\n800,inf\n")
    found = read(path)
    assert len(found.rows) == 2 and "2 runs with a loss that is not finite" in found.notes[0]


def test_two_losses_are_two_metrics_and_names_are_mapped(tmp_path) -> None:
    path = tmp_path / "runs.tsv"
    path.write_text("size\tval\terror\trun\n10\t2.0\t0.5\t3\n")
    found = read(path, columns={"n": "size", "loss": "val", "seed": "run"})
    assert [(r.metric, r.loss, r.seed) for r in found.rows] == [("loss", 2.0, "3"), ("error", 0.5, "3")]
    with pytest.raises(KleiberError, match="no column 'x'"):
        read(path, columns={"n": "x"})


def test_error_and_accuracy_of_one_run_are_one_loss() -> None:
    exact = read({"n": [1, 2], "error": [0.25, 0.5], "accuracy": [75, 50.0]})
    assert [(r.metric, r.loss) for r in exact.rows] == [("error", 0.25), ("error", 0.5)]
    assert "'error' was kept" in exact.notes[-1]
    rounded = read({"n": [1, 2], "error": [0.247, 0.503], "accuracy": [0.75, 0.5]})
    assert [r.loss for r in rounded.rows] == [0.247, 0.503]
    percent = read({"n": [1, 2], "error": [25, 50], "accuracy": [0.75, 0.5], "se": [1.0, 2.0]})
    assert [(r.loss, r.se) for r in percent.rows] == [(0.25, 0.01), (0.5, 0.02)]
    rows = [{"n": 1, "loss": v, "metric": m} for m, v in (("error", 0.25), ("accuracy", 0.75))]
    assert [(r.metric, r.loss) for r in read(rows).rows] == [("error", 0.25)]
    with pytest.raises(KleiberError, match="'error' and 'accuracy' disagree on 'model' at n = 2"):
        read({"n": [1, 2], "error": [0.25, 0.5], "accuracy": [0.75, 0.6]})


def test_a_metric_column_beside_accuracy_names_curves_of_their_own() -> None:
    found = read({"n": [1, 2, 1, 2], "accuracy": [0.25, 0.5, 0.75, 0.875], "metric": ["top1"] * 2 + ["top5"] * 2})
    assert [(r.metric, r.loss) for r in found.rows] == [
        ("top1_error", 0.75), ("top1_error", 0.5), ("top5_error", 0.25), ("top5_error", 0.125),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "rate"),
    [("error", True), ("Top-5 error", True), ("test_error_rate", True), ("mean_squared_error", False), ("mae", False)],
)
def test_what_is_an_error_rate_is_told_by_its_name(metric, rate) -> None:
    assert is_error_rate(metric) is rate


def test_what_is_no_table_is_refused_in_words(tmp_path) -> None:
    damaged = bytearray(gzip.compress((PLAIN * 50).encode()))
    damaged[12:20] = b"\xff" * 8
    path = tmp_path / "runs.csv.gz"
    path.write_bytes(bytes(damaged))
    huge = tmp_path / "runs.json"
    huge.write_text('[{"n": 1' + "0" * 399 + ', "loss": 1}]')
    for source, text in (
        (path, "cannot read"),
        (huge, "400 digits is too large"),
        ({"n": 5, "loss": 3}, "the column 'n' is 5"),
        (PLAIN, "is text and no path"),
        ("x" * 5000, "is no path"),
    ):
        with pytest.raises(KleiberError, match=text):
            read(source)


def test_json_frames_and_dicts(tmp_path) -> None:
    path = tmp_path / "runs.json"
    path.write_text(json.dumps([{"n": 100, "loss": 1.5}, {"n": 200, "loss": 1.25}]))
    columns = {"n": [100, 200], "loss": [1.5, 1.25]}
    for source in (path, columns, pd.DataFrame(columns), pl.DataFrame(columns), json.loads(path.read_text())):
        assert numbers(read(source)) == [(100, 1.5), (200, 1.25)]
    path.write_text("{")
    with pytest.raises(KleiberError, match="not JSON"):
        read(path)
    frame = pd.DataFrame({**columns, "model": ["a", float("nan")]})
    with pytest.raises(KleiberError, match="keep_default_na=False"):
        read(frame)
    with pytest.raises(KleiberError, match="cannot read runs from a int"):
        read(3)
