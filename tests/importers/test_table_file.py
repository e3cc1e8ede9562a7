"""Dialects of tables: the right numbers, or an error that says where."""

import gzip
import json
import sys
import time
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kleiber.errors import KleiberError
from kleiber.importers import _json, _text, is_error_rate, read, table

PLAIN = "n,loss\n100,1.5\n200,1.25\n"


def numbers(table):
    return [(row.n, row.loss) for row in table.rows]


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "|").encode(),
        PLAIN.replace(",", ";").replace(".", ",").encode(),
        PLAIN.replace(",", "\t").replace(".", ",").encode(),
        ("sep=;\n" + PLAIN.replace(",", ";").replace(".", ",")).encode("utf-8-sig"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace(",", ", ").encode(),
        PLAIN.replace("n,loss", "N, Loss ").encode(),
        b"# exported on Monday\n\n" + PLAIN.encode(),
        b",n,loss,\n0,100,1.5,\n,,,\n1,200,1.25,\n",
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
        ('n,loss\n1,"2\n', "line 2: unexpected end"),
        ('n,loss,note\n1,2,"a\nb"\n\n2,x,c\n', "line 5, column 'loss': 'x' is not a number"),
        ('n,loss,note\n1,2,"a\nb\n2,1,c\n', "line 2: unexpected end of data in the row that begins there"),
        ("# n,loss\n100,1.5\n", "line 2: 100, 1.5 are numbers: the header is missing"),
        ("llama,100,1.5\n", "Is the header missing"),
        ("n,loss,Loss\n1,2,3\n", "'loss', 'Loss' are all 'loss'"),
        ("n,loss\n100,0,25\n", "line 2: 3 cells and 2 columns .* a decimal comma"),
        ('n,loss\n100,"0,25"\n', "line 2, column 'loss': '0,25' is not a number"),
        ("n,loss\n1 000,2\n", "line 2, column 'n': '1 000' is not a number: write it without thousands separators"),
        ("n,loss\n1.000.000,2\n", "line 2, column 'n': '1.000.000' is not a number: write it without thousands"),
        ("n;loss\n1.000;2\n", "line 2, column 'n': '1.000' may be a number in thousands"),
        ("n,loss\n1.000,2.345\n", "line 2, column 'n': '1.000' may be a number in thousands"),
        ("n\tloss\n1,000\t2.5\n", "line 2, column 'n': '1,000' a comma"),
        ("n\tloss\n1000\t2,500\n", "line 2, column 'loss': '2,500' may be a number in thousands"),
        ("n,loss\n\uff11\uff10,2\n", "line 2, column 'n'"),
        ("n,loss\n100,25%\n", "line 2, column 'loss': '25%' is not a number: leave the % out"),
        ("n,loss\n100,1e-400\n", "line 2, column 'loss': '1e-400' is too small"),
        ("n,loss\n0,1.0\n", "line 2, column 'n': '0' is not"),
        ("n,loss\ninf,nan\n", "line 2, column 'n': 'inf' is not"),
        ("n,loss\n1,nan\n2,inf\n", "no loss (2 runs) is finite"),
        ("n,loss,se\n1,1,0\n", "line 2, column 'se': '0' is no standard error"),
        ("n,loss,model\n1,2,a\n2,1,\n", "line 3, column 'model': the model is named in some rows"),
        ("n,loss,model\n1,2,a\0b\n", "line 2: a NUL character"),
        ("n,error,accuracy\n1,,\n", "line 2, column 'error': there is no number"),
        ("n,loss\n1," + "z" * 200_000 + "\n", "line 2: field larger"),
        (",,,\n,,,\n", "empty cells alone"),
        ("n,accuracy,metric\n1,0.5,error\n", "line 2, column 'metric': 'error' stands beside the column 'accuracy'"),
        ("n,accuracy\n1,-0.5\n", "below 0"),
        ("n,loss,error,metric\n1,2,0.5,top1\n", "there are several beside it"),
    ],
)
def test_errors_say_where(tmp_path, text, message) -> None:
    path = tmp_path / "runs.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KleiberError, match=message.replace("(", "\\(").replace(")", "\\)")) as caught:
        read(path)
    assert "runs.csv" in str(caught.value) or "accuracy" in str(caught.value)


