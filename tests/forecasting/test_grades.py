"""Grades: by the width of the 80 % band of the curve, and a guess wherever nothing was measured to rely on."""

import warnings

import numpy as np
import pytest

import kleiber
from kleiber import HorizonWarning
from kleiber.curves.curve import Caution
from kleiber.forecasting import grades as module
from kleiber.forecasting.backtest import judged
from kleiber.forecasting.grades import grades, worse
from kleiber.metric import Metric

N = np.repeat(100.0 * 2.0 ** np.arange(6), 2)
NOISE = np.random.default_rng(0).normal(size=12)


class Band:
    """A posterior whose 80 % band has the ratio given, at each size its own."""

    def __init__(self, *ratios: float) -> None:
        self.ratios = np.array(ratios)

    def quantile(self, n, q, of):
        assert q.tolist() == [0.1, 0.9] and of is None  # the 80 % band, of the curve itself
        return np.column_stack([np.full(len(n), 0.3), 0.3 * np.broadcast_to(self.ratios, len(n))])


def graded(band, n, **given):
    ends = {"smallest": 100.0, "largest": 3200.0, "best": "firm"} | given
    return grades(band, np.asarray(n, dtype=float), **ends)


def clean(floor=0.03, noise=0.02):
    return kleiber.forecast(N, (1.2 * N**-0.4 + floor) * (1 + noise * NOISE))


def wide():
    return kleiber.forecast([100, 200, 400, 800], [1.0, 0.7, 0.6, 0.4])


def test_the_grade_goes_by_the_ratio_of_the_ends_of_the_80_per_cent_band() -> None:
    band = Band(1.0, 1.2499, 1.2501, 1.9999, 2.0001, 50.0)
    assert graded(band, [400] * 6) == ["firm", "firm", "rough", "rough", "guess", "guess"]
    exact = np.array([0.5, 0.5 * 1.25, 0.5 * 2.0])  # a ratio of exactly 1.25, and of exactly 2, is the better grade
    for high, grade in (
        (exact[1], "firm"),
        (np.nextafter(exact[1], 9), "rough"),
        (exact[2], "rough"),
        (1.0000001, "guess"),
    ):
        band.quantile = lambda n, q, of, high=high: np.array([[0.5, high]])
        assert graded(band, [400]) == [grade]


@pytest.mark.parametrize("best", ["firm", "rough", "guess"])
def test_a_guess_lies_below_the_smallest_size_and_beyond_32_times_and_beyond_the_largest_the_best_is_given(best) -> None:
    n = [99.9, 100, 1000, 3200, 3201, 32 * 3200, 32 * 3200 + 1]
    assert graded(Band(1.0), n, best=best) == ["guess", "firm", "firm", "firm", best, best, "guess"]


def test_a_band_down_to_nothing_is_a_guess_and_one_of_nothing_is_firm() -> None:
    band = Band(1.0)
    band.quantile = lambda n, q, of: np.array([[0.0, 0.1], [0.0, 0.0]])
    assert graded(band, [400, 800]) == ["guess", "firm"]


def test_the_worse_of_two_grades() -> None:
    assert worse("firm", "rough") == worse("rough", "firm") == "rough"
    assert worse("guess", "firm") == "guess" and worse("firm", "firm") == "firm"


@pytest.mark.parametrize("fc", [clean(), clean(noise=0.1), wide()], ids=["clean", "noisy", "wide"])
def test_a_forecast_is_graded_as_its_quantiles_say_alone_and_in_arrays(fc) -> None:
    smallest, largest = fc.curve.n[0], fc.curve.n[-1]
    n = np.geomspace(smallest / 4, 100 * largest, 40)
    low, high = fc.posterior.quantile(n, np.array([0.1, 0.9]), None).T
    ratio = high / low
    expected = ["firm" if r <= 1.25 else "rough" if r <= 2 else "guess" for r in ratio]
    expected = ["guess" if not smallest <= k <= 32 * largest else grade for k, grade in zip(n, expected, strict=True)]
    best = module.ceiling(fc.posterior, distrusted=False, flat=fc.flat)
    expected = [worse(best, grade) if k > largest else grade for k, grade in zip(n, expected, strict=True)]
    assert fc.grade(n) == fc.grade(n.tolist()) == expected == [fc.grade(float(k)) for k in n]
    assert isinstance(fc.grade(largest), str) and isinstance(fc.grade([largest]), list)


def test_the_grades_of_these_curves_are_not_all_one() -> None:
    assert clean().grade([3200, 51_200, 1e6]) == ["firm", "rough", "guess"]
    assert wide().grade([800, 1600, 6400]) == ["firm", "rough", "guess"]


