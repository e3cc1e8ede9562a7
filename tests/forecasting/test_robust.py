"""Runs far off are left out and named; clean curves, and what learning may do, stay as they are."""

import re

import numpy as np
import pytest
from tests.forecasting import coverage_scenarios as scenarios

from kleiber import Forecast, forecast, forecast_many
from kleiber.curves.curve import make_curve
from kleiber.forecasting.backtest import backtest
from kleiber.forecasting.robust import split, split_all
from kleiber.forecasting.rosner import left_out

N = 100 * 2.0 ** np.arange(6)
NINETY = np.array([0.05, 0.5, 0.95])
AHEAD = np.array([2.0, 4.0, 8.0])


def errors(runs: int, sizes: int = 6, noise: float = 0.02, seed: int = 1) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Sizes, error rates and labels of a power law with a floor."""
    n = np.repeat(100 * 2.0 ** np.arange(sizes), runs)
    chance = np.random.default_rng(seed)
    return n, (0.6 * (n / 100) ** -0.5 + 0.03) * np.exp(noise * chance.normal(size=len(n))), list(range(runs)) * sizes


def moved(fc: Forecast, other: Forecast) -> float:
    """How far medians at 2 to 8 times the largest size lie apart, over the width of the other's interval."""
    at = other.curve.n[-1] * AHEAD
    one, two = (of.posterior.quantile(at, NINETY, 1.0) for of in (fc, other))
    return float(np.max(np.abs(one - two)[:, 1] / (two[:, 2] - two[:, 0])))


@pytest.mark.parametrize("row", [0, 7, 16])
@pytest.mark.parametrize("bad", ["guesses", "above", "below"])
def test_one_bad_run_of_eighteen_is_left_out_and_named(row: int, bad: str) -> None:
    n, error, labels = errors(3)
    good = np.arange(18) != row
    error[row] = {"guesses": 0.9, "above": 1.3 * error[row], "below": 0.7 * error[row]}[bad]
    fc = forecast(n, 1 - error, replicate=labels, metric="accuracy")
    without = forecast(n[good], 1 - error[good], replicate=np.array(labels)[good], metric="accuracy")
    assert moved(fc, without) < 1 / 3
    (left,) = fc.outliers
    assert (left.n, left.replicate, left.loss) == (n[row], str(labels[row]), pytest.approx(error[row]))
    assert "where the 2 other runs of its size have" in left.why
    assert fc.kept is not None and not fc.kept.outliers
    (said,) = (w.message for w in fc.warnings if w.code == "outlier")
    assert f"Left out: the run at n = {n[row]:,.0f}, replicate {labels[row]}, with accuracy " in said
    told = re.search(r"With it accuracy at 6,400 would be (\S+) \(.* in place of (\S+) \(", said)
    for text, of in zip(told.groups(), (fc.kept, fc), strict=True):
        assert float(text) == pytest.approx(1 - of.median(6400.0), abs=0.51 * 10.0 ** -len(text.partition(".")[2]))


@pytest.mark.parametrize(("row", "factor"), [(4, 1.3), (4, 0.7), (8, 2.0), (8, 0.5)])
def test_a_size_with_one_run_is_judged_by_the_curve(row: int, factor: float) -> None:
    n, error, _ = errors(1, sizes=9)
    error[row] *= factor
    fc, good = forecast(n, error, metric="error"), np.arange(9) != row
    assert moved(fc, forecast(n[good], error[good], metric="error")) < 1 / 3
    assert [left.n for left in fc.outliers] == [n[row]] and "the sizes around it lead to" in fc.outliers[0].why
    assert fc.horizon >= n[-1] and len(fc.regions) == 9


def test_a_lone_low_run_at_the_largest_size_is_judged_by_the_line_before_it() -> None:
    n, found, clean = 100 * 2.0 ** np.arange(9), 0, 0
    for seed in range(40):
        error = 0.6 * (n / 100) ** -0.15 * np.exp(0.04 * np.random.default_rng(seed).normal(size=9))
        clean += bool(split(make_curve(n, error))[1])
        error[8] *= 0.7
        found += [left.n for left in split(make_curve(n, error))[1]] == [n[8]]
    assert found >= 34 and clean == 0  # by a parabola alone 27


