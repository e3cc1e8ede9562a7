"""Frames whose target is a column, texts in memory, data modules, and what a user's own function gives."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from torch.utils.data import DataLoader, Subset, TensorDataset

from kleiber.datasets import given, in_memory, load_dataset
from kleiber.errors import KleiberError

RNG = np.random.default_rng(4)
N = 60
TABLE = {
    "u": RNG.normal(size=N).tolist(),
    "v": list(range(N)),
    "who": [f"p{i // 4}" for i in range(N)],
    "kind": ["no", "yes"] * (N // 2),
}
WORDS = [f"review number {i}" for i in range(N)]


def loaded(value):
    found = given(value)
    return load_dataset(found.raw, seed=0, options=found.options)


@pytest.mark.parametrize("frame", [pl.DataFrame, pd.DataFrame])
def test_a_frame_and_its_columns_as_arrays_are_the_same_data(frame):
    value = {"train": frame(TABLE), "target": "kind", "group": "who"}
    assert in_memory(value)
    x = np.stack([TABLE["u"], TABLE["v"]], axis=1)
    data = loaded(value)
    assert data.fingerprint == loaded({"train": (x, np.array(TABLE["kind"])), "groups": TABLE["who"]}).fingerprint
    sides = [{TABLE["who"][row] for row in part.rows} for part in (data.train, data.validation, data.test)]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])


def test_the_column_label_is_the_target_and_that_is_said():
    frame = pl.DataFrame({"label": TABLE["kind"], "v": TABLE["v"]})
    data = loaded({"train": frame})
    assert data.classes == ("no", "yes") and "the target is the column label" in data.notes


def test_texts_are_taken_from_lists_series_columns_and_datasets():
    class Reviews(torch.utils.data.Dataset):
        def __len__(self):
            return N

        def __getitem__(self, i):
            return WORDS[i], TABLE["kind"][i]

    values = [
        (WORDS, TABLE["kind"]),
        (pd.Series(WORDS), pd.Series(TABLE["kind"])),
        (pl.Series(WORDS), np.array(TABLE["kind"])),
        {"train": pl.DataFrame({"text": WORDS, "kind": TABLE["kind"]}), "target": "kind"},
        {"train": pl.DataFrame({"said": WORDS, "kind": TABLE["kind"]}), "target": "kind", "text": "said"},
        Reviews(),
    ]
    found = {loaded(value).fingerprint for value in values}
    assert len(found) == 1
    assert set(loaded(values[0]).train.texts) <= set(WORDS)


def test_lists_of_numbers_become_features_side_by_side():
    frame = pl.DataFrame({"x": [[1.0, i] for i in range(N)], "v": TABLE["v"], "kind": TABLE["kind"]})
    assert loaded({"train": frame, "target": "kind"}).train.x.shape[1] == 3


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"target": "sort"}, "data has no column 'sort'; it has u, v, who, kind"),
        ({"target": "kind"}, r"holds no numbers in who. Give the data's option text = 'who' or drop = \['who'\]"),
        ({"target": "kind", "group": "who", "drop": ["u", "v"]}, "no column left for the features"),
        ({"target": "kind", "drop": ["who"], "colour": 1}, "unknown key 'colour'"),
    ],
)
def test_what_a_frame_lacks_is_named(value, said):
    with pytest.raises(KleiberError, match=said):
        given({"train": pl.DataFrame(TABLE), **value})


def test_empty_cells_and_empty_texts_are_named_with_their_row():
    with pytest.raises(KleiberError, match="column v, row 3: an infinite number"):
        given({"train": pl.DataFrame({"v": [1.0, 2.0, 3.0, np.inf], "kind": list("abab")})})
    with pytest.raises(KleiberError, match="text 2: the text is empty"):
        given((["a", "b", " "], ["x", "y", "x"]))


def test_a_group_on_both_sides_is_refused():
    frame = pl.DataFrame(TABLE)
    with pytest.raises(KleiberError, match=r"group 'p5' is in train and in test \(1 such groups\)"):
        given({"train": frame[:22], "test": frame[22:], "target": "kind", "group": "who"})


class Module:
    """A data module as Lightning has it."""

    prepared = False

    def prepare_data(self):
        self.prepared = True

    def setup(self, stage):
        assert self.prepared
        self.all = TensorDataset(torch.arange(N * 2.0).reshape(N, 2), torch.arange(N) % 2)

    def train_dataloader(self):
        return DataLoader(Subset(self.all, range(40)), batch_size=7, shuffle=True)

    def test_dataloader(self):
        return DataLoader(Subset(self.all, range(40, N)))


class Listed(Module):
    def test_dataloader(self):
        return [1, 2]


def test_a_data_module_gives_the_data_sets_behind_its_loaders():
    data = loaded(Module())
    assert len(data.test) == 20 and len(data.train) + len(data.validation) == 40 and data.split_off == ("validation",)
    with pytest.raises(KleiberError, match=r"Listed.test_dataloader\(\) gives a list; let it give one DataLoader"):
        given(Listed())


def test_a_function_or_class_of_the_users_own_gives_whatever_data_takes(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "import numpy as np\nX, Y = np.arange(80.0).reshape(40, 2), np.arange(40) % 2\n"
        "def plain():\n    return X, Y\ndef placed(path=None, scale=1):\n    return {'train': (X * scale, Y)}\n"
        "def wrong():\n    return 3\n"
    )
    plain = load_dataset(f"{file}:plain", seed=0)
    assert load_dataset(f"{file}:placed", seed=0).fingerprint == plain.fingerprint
    assert load_dataset(f"{file}:placed", seed=0, options={"scale": 2}).fingerprint != plain.fingerprint
    with pytest.raises(
        KleiberError, match=r"load gives a int; it must give a kleiber.datasets.Raw, or data such as \(X, y\)"
    ):
        load_dataset(f"{file}:wrong", seed=0)
    with pytest.raises(KleiberError, match="takes no path"):
        load_dataset(f"{file}:plain", seed=0, options={"path": str(tmp_path)})
