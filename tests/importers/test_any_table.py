"""Whatever the bytes: right numbers or an error of ours, soon."""

import json
import math

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kleiber.curves.curve import curves_of
from kleiber.errors import KleiberError, MachineError
from kleiber.importers import read

SETTINGS = settings(
    max_examples=50,
    derandomize=True,
    database=None,
    deadline=5000,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
BEGINNINGS = [b"", b"n,loss\n", b"n;loss\n", b"n\tloss\r\n", b"\xff\xfe", b"\xef\xbb\xbf", b"PAR1", b"\x1f\x8b", b"# "]
HEADS = st.sampled_from(BEGINNINGS)
OURS = ["n", "loss", "error", "accuracy", "model", "seed", "replicate", "metric", "se", "N", "LOSS", "x", " loss", ""]
BESIDE = [
    "std",
    "runs",
    "ci_low",
    "ci_high",
    "loss ±",
    "epoch",
    "lr",
    "status",
    "dataset",
    "split",
    "fold",
    "net",
    "val_loss",
    "test_loss",
    "run_id",
    "iteration",
    "D",
]
NAMES = st.sampled_from(OURS * 2 + BESIDE)
LOSSES = st.floats(-1e300, 1e300)
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**6),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        [
            "0,25",
            "1.000",
            "1_000",
            "nan",
            "1e400",
            "12",
            "0.5",
            "0.5 ± 0.1",
            "0.5 (0.1)",
            "[0.1, 0.2]",
            "Infinity",
            "a,b",
            '"',
            "é",
            "acc",
        ]
    ),
    st.lists(st.integers(), max_size=1),
)


def checked(source) -> None:
    """Read a source twice; what comes out is fit for a curve, the same both times, and any error is one of ours."""
    try:
        found = read(source)
        curves_of(found)
    except (KleiberError, MachineError) as error:
        assert len(str(error)) < 3000
        return
    assert repr(found) == repr(read(source))
    assert all(math.isfinite(row.loss) and math.isfinite(row.n) and row.n > 0 for row in found.rows)
    assert all(isinstance(row.model, str) and row.model and "\0" not in row.model for row in found.rows)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.json", "a.jsonl", "a.parquet", "a.csv.gz", "a"])
@SETTINGS
@given(head=HEADS, body=st.binary(max_size=200))
def test_any_bytes(tmp_path, name, head, body) -> None:
    (tmp_path / name).write_bytes(head + body)
    checked(tmp_path / name)


@SETTINGS
@given(text=st.text(alphabet="nlos,;\t|\r\n\"#'0123456789.eE+-_ %\0é\u2028", max_size=120), head=HEADS)
def test_any_text_like_a_table(tmp_path, text, head) -> None:
    (tmp_path / "a.csv").write_bytes(head + text.encode())
    checked(tmp_path / "a.csv")


@SETTINGS
@given(rows=st.lists(st.dictionaries(NAMES, CELLS, max_size=6), max_size=5))
def test_any_objects(tmp_path, rows) -> None:
    checked(rows)
    (tmp_path / "a.json").write_text(json.dumps(rows))
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    checked(tmp_path / "a.json")
    checked(tmp_path / "a.jsonl")


@SETTINGS
@given(names=st.lists(NAMES, max_size=6), data=st.data())
def test_any_columns(tmp_path, names, data) -> None:
    columns = {name: data.draw(st.lists(CELLS, min_size=2, max_size=2)) for name in names}
    checked(columns)
    texts = {name: [None if cell is None else str(cell) for cell in cells] for name, cells in columns.items()}
    frame = pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String))
    checked(frame)
    if frame.width:
        frame.write_parquet(tmp_path / "a.parquet")
        frame.write_csv(tmp_path / "a.csv")
        checked(tmp_path / "a.parquet")
        checked(tmp_path / "a.csv")


FEW = st.one_of(st.sampled_from([0, 1, 2, "a", "b", "train", "val", "FAILED", None, "", 0.5]), CELLS)


