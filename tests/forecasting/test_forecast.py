"""The forecast: its face, its refusals, its units, and that its intervals hold what they say."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kleiber.curves.curve import make_curve
from kleiber.curves.sources import choose
from kleiber.errors import KleiberError, Refused
from kleiber.forecasting import calibration
from kleiber.forecasting.forecast import Forecast, HorizonWarning
from kleiber.forecasting.forecasts import forecast, forecast_many

N, LOSS = [200, 400, 800, 1600], [1.98, 1.79, 1.66, 1.51]


def curve(seed=0, sizes=6, runs=2, noise=0.02, floor=0.1, exponent=0.3):
    chance = np.random.default_rng(seed)
    n = np.repeat(100.0 * 2.0 ** np.arange(sizes), runs)
    return n, ((1 - floor) * (n / 100) ** -exponent + floor) * (1 + noise * chance.normal(size=len(n)))


def test_front_door() -> None:
    fc = forecast(N, LOSS)
    assert isinstance(fc, Forecast) and fc.status == "ok"
    assert {w.code for w in fc.warnings} >= {"noise-unknown"}
    with pytest.warns(HorizonWarning, match="beyond the horizon"):
        middle = fc.median(60_000)
    assert isinstance(middle, float) and 0.3 < middle < 1.5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HorizonWarning)
        assert fc.median([3000, 6000]).shape == (2,)
        assert fc.quantile([50_000, 1e6], [0.05, 0.95]).shape == (2, 2)
        assert isinstance(fc.logpdf(50_000, 1.1), float) and np.isfinite(fc.logpdf(50_000, 1.1))
        assert fc.needed(1.0, probability=0.9) > fc.needed(1.0, probability=0.5) > 1600
        assert fc.needed(0.01, probability=0.9) == float("inf")
    assert 0 < fc.never(1.0) < 1 and fc.never(0.0) == 1.0
    assert fc.quantile(3000, [0.1, 0.9], of="mean").shape == (2,) and fc.quantile([3000, 4000], 0.5).shape == (2,)
    assert sum(weight for _, weight in fc.laws) == pytest.approx(1.0)
    assert fc.exponent.low < fc.exponent.median < fc.exponent.high


def test_the_density_integrates_to_one_and_agrees_with_the_quantiles() -> None:
    fc = forecast(*curve())
    x = np.geomspace(0.05, 5.0, 40_001)
    density = np.exp(fc.logpdf(np.full_like(x, 6400.0), x))
    assert np.trapezoid(density * x, np.log(x)) == pytest.approx(1.0, abs=1e-3)
    below = x <= fc.quantile(6400, 0.3)
    assert np.trapezoid((density * x)[below], np.log(x)[below]) == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(("k_n", "k_loss"), [(1e-3, 1.0), (1e6, 1.0), (1.0, 100.0), (1e9, 1e-6)])
def test_units_change_nothing(k_n, k_loss) -> None:
    n, loss = curve()
    one, other = forecast(n, loss), forecast(n * k_n, loss * k_loss)
    q = [0.05, 0.5, 0.95]
    assert other.quantile(6400 * k_n, q) / k_loss == pytest.approx(one.quantile(6400, q), rel=1e-6)
    assert other.needed(0.3 * k_loss) / k_n == pytest.approx(one.needed(0.3), rel=1e-6)
    assert other.horizon / k_n == pytest.approx(one.horizon, rel=1e-6)
    assert other.never(0.1 * k_loss) == pytest.approx(one.never(0.1), rel=1e-6)


def test_order_and_labels_change_nothing() -> None:
    n, loss = curve()
    labels = np.tile([0, 1], 6)
    order = np.random.default_rng(3).permutation(len(n))
    one = forecast(n, loss, replicate=labels).quantile(6400, [0.05, 0.95])
    assert forecast(n[order], loss[order], replicate=labels[order]).quantile(6400, [0.05, 0.95]) == pytest.approx(
        one, rel=1e-12
    )
    assert forecast(n, loss, replicate=[f"r{i}" for i in labels]).quantile(6400, [0.05, 0.95]) == pytest.approx(
        one, rel=1e-12
    )
    twice = forecast([*n, n[0]], [*loss, loss[0]], replicate=[*labels, labels[0]], seed=[0] * 13)
    assert twice.quantile(6400, [0.05, 0.95]) == pytest.approx(one, rel=1e-12)
    assert "duplicate-rows" in {w.code for w in twice.warnings}


def test_accuracy_is_error_at_the_border() -> None:
    n, error = curve()
    one = forecast(n, error, metric="error").median(6400)
    assert forecast(n, 1 - error, metric="accuracy").median(6400) == pytest.approx(one, rel=1e-8)
    percent = forecast(n, 100 - 100 * error * 0.9, metric="accuracy")
    assert percent.curve.metric == "error" and "read-as" in {w.code for w in percent.warnings}


def test_wider_farther_out_and_with_more_noise_and_with_a_small_test_set() -> None:
    fc = forecast(*curve())
    low, high = fc.quantile(3200 * 2.0 ** np.arange(0, 3), [0.05, 0.95], of="mean").T
    assert np.all(np.diff(np.log(high / low)) > 0)
    noisy = [np.diff(np.log(forecast(*curve(seed=s, noise=0.05)).quantile(3200, [0.05, 0.95])))[0] for s in range(5)]
    quiet = [np.diff(np.log(forecast(*curve(seed=s, noise=0.01)).quantile(3200, [0.05, 0.95])))[0] for s in range(5)]
    assert np.median(noisy) > np.median(quiet)
    n, loss = curve()
    small = forecast(n, loss, metric="error", n_test=100)
    assert np.diff(small.quantile(3200, [0.05, 0.95])) > np.diff(fc.quantile(3200, [0.05, 0.95]))


def test_a_test_set_widens_a_new_run_alone_and_only_where_it_was_given_to_the_forecast() -> None:
    n, loss = curve()
    loss = 0.5 * loss
    plain, small = forecast(n, loss, metric="error"), forecast(n, loss, metric="error", n_test=100)
    q = [0.05, 0.5, 0.95]
    assert np.array_equal(small.quantile(3200, q, of="mean"), plain.quantile(3200, q, of="mean"))
    assert small.horizon == plain.horizon and small.needed(0.15) == plain.needed(0.15)
    known = forecast(make_curve(n, loss, metric="error", n_test=100))
    assert np.array_equal(known.quantile(3200, q), plain.quantile(3200, q))
    even = {
        **calibration.shipped().to_dict(),
        "spread": [0.0] * (calibration.FEATURES + 1),
    }  # a mixture as its components leave it
    of = [
        forecast(n, loss, metric="error", n_test=k, calibration=even).posterior.mixture(np.array([3200.0]), 1.0)
        for k in (100, None)
    ]
    p = np.exp(of[0].place) * plain.posterior.loss_unit
    assert np.expm1(of[0].scale ** 2) - np.expm1(of[1].scale ** 2) == pytest.approx((1 - p) / p / 100, rel=1e-6)  # binomial
    squared = forecast(n, loss, metric="mean_squared_error", n_test=100)
    assert np.isinf(squared.posterior.top) and np.isfinite(small.posterior.top)
    assert forecast(n, 30 * loss, metric="error").posterior.highest == 100.0


def test_an_error_rate_is_cut_off_at_one() -> None:
    fc = forecast([100, 200, 400, 800], [0.95, 0.94, 0.93, 0.92], metric="error", n_test=20)
    assert np.all(fc.posterior.quantile(np.array([50.0, 400.0]), np.array([0.5, 0.9999]), 1.0) < 1)
    assert fc.logpdf(800, 1.01) == -np.inf
    x = np.linspace(1e-4, 1, 801)
    assert np.trapezoid(np.exp(fc.logpdf(np.full_like(x, 800.0), x)), x) == pytest.approx(1.0, abs=2e-3)
    assert fc.posterior.cdf(np.array([800.0]), np.array([[1.0]]), 1.0) == pytest.approx(1.0)


def test_quantiles_never_fall_as_q_rises_and_chunks_change_nothing() -> None:
    draws = forecast(*curve()).posterior
    q, n = np.array([0.9, 0.1, 0.5, 0.5000001, 0.1]), np.geomspace(100, 1e5, 150)
    found = draws.quantile(n, q, 1.0)
    assert found.shape == (150, 5) and np.all(np.diff(found[:, np.argsort(q, kind="stable")], axis=1) >= 0)
    assert found[140] == pytest.approx(draws.quantile(n[140:141], q, 1.0)[0], rel=1e-8)
    assert draws.quantile(np.array([]), q, 1.0).shape == (0, 5)


def test_below_the_smallest_size_is_beyond_too() -> None:
    fc = forecast(*curve())
    assert fc.beyond(50) and not fc.beyond(100)
    with pytest.warns(HorizonWarning, match="below the smallest size measured, 100"):
        fc.median(50)


def test_standard_errors_in_percent_follow_their_accuracy() -> None:
    n, error = curve(runs=1)
    one = forecast(n, 1 - error, metric="accuracy", se=[0.02] * 6)
    other = forecast(n, 100 - 100 * error, metric="accuracy", se=[2.0] * 6)
    assert other.curve.se == pytest.approx(one.curve.se)
    assert other.quantile(3200, [0.05, 0.95]) == pytest.approx(one.quantile(3200, [0.05, 0.95]), rel=1e-6)


def test_a_quantile_is_never_negative() -> None:
    fc = forecast([100, 200, 400, 800], [1.0, 0.4, 0.17, 0.06])
    assert np.all(fc.posterior.quantile(np.array([1e3, 1e5, 1e7]), np.array([1e-6, 0.05, 0.95]), 1.0) > 0)
    assert fc.posterior.logpdf(np.array([900.0]), np.array([-0.1]))[0] == -np.inf


@pytest.mark.parametrize(
    ("n", "loss", "text"),
    [
        ([100, 200], [2.0, 1.0], "2 sizes were measured"),
        ([], [], "No size was measured"),
        ([100, 200, 400, 800], [2.0, np.nan, 1.5, 1.2], "not finite"),
        ([100, 200, 400], [2.0, 0.0, 1.5], "zero or negative"),
        ([100, 200, 400], [2.0, -1.0, 1.5], "zero or negative"),
        ([100, 200, 400, 800], [1.0, 1.2, 1.5, 1.9], "worse: 0.30 more with each doubling"),
        ([100, 200, 400, 800], [1e300, 1.0, 1e-300, 1e-308], "not one curve"),
        ([0, 200, 400], [1.0, 0.9, 0.8], "not finite and positive"),
        ([100, 200, 400], [1.7e308] * 3, "which arithmetic can hold"),
        ([100, 200, 400], [1e-320] * 3, "which arithmetic can hold"),
        ([1e300, 2e300, 4e300], [3.0, 2.0, 1.0], "which arithmetic can hold"),
        (
            [100, 200, 400, 800, 1600],
            [1, 0.8, 65.0, 0.55, 0.45],
            "n = 400, replicate 0, has a loss of 65, 96.9 times above",
        ),
        ([100, 200, 400, 800], [1, 0.8, 0.65, 0.03], "n = 800, replicate 0, has a loss of 0.03"),
    ],
)
def test_refusals_say_why_and_what_would_help(n, loss, text) -> None:
    fc = forecast(n, loss)
    assert fc.status == "refused" and fc.reason is not None and text in fc.reason and fc.help
    for ask in (
        lambda: fc.median(1e4),
        lambda: fc.needed(1.0),
        lambda: fc.never(1.0),
        lambda: fc.exponent,
        lambda: fc.horizon,
    ):
        with pytest.raises(Refused, match=text):
            ask()


@pytest.mark.parametrize(
    ("n", "loss", "options", "code"),
    [
        ([100, 200, 400], [2.0, 1.7, 1.5], {}, "three-sizes"),
        ([100, 200, 400, 800], [1.0, 1.0, 1.0, 1.0], {}, "flat"),
        ([100, 200, 400, 800, 1600], [1.0, 0.8, 0.6, 0.7, 0.9], {}, "u-shape"),
        ([100, 200, 400, 800], [2.3, 2.2, 1.7, 1.3], {"chance": 2.303}, "small-data"),
        ([100, 200, 400, 800], [1.0, 0.2, 0.04, 0.008], {}, "exponent-range"),
        ([100, 200, 400, 800], [1.0, 0.7, 0.66, 0.4], {"tolerance": 1.5}, "floor-not-identified"),
        ([100, 200, 400, 800], [1.0, 0.7, 0.66, 0.4], {"tolerance": 1.5}, "extrapolation"),
        ([100, 200, 400, 800, 1600, 3200], [2.0, 1.98, 1.9, 1.7, 1.2, 0.5], {}, "bends-down"),
        ([100, 200, 400, 800, 1600], [1, 0.8, 3.0, 0.55, 0.45], {}, "outlier"),
        ([100, 100, 100, 200, 400], [1, 3.0, 1.02, 0.8, 0.65], {}, "outlier"),
    ],
)
def test_warnings_have_stable_codes(n, loss, options, code) -> None:
    assert code in {w.code for w in forecast(n, loss, **options).warnings}


def test_an_outlier_is_named_and_hides_no_learning() -> None:
    n = np.repeat([100, 200, 400, 800, 1600], 3)
    loss = (n / 100.0) ** -0.3 * np.tile([1.0, 1.01, 0.99], 5)
    loss[7] *= 5
    fc = forecast(n, loss, replicate=np.tile(["a", "b", "c"], 5))
    said = {w.code: w.message for w in fc.warnings}
    assert "the run at n = 400, replicate b, with loss 3.3" in said["outlier"] and "flat" not in said
    kept = forecast(n, loss, replicate=np.tile(["a", "b", "c"], 5), outliers="keep")
    said = {w.code: w.message for w in kept.warnings}
    assert "n = 400, replicate b, has a loss of 3.3" in said["outlier"] and "flat" not in said
    assert "outlier" not in {w.code for w in forecast(*curve(noise=0.1)).warnings}


def test_curves_of_the_laws_own_form_do_not_bend_down() -> None:
    codes = [{w.code for w in forecast(*curve(seed, floor=floor)).warnings} for seed in range(15) for floor in (0.0, 0.3)]
    assert not any("bends-down" in found or "outlier" in found for found in codes)


def test_standard_errors_that_no_measurement_has_are_refused() -> None:
    fc = forecast(N, LOSS, se=[1e-200] * 4)
    assert fc.status == "refused" and "standard error 1e-200" in str(fc.reason)


def test_luck_at_each_size_is_covered_where_replicates_are_quiet() -> None:
    inside = 0
    for seed in range(100):
        luck = np.random.default_rng(seed).normal(size=6)
        n, loss = curve(seed, noise=0.002, runs=3)
        part = n <= 1600
        loss = loss * (1 + 0.03 * np.repeat(luck, 3))
        low, high = forecast(n[part], loss[part]).posterior.quantile(np.array([3200.0]), np.array([0.05, 0.95]), 3.0)[0]
        inside += low <= loss[~part].mean() <= high
    assert inside >= 81  # three standard errors below 90


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"n_test": 0}, "n_test is 0"),
        ({"n_test": -5}, "n_test is -5"),
        ({"n_test": float("nan")}, "n_test is nan"),
        ({"n_test": "x"}, "n_test is 'x'"),
        ({"metric": 5}, "metric is 5"),
        ({"model": 5}, "model is 5"),
        ({"random_state": "x"}, "random_state is 'x'"),
        ({"tolerance": "x"}, "tolerance is 'x'"),
        ({"outliers": "drop"}, "outliers is 'drop': it is 'robust'"),
    ],
)
def test_options_of_another_type_are_named(options, text) -> None:
    for source in ((make_curve(N, LOSS),), (N, LOSS)):
        with pytest.raises(KleiberError, match=text):
            forecast(*source, **options)


@pytest.mark.parametrize(
    ("slots", "text"),
    [
        ([3], "curve 0: give a Curve"),
        ([(N, LOSS), (1, 2, 3)], "curve 1: give a Curve"),
        ([{"n": N}], "curve 0: 'n' or 'loss' is missing"),
        ([{"n": N, "loss": LOSS, "x": 1}], "curve 0: it has 'x'"),
        ([(N, "x")], "curve 0: loss must be"),
        (5, "a list of curves"),
    ],
)
def test_a_wrong_slot_is_named(slots, text) -> None:
    with pytest.raises(KleiberError, match=text):
        forecast_many(slots)


def test_many_keep_their_slots() -> None:
    found = forecast_many([(N, LOSS), ([1, 2], [2.0, 1.0]), make_curve(N, LOSS), {"n": N, "loss": LOSS, "chance": 2.3}])
    assert [fc.status for fc in found] == ["ok", "refused", "ok", "ok"]
    assert found[0].median(3000) == found[2].median(3000)


def test_a_source_with_several_curves_asks_for_one(tmp_path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text(
        "size,accuracy,model\n"
        + "".join(f"{n},{1 - loss / 3},{m}\n" for m in "ab" for n, loss in zip(N, LOSS, strict=True))
    )
    with pytest.raises(KleiberError, match="no column 'n'"):
        forecast(path)
    path.write_text(path.read_text().replace("size", "n"))
    with pytest.raises(KleiberError, match="model='a'; metric='accuracy', model='b'"):
        forecast(path)
    assert forecast(str(path), metric="accuracy", model="a").curve.metric == "error"
    with pytest.raises(KleiberError, match="no curve"):
        forecast(path, model="c")
    assert choose([make_curve(N, LOSS)], metric=None, model=None).model == "model"


@pytest.mark.parametrize(
    "ask",
    [
        lambda fc: fc.median(0),
        lambda fc: fc.median([[1, 2]]),
        lambda fc: fc.quantile(100, 1.0),
        lambda fc: fc.quantile(100, 0.5, of="curve"),
        lambda fc: fc.needed(np.nan),
        lambda fc: fc.needed(1.0, probability=1.0),
    ],
)
def test_wrong_questions_are_named(ask) -> None:
    with pytest.raises(KleiberError):
        ask(forecast(N, LOSS))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=6))
def test_anything_gives_numbers_or_a_coded_refusal(rows) -> None:
    fc = forecast([n for n, _ in rows], [loss for _, loss in rows])
    if fc.status == "ok":
        low, middle, high = fc.posterior.quantile(np.array([fc.posterior.n_unit]), np.array([0.05, 0.5, 0.95]), 1.0)[0]
        assert 0 <= low <= middle <= high < np.inf
    else:
        assert fc.reason and fc.help


def held(shrinks: list[float]) -> list[float]:
    """Share of 80 curves whose mean at 4 times the largest size lies in the 90 % interval, shrunk about its median."""
    chance, inside = np.random.default_rng(7), np.zeros(len(shrinks))
    for seed in range(80):
        noise, floor = chance.uniform(0.01, 0.03), chance.choice([0.0, chance.uniform(0, 0.5)])
        exponent = np.exp(chance.normal(np.log(0.3), 0.4))
        n, loss = curve(seed, noise=noise, floor=floor, exponent=exponent)
        low, middle, high = forecast(n, loss).posterior.quantile(np.array([12800.0]), np.array([0.05, 0.5, 0.95]), None)[0]
        miss = (1 - floor) * 128**-exponent + floor - middle
        inside += [-s * (middle - low) <= miss <= s * (high - middle) for s in shrinks]
    return list(inside / 80)


def test_intervals_hold_what_they_say_and_narrower_ones_do_not() -> None:
    whole, halved = held([1.0, 0.5])
    assert whole >= 0.9
    assert halved < 0.9  # the negative control: the same test must see an interval that is too narrow
