"""Data as people hold them, wrong in every way: each error names the item, its place and what to do; nothing is guessed."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kleiber.datasets import given, load_dataset
from kleiber.errors import KleiberError

N = 60
X = np.random.default_rng(0).normal(size=(N, 2))
ROWS = {"u": X[:, 0].tolist(), "v": X[:, 1].tolist(), "w": [1 + i % 3 for i in range(N)], "label": ["a", "b"] * (N // 2)}
LINES = [{"text": f"text {i}", "label": "ab"[i % 2], "tokens": 1 + i % 3} for i in range(N)]


class Examples:
    """A data set as PyTorch has them: examples one by one."""

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        if i >= len(self.items) or self.items[i] is OSError:
            raise OSError("the file is gone")
        return self.items[i]


class Stream:
    """A data set without a length."""

    def __getitem__(self, i):
        return X[i], 0

    def __iter__(self):
        return iter([(X[0], 0)])


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({"label": [None, *ROWS["label"][1:]]}, {}, "column label, row 0: no target, as in 1 of 60 rows; fill them in"),
        ({"w": [0, *ROWS["w"][1:]]}, {"weight": "w"}, "column w, row 0: 0 is no weight. It must be a number above zero"),
        ({"w": [*ROWS["w"][1:], None]}, {"weight": "w"}, "column w, row 59: .* is no weight"),
        ({"w": ["many"] * N}, {"weight": "w"}, "row 0: 'many' is no weight"),
        ({}, {"weight": ROWS["w"]}, "weight must be the name of a column, not a list"),
        ({}, {"group": "label"}, "column 'label' is the target, so it can be no group, weight or source"),
    ],
)
def test_a_frame_is_told_where_it_is_wrong(kind, change, options, said):
    with pytest.raises(KleiberError, match=said):
        given({"train": kind({**ROWS, **change}), **options})


def test_frames_without_rows_or_with_two_columns_of_a_name_are_refused():
    for frame, said in (
        (pl.DataFrame(ROWS)[:0], "train has columns and no rows"),
        (pl.DataFrame(ROWS).lazy(), "train is a LazyFrame, which holds no rows yet; give frame.collect()"),
        (pd.DataFrame(np.ones((N, 3)), columns=["a", "a", "label"]), "two columns called 'a'; rename one"),
    ):
        with pytest.raises(KleiberError, match=said):
            given({"train": frame})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ((X[:0], np.array([], dtype=str)), "train has no examples; give some"),
        ({"train": (X, ROWS["label"]), "weights": 3}, r"weights has shape \(\); it must have one for each of the 60"),
        ({"train": (X, ROWS["label"]), "weights": [True] * N}, "example 0: True is no weight"),
        ({"train": (X, ROWS["label"]), "groups": ["p"] * 3}, r"groups has shape \(3,\)"),
        (Examples([(X[0], 0), OSError]), "Examples raised OSError for example 1 of train: the file is gone"),
        (Examples([(X[0], np.array([0, 1]))]), r"the target of example 0 of train has shape \(2,\)"),
        (Stream(), "a Stream has no length"),
    ],
)
def test_what_is_in_memory_is_told_where_it_is_wrong(data, said):
    with pytest.raises(KleiberError, match=said):
        given(data)


@pytest.mark.parametrize(
    ("row", "options", "said"),
    [
        ("{bad", {}, "line 5: .*; mend the line, or remove it"),
        ({"text": "t", "tokens": 1}, {}, "line 5: there is no 'label'"),
        ({"text": {"a": 1}, "label": "a"}, {}, "column text, line 5: a dict is no text or number"),
        ({"text": "t", "label": "a", "tokens": [1]}, {"weight": "tokens"}, "column tokens, line 5: a list is no"),
        ({"text": "t", "label": "a", "tokens": -1}, {"weight": "tokens"}, "column tokens, line 5: '-1' is no weight"),
        ({"text": "t", "label": "a"}, {"weight": "tokens"}, "line 5: there is no 'tokens'"),
    ],
)
def test_json_lines_are_told_their_line_and_columns_not_asked_for_may_lack(tmp_path, row, options, said):
    lines = [json.dumps(each) for each in LINES]
    lines[4] = row if isinstance(row, str) else json.dumps(row)
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    with pytest.raises(KleiberError, match=said):
        load_dataset(str(tmp_path / "rows.jsonl"), seed=0, options=options)
    lines[4] = json.dumps({"text": "short", "label": "a"})
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    assert load_dataset(str(tmp_path / "rows.jsonl"), seed=0).task == "classification"


def test_a_table_of_texts_is_told_how_it_is_read(tmp_path):
    (tmp_path / "rows.csv").write_text("text,label\n" + "\n".join(f"t{i},{'ab'[i % 2]}" for i in range(N)))
    with pytest.raises(KleiberError, match=r"source = 'text', path = '.*rows.csv', text = 'text'"):
        load_dataset(str(tmp_path / "rows.csv"), seed=0)
    options = {"path": str(tmp_path / "rows.csv"), "text": "text"}
    assert load_dataset("text", seed=0, options=options).train.texts


@pytest.mark.parametrize("code", [7, -1])
def test_a_class_number_without_a_name_is_refused_with_its_row(tmp_path, code):
    folder = tmp_path / "saved"
    folder.mkdir()
    frame = pl.DataFrame({"text": [f"t{i}" for i in range(N)], "label": [code, *[i % 2 for i in range(1, N)]]})
    frame.write_ipc_stream(folder / "data.arrow")
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data.arrow"}]}))
    (folder / "dataset_info.json").write_text(json.dumps({"features": {"label": {"names": ["no", "yes"]}}}))
    with pytest.raises(KleiberError, match=f"column label, row 0: class {code} is none of the 2"):
        load_dataset(str(folder), seed=0)
    (folder / "state.json").write_text("[]")
    with pytest.raises(KleiberError, match=r"state\.json holds a list, not an object"):
        load_dataset(str(folder), seed=0)