@SETTINGS
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {"n": st.sampled_from([100, 200, 400]), "loss": st.sampled_from([1.0, 0.5, 0.25, None, math.nan])},
            optional=dict.fromkeys(BESIDE + ["seed", "knob"], FEW),
        ),
        min_size=1,
        max_size=12,
    ),
    keep=st.sampled_from(["last", "best"]),
)
def test_any_columns_beside(rows, keep) -> None:
    checked(rows)
    names = sorted({name for row in rows for name in row})
    columns = {name: [row.get(name) for row in rows] for name in names}
    checked(columns)
    for options in ({"keep": keep}, {"best_of": "lr"}, {"where": {"n": 100}}):
        try:
            assert len(read(rows, **options).rows) <= len(rows) * 2
        except KleiberError:
            continue


@SETTINGS
@given(
    rows=st.lists(st.tuples(st.floats(1e-3, 1e9), LOSSES), min_size=1, max_size=5),
    separator=st.sampled_from(",;\t|"),
    comma=st.booleans(),
)
def test_numbers_come_back_to_the_last_bit(tmp_path, rows, separator, comma) -> None:
    """Written with repr, which has no three decimals alone to be taken for thousands where 0.5 stands beside it."""
    lines = [f"{n!r}{separator}{loss!r}" for n, loss in [*rows, (0.5, 0.25)]]
    if comma and separator != ",":
        lines = [line.replace(".", ",") for line in lines]
    (tmp_path / "a.csv").write_text("\n".join([f"n{separator}loss", *lines]))
    assert [(row.n, row.loss) for row in read(tmp_path / "a.csv").rows] == [*rows, (0.5, 0.25)]


def test_a_table_of_a_page_is_read_whatever_stands_around_it(tmp_path):
    page = tmp_path / "card.md"
    page.write_text(
        "---\na: b\n---\n# Runs\n\n| **n** | `val_loss_x` |\n|:--|--:|\n| 100 | 0.5 |\n| 1,600 | *0.25* |\n\nEnd | of it.\n"
    )
    with pytest.raises(KleiberError, match=r"line 9, column 'n': '1,600' a comma.*thousands=','"):
        read(page, column={"loss": "val_loss_x"})
    table = read(page, column={"loss": "val_loss_x"}, thousands=",")
    assert [(row.n, row.loss) for row in table.rows] == [(100, 0.5), (1600, 0.25)]
    page.write_text(page.read_text() + "\n| n | loss |\n|---|---|\n| 1 | 2 |\n")
    with pytest.raises(KleiberError, match="there are 2 tables, at lines 6, 13: keep one"):
        read(page)
    page.write_text("# Nothing\n")
    with pytest.raises(KleiberError, match="there is no table"):
        read(page)


@pytest.mark.parametrize(
    ("mark", "text", "wanted"),
    [
        (",", 'n,loss\n"1,000",0.5\n"12,000,000",0.4\n300,0.6\n', [1000, 12_000_000, 300]),
        (".", "n;loss\n1.000;0,5\n12.000.000;0,4\n300;0,6\n", [1000, 12_000_000, 300]),
        (" ", "n;loss\n1 000;0,5\n12\u00a0000\u202f000;0,4\n300;0,6\n", [1000, 12_000_000, 300]),
        ("'", "n,loss\n1'000,0.5\n12'000'000,0.4\n300,0.6\n", [1000, 12_000_000, 300]),
    ],
)
def test_thousands_are_read_where_their_mark_is_declared(mark, text, wanted, tmp_path):
    (tmp_path / "runs.csv").write_text(text, encoding="utf-8")
    assert [row.n for row in read(tmp_path / "runs.csv", thousands=mark).rows] == wanted
    assert [row.loss for row in read(tmp_path / "runs.csv", thousands=mark).rows] == [0.5, 0.4, 0.6]
    with pytest.raises(KleiberError):
        read(tmp_path / "runs.csv")
    with pytest.raises(KleiberError, match="thousands=';': it is one of"):
        read(tmp_path / "runs.csv", thousands=";")


def test_objects_within_objects_have_columns_of_their_own(tmp_path):
    lines = [{"config": {"data": {"n": n}}, "summary": {"loss": 1 / n}} for n in (100, 200)]
    (tmp_path / "runs.jsonl").write_text("\n".join(map(json.dumps, lines)))
    for source in (tmp_path / "runs.jsonl", lines):
        table = read(source, column={"n": "config.data.n", "loss": "summary.loss"})
        assert [(row.n, row.loss) for row in table.rows] == [(100, 0.01), (200, 0.005)]
    with pytest.raises(KleiberError, match=r"write --column n=config\.data\.n --column loss=summary\.loss"):
        read(lines)
