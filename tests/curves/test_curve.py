"""Rows put in order: replicates, seeds on one subset, repeats."""

import numpy as np
import pytest

from kleiber.curves.curve import curves_of, make_curve, sizes
from kleiber.errors import KleiberError
from kleiber.importers import Row, Table, read


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
        ([1], [1.0], {"se": [-0.1]}, "se must be"),
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


N = np.array([100.0, 200, 400, 800, 1600])
LOSS = 1 + N**-0.4 + 0.01 * np.random.default_rng(0).normal(size=5)


def same(one, other) -> bool:
    return np.array_equal(one.n, other.n) and np.array_equal(one.loss, other.loss) and one.replicate == other.replicate


@pytest.mark.parametrize("rounded", [2, 4, 16])
@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"seed": np.repeat(np.arange(10), 5)},
        {"replicate": np.repeat(np.arange(10), 5)},
        {"replicate": np.repeat(np.arange(10), 5), "seed": np.repeat(np.arange(10), 5)},
    ],
)
def test_one_run_under_ten_names_or_none_is_one_run(labels, rounded) -> None:
    loss = np.round(LOSS, rounded)
    ten = make_curve(np.tile(N, 10), np.tile(loss, 10), **labels)
    assert same(ten, make_curve(N, loss, **{name: ["0"] * 5 for name in labels}))
    assert codes(ten) == ["copied-runs"] and ten.cautions[0].message.startswith("45 rows have the losses")


def test_copies_under_a_name_of_their_own_for_each_row_count_once() -> None:
    curve = make_curve(np.tile(N, 10), np.tile(LOSS, 10), seed=np.arange(50))
    assert np.array_equal(curve.loss, LOSS) and codes(curve) == ["copied-runs"]


def test_one_copy_among_runs_of_their_own_is_taken_once() -> None:
    three = np.concatenate([LOSS, LOSS + 0.01, LOSS])
    for labels in ({"seed": np.repeat([0, 1, 2], 5)}, {}):
        curve = make_curve(np.tile(N, 3), three, **labels)
        assert sizes(curve).count.tolist() == [2] * 5 and codes(curve) == ["copied-runs"]
    longer = make_curve([*N, *N, 3200], [*LOSS, *LOSS, 1.0], seed=[0] * 5 + [1] * 6)
    assert longer.seed == ("0",) * 5 + ("1",) and codes(longer) == ["copied-runs"]


def test_the_first_part_of_a_file_appended_to_itself_is_taken_once() -> None:
    loss = np.round(LOSS, 3)
    curve = make_curve([*N, *N[:4], *N[:3]], [*loss, *loss[:4], *loss[:3]])
    assert same(curve, make_curve(N, loss)) and codes(curve) == ["copied-runs"]


def test_equal_losses_by_chance_stay_runs_of_their_own() -> None:
    errors = np.round(np.random.default_rng(1).normal(0.2, 0.01, 30), 2)
    unlabelled = make_curve(np.repeat(N, 6), errors)
    assert len(unlabelled.n) == 30 and codes(unlabelled) == ["unlabelled-repeats"]
    labelled = make_curve(np.repeat(N, 6), errors, seed=np.tile(np.arange(6), 5))
    assert len(labelled.n) == 30 and codes(labelled) == []
    two = make_curve([*N, *N[:2]], [*LOSS, *LOSS[:2]], seed=[0] * 5 + [1] * 2)
    assert len(two.n) == 7 and codes(two) == []


def test_a_loss_of_many_digits_is_no_chance_unless_it_is_a_share_of_a_count() -> None:
    assert codes(make_curve([100, 100], [LOSS[0]] * 2)) == ["copied-runs"]
    for share in (1 / 3, 100 / 7, float(np.float32(0.8672)), 0.12):
        assert codes(make_curve([100, 100], [share] * 2)) == ["unlabelled-repeats"]


def test_a_table_appended_to_itself_gives_the_same_curve(tmp_path) -> None:
    header = "n,loss,seed"
    rows = [f"{N[i]},{LOSS[i] + seed},{seed}" for seed in (0, 1) for i in range(len(N))]
    (tmp_path / "once.csv").write_text("\n".join([header, *rows]))
    (tmp_path / "twice.csv").write_text("\n".join([header, *rows, *rows]))
    (one,), (two,) = (curves_of(read(tmp_path / name)) for name in ("once.csv", "twice.csv"))
    assert same(one, two) and one.seed == two.seed and codes(two) == ["duplicate-rows"]


def test_seeds_that_change_nothing_on_a_subset_are_one_run_without_a_warning() -> None:
    subset, seed = np.tile([0, 0, 1, 1], 5), np.tile([0, 1, 2, 3], 5)
    loss = np.repeat(LOSS, 4) + 0.01 * subset
    curve = make_curve(np.repeat(N, 4), loss, replicate=subset, seed=seed)
    assert codes(curve) == [] and sizes(curve).count.tolist() == [2] * 5
    assert sizes(curve).mean == pytest.approx(LOSS + 0.005)
    copied = make_curve(np.repeat(N, 4), np.repeat(LOSS, 4), replicate=subset, seed=seed)
    assert codes(copied) == ["copied-runs"] and sizes(copied).count.tolist() == [1] * 5