def test_latin_1_is_located(tmp_path) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes("n,loss,model\n1,2,a\n2,1,é\n".encode("latin-1"))
    with pytest.raises(KleiberError, match=r"line 3.*UTF-8"):
        read(path)


NAMES = ["None", "NA", "null", "nan", "1e3", "TRUE", "00123", "🦙", "a\x1b[2Jb", "#1"]


def test_model_names_stay_text(tmp_path) -> None:
    columns = {"n": [1] * len(NAMES), "loss": [2.0] * len(NAMES), "model": NAMES}
    frame = pl.DataFrame(columns)
    frame.write_csv(tmp_path / "runs.csv")
    frame.write_csv(tmp_path / "runs.tsv", separator="\t")
    frame.write_parquet(tmp_path / "runs.parquet")
    frame.with_columns(pl.col("model").cast(pl.Categorical)).write_parquet(tmp_path / "category.parquet")
    (tmp_path / "runs.json").write_text(json.dumps(frame.to_dicts()))
    frame.write_ndjson(tmp_path / "runs.jsonl")
    (tmp_path / "first.csv").write_text("model,n,loss\n" + "".join(f"{name},1,2\n" for name in NAMES), encoding="utf-8")
    for source in (*sorted(tmp_path.iterdir()), columns, frame, pd.DataFrame(columns), frame.to_dicts()):
        assert [row.model for row in read(source).rows] == NAMES, source


def test_names_are_composed_and_halves_of_characters_refused() -> None:
    found = read({"n": [1, 2], "loss": [2, 1], "model": ["e\u0301", "\u00e9"], "seed": [1.0, np.int64(1)]})
    assert {(row.model, row.seed) for row in found.rows} == {("\u00e9", "1")}
    for name in ("a\0", "\ud800", b"a", ["a"]):
        with pytest.raises(KleiberError, match="object 0, column 'model'"):
            read([{"n": 1, "loss": 2, "model": name}])


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
    path.write_text(PLAIN + "400,NaN\n800,Infinity\n800,-inf\n800,1.7976931348623157e308\n")
    assert numbers(read(path)) == numbers(found) and "4 runs" in read(path).notes[0]
    both = read({"n": [1, 2], "error": [0.5, np.nan], "loss": [1.0, np.nan]})
    assert len(both.rows) == 2 and "1 run with" in both.notes[0] and "was left out" in both.notes[0]


