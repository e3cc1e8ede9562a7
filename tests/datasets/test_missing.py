"""Features may lack values: they are NaN, the same however they are written, and where they are is said by the reader."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kleiber.datasets import Dataset, Part, Raw, given, load_dataset, table
from kleiber.datasets._disjoint import content_hashes
from kleiber.errors import KleiberError

V = [0.5, None, 2.0, 3.5, 4.5, None] * 10
KIND = list("ab") * 30
W = [float(i) for i in range(60)]
WHERE = "in 20 of 60 rows, the first in"


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"w": W, "v": V, "kind": KIND}),
        pd.DataFrame({"w": W, "v": V, "kind": KIND}),
        pd.DataFrame({"w": W, "v": pd.array(V, dtype="Float64"), "kind": KIND}),
    ],
    ids=["polars", "pandas", "nullable"],
)
def test_a_frame_says_where_values_are_missing_by_the_names_of_its_columns(frame):
    found = given({"train": frame, "target": "kind"}).raw
    assert found.missing == f"train lacks values {WHERE} row 1, column v"
    np.testing.assert_array_equal(found.train.x[:6, 1], [0.5, np.nan, 2, 3.5, 4.5, np.nan])
    apart = given((frame[["w", "v"]], KIND)).raw
    assert apart.missing == f"X of train lacks values {WHERE} row 1, column v"
    np.testing.assert_array_equal(apart.train.x, found.train.x)


def test_an_empty_cell_of_a_table_and_nan_are_the_same_data(tmp_path):
    file = tmp_path / "t.csv"
    read = []
    for blank in ("", "NaN"):
        cells = ["" if v is None else f"{v}" for v in V]
        rows = [f"{w},{cell or blank},{kind}" for w, cell, kind in zip(W, cells, KIND, strict=True)]
        file.write_text("\n".join(["w,v,kind", *rows]))
        read.append(load_dataset(table.load(file), seed=0))
    assert read[0].missing == f"t.csv lacks values {WHERE} line 3, column v"
    assert f"{read[0].missing}, which the estimator gets as NaN" in read[0].notes
    assert read[0].fingerprint == read[1].fingerprint
    opened = Dataset.open(read[0].save(tmp_path / "saved"))
    np.testing.assert_array_equal(opened.train.x, read[0].train.x)


def test_each_part_is_looked_at_and_a_reader_of_ones_own_too():
    x = np.random.default_rng(0).normal(size=(80, 2))
    y = np.arange(80) % 2
    spoilt = np.where(x > 1.5, np.nan, x)
    said = given((x, y)).raw.missing, given(((x, y), (spoilt + 1, y), (spoilt, y))).raw.missing
    assert said[0] == ""
    assert said[1].startswith("X of validation lacks values in ") and "; X of test lacks values in " in said[1]
    raw = Raw(name="own", task="classification", classes=("a", "b"), train=Part(spoilt.astype(np.float32), y))
    assert raw.missing.startswith("own, train, lacks values in ")


def test_rows_that_lack_the_same_values_are_equal():
    x = np.array([[np.nan, 1], [-np.nan, 1]], dtype=np.float64)
    x.view(np.uint64)[1, 0] |= 1  # another of the many NaN
    assert len(set(content_hashes(given((x, ["a", "b"])).raw.train.x).tolist())) == 1


@pytest.mark.parametrize("y", [[1.5, None, 2.5], [1.5, np.nan, 2.5], ["a", None, "b"]])
def test_a_target_is_never_missing(y):
    with pytest.raises(KleiberError, match="y of train has 1 missing targets, the first at 1; remove them"):
        given((np.ones((3, 1)), y))
