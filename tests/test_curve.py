"""Rows put in order: replicates, seeds on one subset, repeats."""

import numpy as np
import pytest

from kleiber.curve import curves_of, make_curve, sizes
from kleiber.errors import KleiberError
from kleiber.importers import Row, Table


def codes(curve) -> list[str]:
    return [caution.code for caution in curve.cautions]


def test_rows_are_sorted_and_unlabelled_rows_are_subsets_of_their_own() -> None:
    curve = make_curve([200, 100, 200], [1.0, 2.0, 1.2])
    assert curve.n.tolist() == [100, 200, 200] and curve.replicate == ("0", "0", "1")
    found = sizes(curve)
    assert found.count.tolist() == [1, 2] and found.mean.tolist() == [2.0, 1.1] and found.sd[0] is None


def test_seeds_on_one_subset_are_averaged_before_the_mean() -> None:
    found = sizes(make_curve([100] * 3, [1.0, 3.0, 5.0], replicate=[0, 0, 1], seed=[0, 1, 0]))
    assert found.count.tolist() == [2] and found.mean.tolist() == [3.5] and found.values == ((2.0, 5.0),)


def test_a_repeated_run_is_taken_once_and_said() -> None:
    once = make_curve([100, 200], [2.0, 1.0], replicate=[0, 0], seed=[7, 7])
    twice = make_curve([100, 200, 100], [2.0, 1.0, 2.0], replicate=[0, 0, 0.0], seed=[7, 7, 7])
    assert np.array_equal(once.loss, twice.loss) and codes(twice) == ["duplicate-rows"] and not codes(once)


def test_rows_of_one_run_with_two_losses_are_a_conflict() -> None:
    assert codes(make_curve([100, 100], [2.0, 2.1], replicate=[0, 0], seed=[7, 7])) == ["conflicting-rows"]
    assert codes(make_curve([100, 100], [2.0, 2.1], replicate=[0, 0])) == []
    assert codes(make_curve([100, 100], [2.0, 2.0])) == ["unlabelled-repeats"]


def test_standard_errors_of_a_mean() -> None:
    found = sizes(make_curve([100, 100, 200], [1.0, 1.1, 0.9], se=[0.3, 0.4, 0.2]))
    assert found.se is not None and found.se == pytest.approx([0.25, 0.2]) and found.row_se == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("n", "loss", "options", "text"),
    [
        ([1, 2], [1.0], {}, "loss has 1 entries"),
        ([[1, 2]], [[1.0, 2.0]], {}, "one-dimensional"),
        (["a"], [1.0], {}, "numbers"),
        ([1], [1.0], {"se": [0.0]}, "se must be"),
        ([1], [1.0], {"n_test": 0}, "n_test"),
        ([1], [1.0], {"n_test": float("nan")}, "n_test is nan"),
        ([1], [1.0], {"n_test": "many"}, "n_test is 'many'"),
        ([1], [1.0], {"metric": 5}, "metric is 5"),
        ([1], [1.0], {"replicate": 5}, "replicate is 5"),
        ([1], [1.0], {"chance": "x"}, "chance is 'x'"),
        ([1], [1.0], {"chance": -1.0}, "chance"),
    ],
)
def test_wrong_input_is_named(n, loss, options, text) -> None:
    with pytest.raises(KleiberError, match=text):
        make_curve(n, loss, **options)


def test_one_curve_for_each_model_and_metric() -> None:
    rows = tuple(Row(m, "error", n, 1 / n) for m in ("a", "b") for n in (10, 20))
    found = curves_of(Table(rows, chance={"error": 0.9}, n_test=1000))
    assert [(c.model, c.metric, len(c.n), c.chance, c.n_test) for c in found] == [
        ("a", "error", 2, 0.9, 1000),
        ("b", "error", 2, 0.9, 1000),
    ]