def test_a_file_is_the_same_twice_and_what_it_was_read_as_is_said(tmp_path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("N;Error;seed\n100;0,5;a\n200;0,25;b\n")
    found = read(path)
    assert found == read(path)
    assert found.notes == (
        "runs.csv: the column 'N' was read as 'n'.",
        "runs.csv: the column 'Error' was read as 'error'.",
        "runs.csv: decimal commas were read as such.",
        "'error' was read as a fraction of 1.",
    )


def test_decimals_elsewhere_tell_what_a_mark_is(tmp_path) -> None:
    path = tmp_path / "runs.csv"
    for text in ("n,loss\n1.500,0.250\n", "n,loss\n1.500,2.5\n", "n;loss\n1,500;0,250\n", "n\tloss\n1.500\t0.25\n"):
        path.write_text(text)
        assert [row.n for row in read(path).rows] == [1.5]
    path.write_text("n;loss\n100;2,345\n")
    assert numbers(read(path)) == [(100, 2.345)]


@pytest.mark.parametrize(
    ("n", "error", "mixed"),
    [
        ([100, 200, 400, 800], [25, 20, 0.15, 12], True),
        ([100, 200, 400, 800], [0.25, 20, 15, 12], True),
        ([100, 100, 200, 200], [25, 0.24, 20, 0.19], True),
        ([100, 200, 400, 800], [5, 2.5, 1.2, 0.8], False),
        ([10, 10_000], [90, 0.5], False),
        ([100, 200], [25, 0.0], False),
    ],
)
def test_percent_beside_fractions_is_an_error_and_a_small_percentage_is_none(n, error, mixed) -> None:
    columns = {"n": n, "error": error}
    if mixed:
        with pytest.raises(KleiberError, match=r"'error' mixes values above 1 .* percent or fraction"):
            read(columns)
    else:
        assert [row.loss for row in read(columns).rows] == error
    assert [row.loss for row in read(columns, unit="percent").rows] == [e / 100 for e in error]


def test_one_model_in_percent_and_another_in_fractions_is_an_error() -> None:
    columns = {"model": list("aabb"), "n": [100, 200] * 2, "error": [25, 20, 0.25, 0.2]}
    with pytest.raises(KleiberError, match="mixes"):
        read(columns)
    assert len(read({**columns, "error": [25, 20, 4, 0.9]}).rows) == 4
    with pytest.raises(KleiberError, match="above 1"):
        read(columns, unit="fraction")
    with pytest.raises(KleiberError, match="has none"):
        read({"n": [1], "loss": [2]}, unit="percent")


def test_two_losses_are_two_metrics_and_names_are_mapped(tmp_path) -> None:
    path = tmp_path / "runs.tsv"
    path.write_text("size\tval\terror\trun\n10\t2.0\t0.5\t3\n")
    found = read(path, column={"n": "size", "loss": "val", "seed": "run"})
    assert [(r.metric, r.loss, r.seed) for r in found.rows] == [("loss", 2.0, "3"), ("error", 0.5, "3")]
    with pytest.raises(KleiberError, match="no column 'x'"):
        read(path, column={"n": "x"})


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
    frame = pl.DataFrame(columns)
    frame.write_parquet(tmp_path / "runs.parquet")
    frame.write_parquet(tmp_path / "r*ns.bin")
    frame.write_ndjson(tmp_path / "runs.jsonl")
    (tmp_path / "runs.jsonl.gz").write_bytes(gzip.compress((tmp_path / "runs.jsonl").read_bytes()))
    for source in (*sorted(tmp_path.iterdir()), columns, pd.DataFrame(columns), frame, json.loads(path.read_text())):
        assert numbers(read(source)) == [(100, 1.5), (200, 1.25)]
    frame = pd.DataFrame({**columns, "model": ["a", float("nan")]})
    with pytest.raises(KleiberError, match="keep_default_na=False"):
        read(frame)
    with pytest.raises(KleiberError, match="cannot read runs from a int"):
        read(3)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", "{", "not JSON"),
        ("a.json", "[]", "there is no run in it"),
        ("a.json", '{"n": 1, "loss": 2}\n{"n": 2, "loss": 2}', ".jsonl file"),
        ("a.json", "[" * 100_000, "nested too deep"),
        ("a.json", '[{"n": 1, "n": 2, "loss": 1}]', "'n' is twice in one object"),
        ("a.json", '[{"n": 1, "loss": 1e400}]', "object 0, column 'loss': '1e400' is too large"),
        ("a.json", '[{"n": 1, "loss": null}]', "object 0, column 'loss': there is no number"),
        ("a.json", '[{"n": 1, "loss": true}]', "object 0, column 'loss': True is not a number"),
        ("a.json", '[{"n": 1, "loss": {"value": 1}}]', "write --column loss=loss.value"),
        ("a.jsonl", '{"n": 1, "loss": 2}\n\n{"n": 2, "loss": "x"}\n', "line 3, column 'loss': 'x'"),
        ("a.jsonl", '{"n": 1, "loss": 2}\n{"n"\n', "line 2: not JSON"),
        ("a.jsonl", "[1]\n", "line 1: .* is no object"),
        ("a.parquet", "PAR1 and no more PAR1", "cannot be read as Parquet"),
        ("a.parquet", "x", "cannot be read as Parquet"),
        ("a.xlsx", "PK\x03\x04", "ZIP or Excel"),
    ],
)
def test_json_and_parquet_errors_say_where(tmp_path, name, text, message) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(KleiberError, match=message):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"n": [1], "loss": [10**5000]}, "5001 digits is too large"),
        ({"n": [1, 2], "loss": [1]}, "different lengths: n 2, loss 1"),
        ({"n": [1], "loss": [np.True_]}, "row 0, column 'loss'"),
        ({"n": [1], "loss": [pd.NaT]}, "row 0, column 'loss': NaT is not a number"),
        ({"n": [1], "loss": [2], "model": [pd.NA]}, "NaN is no name"),
        ({"n": np.array(5), "loss": [2]}, "give a sequence"),
        (pl.LazyFrame({"n": [1]}), "frame.collect()"),
        (pd.DataFrame([[1, 2, 3]], columns=["n", "loss", "loss"]), "two columns of one name"),
        ("https://example.org/runs.csv", "is an address, and none is followed"),
        ("s3://bucket/runs.parquet", "is an address, and none is followed"),
    ],
)
def test_what_is_in_a_frame_is_checked_as_well(source, message) -> None:
    with pytest.raises(KleiberError, match=message):
        read(source)


