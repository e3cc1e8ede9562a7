import builtins
import gzip

import numpy as np
import pytest

from kleiber.datasets import load_dataset, table
from kleiber.errors import KleiberError

ROWS = [(i / 2, -i, f"p{i // 5}", "yes" if i % 3 else "no") for i in range(60)]


def _write(folder, name="rows.csv", delimiter=",", rows=ROWS, header=("u", "v", "who", "kind")):
    text = "\n".join(delimiter.join(map(str, row)) for row in [header, *rows]) + "\n"
    file = folder / name
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return file


@pytest.mark.parametrize(
    ("name", "delimiter"),
    [("rows.csv", ","), ("rows.csv", ";"), ("rows.tsv", "\t"), ("rows.csv.gz", ","), ("rows.tsv.gz", "\t")],
)
def test_features_target_and_group_by_column(tmp_path, name, delimiter) -> None:
    raw = table.load(_write(tmp_path, name, delimiter), group="who")
    assert raw.name == "rows"
    assert (raw.task, raw.classes) == ("classification", ("no", "yes"))
    assert raw.train.x.dtype == np.float32
    assert raw.train.x[:3].tolist() == [[0.0, 0.0], [0.5, -1.0], [1.0, -2.0]]
    assert raw.train.y[:4].tolist() == [0, 1, 1, 0]
    assert raw.groups[:6].tolist() == ["p0"] * 5 + ["p1"]


def test_groups_of_a_column_stay_on_one_side(tmp_path) -> None:
    data = load_dataset(str(_write(tmp_path)), seed=0, options={"group": "who"})
    sides = [{int(u * 2) // 5 for u in part.x[:, 0]} for part in (data.train, data.validation, data.test)]
    assert sum(map(len, sides)) == 12


def test_target_drop_and_task(tmp_path) -> None:
    file = _write(tmp_path)
    raw = table.load(file, target="u", drop=["who", "kind"])
    assert (raw.task, raw.train.x.shape) == ("regression", (60, 1))
    assert raw.train.y[1] == 0.5
    with pytest.raises(KleiberError, match=r"column v: whole numbers.*task = 'classification' or task = 'regression'"):
        table.load(file, target="v", drop=["who", "kind"])
    assert table.load(file, target="v", drop=["who", "kind"], task="regression").train.y[2] == -2
    assert table.load(file, target="v", drop=["who", "kind"], task="classification").classes[0] == "-59"
    assert table.load(file, drop="who").train.x.shape == (60, 2)


def test_numbers_are_one_class_however_they_are_written(tmp_path) -> None:
    file = _write(tmp_path, rows=[(1, 1), (2, "1.0"), (3, 10), (4, 2)], header=("u", "kind"))
    assert table.load(file, task="classification").classes == ("1", "2", "10")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("tall", 1, "p", "yes"), r"column u, line 4: 'tall' is no number.*drop = \['u'\]"),
        (("NA", 1, "p", "yes"), "column u, line 4: 'NA' is no number.*empty them if the value is missing"),
        (("inf", 1, "p", "yes"), "column u, line 4: 'inf'"),
        (("1e400", 1, "p", "yes"), "column u, line 4: '1e400'"),
        (("1e39", 1, "p", "yes"), "column u, line 4: 1e39 is too large"),
        (("1_000", 1, "p", "yes"), "column u, line 4: '1_000'"),
        (("1", 1, "p", ""), "column kind, line 4: no target"),
        (("1", 1, "", "yes"), "column who, line 4: no group"),
        (("1", 1, "p"), "line 4: 3 cells, but the header has 4"),
    ],
)
def test_a_false_cell_is_named_with_column_and_line(tmp_path, row, message) -> None:
    file = _write(tmp_path, rows=[*ROWS[:2], row])
    with pytest.raises(KleiberError, match=message) as caught:
        table.load(file, group="who")
    assert str(file) in str(caught.value)