def test_a_curve_that_begins_slowly_keeps_its_smallest_size() -> None:
    n, begun, low = 100 * 2.0 ** np.arange(9), 0, 0
    for seed in range(100):
        chance = np.random.default_rng(seed)
        noise = 1 + 0.003 * chance.normal(size=9)
        late = 1 / (1 + (n / (100 * 256 ** chance.uniform(0.1, 0.5))) ** 1.5)
        begun += any(left.n == n[0] for left in split(make_curve(n, late * noise))[1])  # by the parabola alone 6
        bad = np.where(n > n[0], 1.0, 0.5) * (n / n[0]) ** -0.4
        low += [left.n for left in split(make_curve(n, bad * noise))[1]] == [n[0]]
    assert begun == 0 and low == 100


def test_of_two_runs_the_one_off_the_curve_is_left_out() -> None:
    n, error, labels = errors(2)
    error[5] *= 1.5
    assert [(left.n, left.replicate) for left in forecast(n, error, replicate=labels).outliers] == [(400.0, "1")]


def test_two_outliers_do_not_hide_each_other() -> None:
    for runs, rows in ((3, [4, 13]), (1, [3, 9])):
        n, error, labels = errors(runs, sizes=6 if runs == 3 else 12)
        error[rows] *= 1.8
        assert [left.n for left in forecast(n, error, replicate=labels).outliers] == [n[i] for i in rows]
        (said,) = (w.message for w in forecast(n, error, replicate=labels).warnings if w.code == "outlier")
        assert said.startswith("Left out: 2 runs, above all the run at n = ") and "With them loss at" in said


@pytest.mark.parametrize(
    "loss",
    [
        [0.9, 0.9, 0.89, 0.9, 0.9, 0.4],  # learning begins at the largest size
        [0.9, 0.2, 0.19, 0.18, 0.175, 0.17],  # and ends at the smallest
        [2.0, 1.98, 1.9, 1.7, 1.2, 0.5],
        [0.60, 0.52, 0.45, 0.41, 0.47, 0.55, 0.40, 0.30],
        [1.0, 0.8, 0.65, 0.55, 0.5, 0.55, 0.65, 0.8],
        [1.0, 0.3, 0.09, 0.027, 0.008],
        [1.0, 1.0, 1.0, 1.0, 1.0],
    ],
)
def test_what_learning_may_do_is_no_outlier(loss: list[float]) -> None:
    curve = make_curve(100 * 2.0 ** np.arange(len(loss)), loss)
    assert split(curve)[0] is curve


def test_clean_curves_keep_every_run_and_their_numbers() -> None:
    alarms = 0
    for noise in (scenarios.even, scenarios.shared, scenarios.growing):
        rows = [study.rows(labelled=True) for study in scenarios.studies(scenarios.power, noise, 100, 11)]
        for one, other in zip(forecast_many(rows), forecast_many(rows, outliers="keep"), strict=True):
            alarms += bool(one.outliers)
            if not one.outliers and one.status == "ok":
                at = one.curve.n[-1] * AHEAD
                assert np.array_equal(one.posterior.quantile(at, NINETY, 1.0), other.posterior.quantile(at, NINETY, 1.0))
    assert alarms <= 9


def test_coverage_and_width_with_a_run_of_eighteen_bad() -> None:
    """150 studies: a standard error of the share is .024, so .84 is two and a half of them below .9."""
    chance = np.random.default_rng(12)
    drawn = scenarios.studies(scenarios.power, scenarios.even, 150, 13)
    clean, bad = [study.rows(labelled=True) for study in drawn], []
    for rows in clean:
        kind = np.where(chance.random(len(rows["n"])) < 1 / 18, chance.choice([1.0, 1.3, 0.7], len(rows["n"])), 0.0)
        spoilt = np.where(kind == 1.0, 1.2, rows["loss"] * np.maximum(kind, 1e-9))
        bad.append(rows | {"loss": np.where(kind == 0, rows["loss"], spoilt)})
    at = [np.array([study.ahead]) for study in drawn]
    ends = [
        np.array(
            [fc.posterior.quantile(n, NINETY, None)[0] for fc, n in zip(forecast_many(rows, outliers=how), at, strict=True)]
        )
        for rows, how in ((bad, "robust"), (bad, "keep"), (clean, "robust"))
    ]
    truth = np.array([study.truth for study in drawn])
    assert 0.84 <= np.mean((truth >= ends[0][:, 0]) & (truth <= ends[0][:, 2])) <= 0.98
    robust, keep, none = (np.median(found[:, 2] - found[:, 0]) for found in ends)
    assert robust < 1.15 * none and keep > 1.3 * none  # the second is the negative control