def test_parquet_without_polars_names_the_extra(tmp_path, monkeypatch) -> None:
    pl.DataFrame({"n": [1], "loss": [2]}).write_parquet(tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(KleiberError, match=r"kleiber\[import\]"):
        read(tmp_path / "a.parquet")


def test_bounds_on_rows_lines_and_unpacked_size(tmp_path, monkeypatch) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("n,loss\n" + "1,2\n" * 20)
    monkeypatch.setattr(table, "MOST_ROWS", 10)
    pl.read_csv(path).write_parquet(tmp_path / "runs.parquet")
    for source, place in ((path, "line 12"), (tmp_path / "runs.parquet", "row 11")):
        with pytest.raises(KleiberError, match=f"{place}: more than 10 rows"):
            read(source)
    monkeypatch.setattr(_text, "UNPACKED", 40)
    (tmp_path / "runs.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(KleiberError, match="unpacks to more than 40"):
        read(tmp_path / "runs.csv.gz")
    path.write_text("x" * 5_000_000)
    with pytest.raises(KleiberError, match="line 1: longer than"):
        read(path)
    (tmp_path / "runs.json").write_text("[" + " " * 100 + "]")
    monkeypatch.setattr(_json, "LIMIT", 50)
    with pytest.raises(KleiberError, match="more than 50 characters"):
        read(tmp_path / "runs.json")


def test_a_long_file_of_wide_rows_is_not_held_in_memory(tmp_path) -> None:
    path = tmp_path / "runs.csv"
    with path.open("w") as file:
        file.write("n,loss,log\n")
        for i in range(2000):
            file.write(f"{i + 1},{1 / (i + 1):.6f},{'x' * 10_000}\n")
    tracemalloc.start()
    found = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found.rows) == 2000 and peak < 5e6 < path.stat().st_size


@pytest.mark.parametrize("begin", [b"", b"n,loss\n100,0.5\n"])
def test_an_archive_of_blank_lines_is_refused_before_it_is_unpacked(begin, tmp_path):
    with gzip.open(tmp_path / "runs.csv.gz", "wb", 1) as file:
        file.write(begin)
        for _ in range(40):
            file.write(b"\n" * 2**20)
    start = time.process_time()
    with pytest.raises(KleiberError, match="more than 4,000,000 lines"):
        read(tmp_path / "runs.csv.gz")
    assert time.process_time() - start < 20