def test_a_text_column_is_an_error_that_names_it(tmp_path) -> None:
    with pytest.raises(KleiberError, match="column who, line 2: 'p0'"):
        table.load(_write(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "0 columns; features"),
        (b"u\n1\n", "1 column; features"),
        (b"u,v\n", "a header but no rows"),
        (b"u,u\n1,2\n", "two columns are called 'u'"),
        (b"u,\n1,2\n", "column 2 has no name"),
        (b"1,2\n3,4\n", "only numbers; add a first line with the columns' names"),
        (b"u,v\n1,\xff\n", "not UTF-8"),
        (b'u,v\n1,"2\n', "line 2"),
    ],
)
def test_a_false_file_is_refused(tmp_path, text, message) -> None:
    (tmp_path / "rows.csv").write_bytes(text)
    with pytest.raises(KleiberError, match=message):
        table.load(tmp_path / "rows.csv")


def test_false_options_and_places_are_refused(tmp_path) -> None:
    file = _write(tmp_path)
    with pytest.raises(KleiberError, match="no column 'x'; it has u, v, who, kind"):
        table.load(file, target="x")
    with pytest.raises(KleiberError, match="can be no group, weight or source"):
        table.load(file, drop=["kind"])
    with pytest.raises(KleiberError, match="no column left"):
        table.load(file, drop=["u", "v", "who"])
    with pytest.raises(KleiberError, match="not 'ranking'"):
        table.load(file, task="ranking")
    with pytest.raises(KleiberError, match=r"'yes' is no number|'no' is no number"):
        table.load(file, task="regression")
    with pytest.raises(KleiberError, match="there is no file"):
        table.load(tmp_path / "none.csv")
    with pytest.raises(KleiberError, match="needs the path of a file"):
        table.load()
    (tmp_path / "cut.csv.gz").write_bytes(_write(tmp_path, "rows.csv.gz").read_bytes()[:50])
    with pytest.raises(KleiberError, match=r"cut\.csv\.gz cannot be read"):
        table.load(tmp_path / "cut.csv.gz")


def test_a_byte_order_mark_and_blank_lines_are_no_data(tmp_path) -> None:
    (tmp_path / "rows.csv").write_bytes("\ufeffu,kind\r\n1,a\r\n\r\n2,b\r\n".encode())
    raw = table.load(tmp_path / "rows.csv")
    assert raw.train.x[:, 0].tolist() == [1.0, 2.0]


def test_parquet_is_the_same_as_csv(tmp_path) -> None:
    polars = pytest.importorskip("polars")
    file = _write(tmp_path)
    polars.read_csv(file).write_parquet(tmp_path / "rows.parquet")
    options = {"group": "who"}
    first, second = (load_dataset(str(f), seed=0, options=options) for f in (file, tmp_path / "rows.parquet"))
    assert first.fingerprint == second.fingerprint
    polars.DataFrame({"u": [1.0, None], "kind": ["a", "b"]}).write_parquet(tmp_path / "rows.parquet")
    assert table.load(tmp_path / "rows.parquet").missing.endswith("the first in line 2, column u")
    (tmp_path / "rows.parquet").write_bytes(b"PAR0")
    with pytest.raises(KleiberError, match="cannot be read as Parquet"):
        table.load(tmp_path / "rows.parquet")


def test_parquet_without_polars_names_the_extra(tmp_path, monkeypatch) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"PAR1")
    original = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "polars":
            raise ModuleNotFoundError(name="polars")
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(KleiberError, match=r"kleiber\[import\]"):
        table.load(tmp_path / "rows.parquet")


def test_the_real_tables(real_data) -> None:
    folder = real_data / "tabular"
    if not folder.is_dir():
        pytest.skip("the tables are not among the real data sets")
    letter = load_dataset(str(folder / "letter.tsv.gz"), seed=0, options={"task": "classification"})
    assert len(letter.classes) == 26
    assert letter.duplicates == {"train_repeats": 1332}
    houses = load_dataset(str(folder / "houses.tsv.gz"), seed=0, options={"task": "regression"})
    assert houses.train.x.shape[1] == 8
    assert houses.chance["rmse"] == pytest.approx(np.std(houses.validation.y), rel=0.01)
