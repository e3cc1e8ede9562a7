"""Which columns are ours: held-out ones before those of training, N that is no number of examples, and what is missing."""

import shlex

import pytest

from kleiber.errors import KleiberError
from kleiber.importers import read

SIZES = [100, 200, 400]


def table(*names):
    """Give a table whose column i has the values i + 1 / n."""
    return {"n": SIZES, **{name: [i + 1 / n for n in SIZES] for i, name in enumerate(names)}}


@pytest.mark.parametrize(
    ("names", "read_from"),
    [
        (("loss", "val_loss"), "val_loss"),
        (("loss", "val_loss", "test_loss"), "test_loss"),
        (("loss", "test_loss"), "test_loss"),
        (("train_loss", "val_loss"), "val_loss"),
        (("train/loss", "eval/loss"), "eval/loss"),
        (("train_loss_step", "train_loss_epoch", "val_loss_epoch"), "val_loss_epoch"),
        (("Loss", "Val Loss"), "Val Loss"),
        (("metrics.train_loss", "metrics.val_loss"), "metrics.val_loss"),
        (("valLoss",), "valLoss"),
        (("loss", "train_loss"), "loss"),
        (("loss", "test_accuracy"), "loss"),
        (("loss",), "loss"),
    ],
)
def test_the_loss_is_that_of_what_was_held_out(names, read_from) -> None:
    found = read(table(*names))
    assert [row.loss for row in found.rows] == table(*names)[read_from]
    told = [note for note in found.notes if "set," in note]
    assert bool(told) == (read_from != "loss")
    if told:
        assert repr(read_from) in told[0] and all(repr(name) in told[0] for name in names if "step" not in name[-4:])


def test_scores_and_errors_too_and_a_mapping_says_it_all() -> None:
    given = {"n": SIZES, "accuracy": [0.9] * 3, "val_accuracy": [0.5] * 3, "error": [0.1] * 3, "val_error": [0.5] * 3}
    assert [row.loss for row in read(given).rows] == [0.5] * 3
    assert [row.loss for row in read({"n": SIZES, "val_acc": [0.75] * 3}).rows] == [0.25] * 3
    assert [row.loss for row in read(table("loss", "val_loss"), column={"loss": "loss"}).rows] == table("loss")["loss"]
    both = {"n": SIZES, "loss": [1.0] * 3, "val_loss": [2.0] * 3, "accuracy": [0.9] * 3, "val_accuracy": [0.5] * 3}
    assert {(row.metric, row.loss) for row in read(both).rows} == {("loss", 2.0), ("error", 0.5)}
    with pytest.raises(KleiberError, match="'val_loss', 'valid_loss' are each the loss of a validation set"):
        read(table("loss", "val_loss", "valid_loss"))


@pytest.mark.parametrize("data", ["D", "tokens", "n_tokens", "params.train_tokens"])
def test_n_beside_tokens_is_asked_for(data) -> None:
    given = {
        "N": [1e6, 1e7] * 3,
        data: [1e8, 1e8, 2e8, 2e8, 4e8, 4e8],
        "loss": [3.0, 2.5, 2.6, 2.2, 2.3, 2.0],
    }
    with pytest.raises(KleiberError, match=f"'N' beside {data!r} .*--column n={data} --column model=N if"):
        read(given)
    with pytest.raises(KleiberError, match="differ by 'N'"):
        read(given, column={"n": data})
    found = read(given, column={"n": data, "model": "N"})
    assert len({row.model for row in found.rows}) == 2 and {row.n for row in found.rows} == {1e8, 2e8, 4e8}
    assert read({"N": SIZES, "loss": [3, 2, 1]}).rows[0].n == 100


@pytest.mark.parametrize(
    "given",
    [
        {"size": SIZES, "score": [3, 2, 1]},
        {"label_fraction": [0.1, 0.5, 1.0], "accuracy_mean": [0.5, 0.6, 0.7], "accuracy_std": [0.1] * 3},
        {"params.n_train": SIZES, "metrics.test_nll": [3, 2, 1]},
        {"training set": SIZES, "Test Loss (nats)": [3, 2, 1]},
        {"a": SIZES, "b": [3, 2, 1]},
        {"n": SIZES, "value": [3, 2, 1]},
        {"num_samples": SIZES, "loss": [3, 2, 1]},
        {"data": ["10%", "50%", "100%"], "loss": [3, 2, 1]},
        {"n": SIZES, "run_a": [3, 2, 1], "run_b": [3, 2, 1]},
        {"n": SIZES, "train_loss": [3, 2, 1]},
        {"n": SIZES, "language": ["de", "en", "fr"], "wer": [0.3, 0.2, 0.1]},
    ],
)
def test_all_that_is_missing_is_named_at_once_with_a_line_that_works(given) -> None:
    with pytest.raises(KleiberError, match="no column") as caught:
        read(given)
    message = str(caught.value)
    assert ("'n' (training examples)" in message) == ("n" not in given)
    assert ("'loss', 'error' or 'accuracy'" in message) == ("loss" not in given)
    typed = shlex.split(message.split("write ")[1].split(" (in Python")[0])
    columns = dict(entry.split("=") for entry in typed if entry != "--column")
    assert len(read(given, column=columns).rows) == 3
    assert message.count(str(columns)) == 1


def test_a_chart_has_one_column_a_run() -> None:
    curves = {
        "n": SIZES,
        "lenet - val_loss": [3.0, 2.0, 1.0],
        "lenet - val_loss__MIN": [0.1, 0.1, 0.1],
        "mlp - val_loss": [4.0, None, 2.0],
    }
    found = read(curves)
    assert [(row.model, row.n, row.loss) for row in found.rows] == [
        ("lenet", 100, 3.0), ("lenet", 200, 2.0), ("lenet", 400, 1.0), ("mlp", 100, 4.0), ("mlp", 400, 2.0),
    ]  # fmt: skip
    assert "2 columns of 'val_loss', one for each run, were read as rows" in found.notes[0]
    with pytest.raises(KleiberError, match=r"If each column is a run, name them 'run_a - loss' and 'run_b - loss'$"):
        read({"n": SIZES, "run_a": [3, None, 1], "run_b": [None, 2, None]})
    named = read({"n": SIZES, "run_a - loss": [3, None, 1], "run_b - loss": [None, 2, None]})
    assert sorted(row.loss for row in named.rows) == [1, 2, 3]
    single = {"size": SIZES, **{f"r{i} - val_accuracy": [0.5 if i == j else "" for j in range(3)] for i in range(3)}}
    assert [(row.model, row.n, row.loss) for row in read(single, column={"n": "size"}).rows] == [
        ("model", n, 0.5) for n in SIZES
    ]


@pytest.mark.parametrize(("short", "value", "called"), [("acc", 0.9, "acc"), ("err", 0.1, "error")])
def test_what_people_shorten_is_read(short, value, called, tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text(f"n,{short}\n100,{value}\n200,{value}\n")
    table = read(path)
    (metric,) = {row.metric for row in table.rows}
    assert table.metrics[metric].name == called
    assert [round(row.loss, 12) for row in table.rows] == [0.1, 0.1]
    assert any(f"the column {short!r} was read as" in note for note in table.notes)