@pytest.mark.parametrize("fc", [clean(), clean(noise=0.1), wide()], ids=["clean", "noisy", "wide"])
def test_a_horizon_warning_comes_exactly_with_a_guess_outside_what_was_measured(fc) -> None:
    smallest, largest = float(fc.curve.n[0]), float(fc.curve.n[-1])
    seen = set()
    for n in np.geomspace(smallest / 4, 100 * largest, 60):
        if abs(np.log(n / fc.horizon)) < 0.05:  # the horizon is found to within its grid
            continue
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fc.median(n)
        outside = not smallest <= n <= largest
        assert bool(caught) == (outside and fc.grade(n) == "guess"), n
        assert all(issubclass(one.category, HorizonWarning) for one in caught)
        seen.add((outside, bool(caught)))
    assert {(False, False), (True, True)} <= seen


def test_after_a_failed_back_test_all_beyond_the_largest_size_is_a_guess_and_warned_of() -> None:
    fc = clean()
    doubted = type(fc)(**{name: getattr(fc, name) for name in fc.__dataclass_fields__} | {"distrusted": Caution("x", "y")})
    assert doubted.horizon == 3200 and doubted.grade([1600, 3200, 3300]) == ["firm", "firm", "guess"]
    assert fc.grade(3300) == "firm"
    doubted.median(3200)
    with pytest.warns(HorizonWarning, match=r"beyond the horizon of this forecast, 3\.2e\+03"):
        doubted.median(3300)
    assert judged(fc, ()) is fc or judged(fc, ()).distrusted is None


def test_what_has_not_begun_is_a_guess_and_what_falls_ever_faster_is_rough_at_best() -> None:
    chance = np.random.default_rng(1)
    flat = kleiber.forecast(N, 0.9 * (1 + 0.002 * chance.normal(size=12)))
    assert flat.flat and flat.grade([1600, 3200, 3300, 12_800]) == ["firm", "firm", "guess", "guess"]
    assert flat.horizon == flat.firm_horizon == 3200
    faster = kleiber.forecast(N, np.exp(-0.05 * np.log(N / 100) ** 1.7) * (1 + 0.002 * chance.normal(size=12)))
    width = module.widths(faster.posterior, np.array([3300.0]))[0]
    assert width < 1.25 and faster.grade([3200, 3300]) == ["firm", "rough"] and faster.firm_horizon == 3200 < faster.horizon
    straight = kleiber.forecast(N, (N / 100) ** -0.3 * (1 + 0.002 * chance.normal(size=12)))
    levelling = kleiber.forecast(N, (0.2 + (N / 100) ** -0.5) * (1 + 0.002 * chance.normal(size=12)))
    assert straight.grade(3300) == levelling.grade(3300) == "firm"


def test_of_a_score_whose_best_is_nominal_the_ratio_of_the_scores_counts_too() -> None:
    """A mAP of 3 may be 2 or 4: what lacks to 100 hardly differs, and yet it is no firm forecast."""
    n = np.array([3200.0])
    band = Band(1.2)  # losses of 0.3 to 0.36: scores of 70 to 64
    assert module.widths(band, n)[0] == pytest.approx(1.2)
    near, named = Metric("map", "1 - map", True, 100.0, 100.0, nominal=True), Metric("acc", "error", True, 100.0, 100.0)
    assert module.widths(band, n, near)[0] == module.widths(band, n, named)[0] == pytest.approx(1.2)
    low = Metric("map", "1 - map", True, 40.0, 100.0, nominal=True)  # scores of 10 to 4
    assert module.widths(band, n, low)[0] == pytest.approx(2.5) and graded(band, [3200], scale=low) == ["guess"]
    few = Metric("map", "1 - map", True, 35.0, 100.0, nominal=True)  # scores of 5 to -1
    assert graded(band, [3200], scale=few) == ["guess"] and graded(band, [3200]) == ["firm"]


def test_the_grade_and_the_horizon_of_a_low_map_are_those_of_its_scores() -> None:
    score = [2.0, 4.0, 5.2, 8.5, 9.2]
    named, unnamed = (
        kleiber.forecast([1000, 2000, 4000, 8000, 16_000], score, metric=metric) for metric in ("mAP", "accuracy")
    )
    assert named.curve.scale.nominal and np.array_equal(named.posterior.weight, unnamed.posterior.weight)
    assert named.horizon * 1.05 < unnamed.horizon
    between = float(np.sqrt(named.horizon * unnamed.horizon))
    assert (named.grade(between), unnamed.grade(between)) == ("guess", "firm")


@pytest.mark.parametrize("ratio", [1.1, 1.25, 2.0])
def test_the_horizon_is_where_the_band_reaches_the_ratio(ratio) -> None:
    fc = clean()
    n = module.reach(fc.posterior, fc.measured, ratio)
    assert 3200 < n <= 32 * 3200
    width = float(module.widths(fc.posterior, np.array([n]))[0])
    assert width == pytest.approx(ratio, rel=0.01) or (n == 32 * 3200 and width < ratio)
    assert kleiber.forecast(fc.curve, tolerance=ratio).horizon == pytest.approx(n)