def test_a_wrong_unit_is_refused_and_a_run_that_has_learnt_nothing_is_not() -> None:
    n, error, labels = errors(3)
    error = 0.1 * error
    wrong, guessed = error.copy(), error.copy()
    wrong[16], guessed[16] = error[16] / 100, 0.9
    assert forecast(n, wrong, replicate=labels, metric="error").refusal.code == "outlier"
    assert forecast(n, guessed, replicate=labels, metric="error").outliers[0].loss == 0.9
    entropy = np.where(np.arange(18) == 16, 2.3, error)
    assert forecast(n, entropy, replicate=labels).refusal.code == "outlier"
    assert forecast(n, entropy, replicate=labels, chance=2.303).outliers[0].loss == 2.3


def test_a_back_test_leaves_out_the_same_runs() -> None:
    n, error, labels = errors(3)
    good = np.arange(18) != 16
    error[16] = 0.9
    curve = make_curve(n, error, replicate=labels, metric="error")
    without = make_curve(n[good], error[good], replicate=np.array(labels)[good], metric="error")
    assert backtest(curve) == backtest(without)
    assert any(not check.inside for check in backtest(curve, outliers="keep"))


def test_a_run_with_a_large_standard_error_is_no_outlier() -> None:
    n, error, _ = errors(1, sizes=9)
    error[4] *= 1.5
    se = np.where(np.arange(9) == 4, 0.5, 0.02) * error
    assert not forecast(n, error, se=se).outliers and forecast(n, error, se=0.02 * error).outliers


def test_thousands_of_runs_and_sizes_are_searched_in_one_go() -> None:
    for sizes, runs in ((4000, 1), (40, 500)):
        n, error, _ = errors(runs, sizes=sizes) if runs > 1 else errors(1, sizes=9)
        if runs == 1:
            n = np.geomspace(100, 1e5, sizes)
            error = (0.6 * (n / 100) ** -0.5 + 0.03) * np.exp(0.02 * np.random.default_rng(0).normal(size=sizes))
        else:
            n = np.repeat(np.geomspace(100, 1e5, sizes), runs)
            error = (0.6 * (n / 100) ** -0.5 + 0.03) * np.exp(0.02 * np.random.default_rng(0).normal(size=len(n)))
        rows = np.arange(20, len(n), len(n) // 37)
        error[rows] *= 1.6
        assert [left.n for left in split(make_curve(n, error))[1]] == pytest.approx(n[rows])


def test_curves_that_are_judged_together_lose_the_runs_that_each_loses_alone() -> None:
    curves, chance = [], np.random.default_rng(7)
    for number in range(120):
        sizes = (5, 9, 9, 30, 70)[number % 5]
        n = np.repeat(np.unique(np.round(np.geomspace(100, 1e5, sizes))), (1, 1, 1, 3)[number % 4])
        loss = (0.1 + (n / 100) ** -0.3) * np.exp(0.02 * chance.normal(size=len(n)))
        loss[chance.integers(len(n))] *= (1.0, 1.5, 0.5)[number % 3]
        curves.append(make_curve(n, loss, se=0.02 * loss if number % 7 == 0 else None))
    together, alone = split_all(curves), [split(curve) for curve in curves]
    assert sum(bool(left) for _, left in alone) > 30
    for (rest, left), (other, same) in zip(together, alone, strict=True):
        assert np.array_equal(rest.loss, other.loss)
        assert [(one.n, one.replicate, one.loss, one.why) for one in left] == [
            (one.n, one.replicate, one.loss, one.why) for one in same
        ]
        assert [one.expected for one in left] == pytest.approx([one.expected for one in same], rel=1e-12)


def test_the_curve_at_a_size_is_the_least_squares_parabola_through_its_neighbours() -> None:
    x, y = np.log(100 * 1.7 ** np.arange(14)), np.random.default_rng(3).normal(size=14)
    off, _, _ = left_out(x, y, np.zeros(14))
    for i, near in ((0, range(1, 11)), (6, [*range(1, 6), *range(7, 12)]), (13, range(3, 13))):
        near = list(near)
        assert y[i] - off[i] == pytest.approx(np.polyval(np.polyfit(x[near], y[near], 2), x[i]), rel=1e-9)
