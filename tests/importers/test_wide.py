"""Tables with a column for each repeat are read whole once one is mapped; a metric keeps the name that it was given."""

import pytest

from kleiber.curves.curve import curves_of
from kleiber.importers import read

SIZES = [100, 200, 400, 800]


def loss(n, k=0):
    return 5 * n**-0.35 + 0.1 + 0.01 * k


@pytest.mark.parametrize(
    ("form", "metric"),
    [
        ("seed {}", "loss"),
        ("Run{}", "loss"),
        ("rep_{}", "loss"),
        ("val_loss_fold{}", "val_loss"),
        ("split{}_val_loss", "val_loss"),
        ("loss (seed {})", "loss ("),
    ],
)
def test_a_column_for_each_repeat_becomes_rows(form, metric) -> None:
    names = [form.format(k) for k in range(3)]
    given = {"n": SIZES, "x": [1] * 4, **{name: [loss(n, k) for n in SIZES] for k, name in enumerate(names)}}
    given[names[2]][3] = None
    found = read(given, column={"loss": names[0]})
    (curve,) = curves_of(found)
    assert len(curve.n) == 11 and set(curve.replicate) == {"0", "1", "2"}
    assert sorted(curve.loss) == pytest.approx(sorted(loss(n, k) for n in SIZES for k in range(3) if (n, k) != (800, 2)))
    assert curve.scale.name.startswith(metric.rstrip(" ("))
    assert f"3 columns such as {names[0]!r}, one for each repeat, were read as rows" in found.notes[0]


def test_repeats_keep_models_and_a_size_of_another_name() -> None:
    given = [
        {"train_size": n, "net": m, "acc_fold1": 1 - loss(n, k) / 3, "acc_fold2": 1 - loss(n, k + 1) / 3}
        for n in SIZES
        for k, m in ((0, "a"), (4, "b"))
    ]
    found = curves_of(read(given, column={"n": "train_size", "accuracy": "acc_fold1", "model": "net"}))
    assert [curve.model for curve in found] == ["a", "b"] and all(len(curve.n) == 8 for curve in found)
    assert found[0].scale.name == "acc" and found[0].loss.max() < 1
    where = read(given, column={"n": "train_size", "accuracy": "acc_fold1"}, where={"net": "b"})
    assert len(where.rows) == 8


def test_runs_of_a_chart_that_are_numbered_repeats_are_one_curve() -> None:
    given = {"n": SIZES, "seed 0 - val_loss": [loss(n) for n in SIZES], "seed 1 - val_loss": [loss(n, 1) for n in SIZES]}
    (curve,) = curves_of(read(given))
    assert len(curve.n) == 8 and set(curve.replicate) == {"seed 0", "seed 1"}


@pytest.mark.parametrize("name", ["top1_acc", "acc_class1", "f1_macro", "trial"])
def test_other_numbers_in_names_are_no_repeats(name) -> None:
    values = [1 - loss(n) / 3 for n in SIZES]
    given = {"n": SIZES, name: values, name.replace("1", "5"): values}
    assert len(read(given, column={"accuracy": name}).rows) == 4


def test_an_accuracy_of_another_name_keeps_it() -> None:
    given = {"n": SIZES, "Genauigkeit": [100 - 20 * loss(n) for n in SIZES]}
    (curve,) = curves_of(read(given, column={"accuracy": "Genauigkeit"}))
    assert (curve.scale.name, curve.scale.unit, curve.metric) == ("Genauigkeit", "%", "error")
    assert curve.loss == pytest.approx([0.2 * loss(n) for n in SIZES])
