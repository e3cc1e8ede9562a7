"""The advice: against the closed forms, against truth in simulation, in words, and what is refused."""

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest

from kleiber.answers.plan import economics
from kleiber.answers.plan.decide import Advice, plan
from kleiber.answers.plan.sensitivity import SWING
from kleiber.curves.curve import Caution
from kleiber.errors import KleiberError
from kleiber.forecasting.forecasts import forecast
from kleiber.wording import number, size

OWNED = 128_000
AMPLITUDE, EXPONENT = 0.08 * 1e5**0.3, 0.3


def curve(n, floor=0.0):
    return floor + AMPLITUDE * np.asarray(n, dtype=float) ** -EXPONENT


def measured(floor=0.0, seed=0, noise=0.01, runs=2, **options):
    chance = np.random.default_rng(seed)
    n = np.repeat(OWNED / 2.0 ** np.arange(8)[::-1], runs)
    return forecast(n, curve(n, floor) * (1 + noise * chance.normal(size=len(n))), **options)


@pytest.fixture(scope="module")
def fc():
    return measured()


ENGINEERS = {"months": 6, "cost_per_month": 3000.0, "gain": (0.0, 0.3)}


def option(advice, name):
    return next(option for option in advice.options if option.name == name)


def test_front_door(fc) -> None:
    advice = plan(fc, value_per_point=2e4, price_per_example=0.1, **ENGINEERS)
    assert isinstance(advice, Advice) and advice.status == "ok"
    assert [o.name for o in advice.options] == ["nothing", "labels", "engineers", "both"]
    assert advice.choice == min(advice.options, key=lambda o: o.cost).name == advice.best.name
    assert sum(o.best for o in advice.options) == pytest.approx(1.0)
    for o in advice.options:
        assert o.low < o.cost < o.high and o.regret >= 0
        assert o.saving == pytest.approx(option(advice, "nothing").cost - o.cost)
        assert o.saving_low <= o.saving <= o.saving_high
    assert option(advice, "engineers").spend == 18_000 and option(advice, "engineers").n == OWNED
    plain = json.loads(json.dumps(advice.to_dict(), allow_nan=False))
    assert plain["choice"] == advice.choice and len(plain["tornado"]) == 6 and plain["sentences"] == list(advice.sentences)


def test_the_same_for_one_random_state(fc) -> None:
    money = {"value_per_point": 2e4, "price_per_example": 0.1} | ENGINEERS
    assert plan(fc, **money).to_dict() == plan(fc, **money).to_dict()
    other = plan(fc, **money, random_state=7)
    assert option(other, "both").low != option(plan(fc, **money), "both").low
    assert other.best.cost == pytest.approx(plan(fc, **money).best.cost, rel=0.01)


def test_the_best_number_is_the_closed_optimum(fc) -> None:
    """Within 35 %: a factor of 1.35 in n costs less than 2 % of what labels and reducible loss cost."""
    advice = plan(fc, value_per_point=2e4, price_per_example=0.1)
    expected = economics.optimal_n(2e6, 0.1, AMPLITUDE, EXPONENT)
    assert advice.choice == "labels" and not advice.beyond
    assert expected / 1.35 < advice.best.n < expected * 1.35
    assert advice.best.n * 1.35 < economics.optimal_n(4 * 2e6, 0.1, AMPLITUDE, EXPONENT)  # and no other's
    true = 2e6 * curve(advice.best.n) + advice.best.spend
    assert advice.best.low < advice.best.cost < advice.best.high and advice.best.cost == pytest.approx(true, rel=0.05)
    assert advice.break_even.price == pytest.approx(2e6 * EXPONENT * curve(OWNED) / OWNED, rel=0.25)  # J'(owned) = 0


@pytest.mark.parametrize(
    ("money", "choice"),
    [
        ({"value_per_point": 2e4, "price_per_example": 0.1}, "labels"),
        ({"value_per_point": 2e4, "price_per_example": 10.0}, "nothing"),
        ({"value_per_point": 2e4, "price_per_example": 10.0, **ENGINEERS, "cost_per_month": 10.0}, "engineers"),
        ({"value_per_point": 2e5, "price_per_example": 0.1, **ENGINEERS}, "both"),
        ({"value_per_point": 2e4, "price_per_example": 0.1, **ENGINEERS, "gain": (-0.2, 0.0)}, "labels"),
    ],
)
def test_each_option_has_its_day(fc, money, choice) -> None:
    assert plan(fc, **money).choice == choice


def test_the_probability_of_being_best(fc) -> None:
    clear = plan(fc, value_per_point=2e4, price_per_example=0.1)
    assert option(clear, "labels").best > 0.95 and option(clear, "nothing").best < 0.05
    price = clear.break_even.price
    least = plan(fc, value_per_point=2e4, price_per_example=price, **ENGINEERS | {"gain": (0.9, 0.9)})
    assert least.choice == "engineers" and least.best.best > 0.95  # labels that buy none are nothing: not counted twice
    torn = plan(fc, value_per_point=2e4, price_per_example=0.1, **ENGINEERS | {"cost_per_month": 2000.0})
    assert all(0.25 < option(torn, name).best < 0.75 for name in ("labels", "both"))


def test_break_evens_turn_the_advice(fc) -> None:
    money = {"value_per_point": 2e4, "price_per_example": 0.1}
    even = plan(fc, **money).break_even
    for factor, choice in ((0.98, "labels"), (1.02, "nothing")):
        assert plan(fc, **money | {"price_per_example": even.price * factor}).choice == choice
        assert plan(fc, **money | {"value_per_point": even.value / factor}).choice == choice
    assert even.prices[2] == (pytest.approx(2e4), even.price) and even.prices[3][1] == pytest.approx(2 * even.price)
    assert even.months is None and even.gain is None and even.gains is None


def test_engineers_and_labels_break_even(fc) -> None:
    money = {"value_per_point": 2e4, "price_per_example": 0.1, **ENGINEERS, "deadline": 36}
    even = plan(fc, **money).break_even
    for factor in (0.97, 1.03):
        advice = plan(fc, **money | {"months": even.months * factor})
        assert (option(advice, "engineers").cost < option(advice, "labels").cost) == (factor < 1)
        cut = even.gain * factor
        advice = plan(fc, **money | {"gain": (cut, cut)})
        assert (option(advice, "engineers").cost < option(advice, "labels").cost) == (factor > 1)
    gains = [gain for _, gain in even.gains]
    assert gains == sorted(gains) and even.gains[2] == (6, even.gain)


def test_the_tornado_names_what_flips_and_where(fc) -> None:
    money = {"value_per_point": 2e4, "price_per_example": 0.1, **ENGINEERS}
    advice = plan(fc, **money)
    bars = {bar.what: bar for bar in advice.tornado}
    swings = [abs(bar.saving_high - bar.saving_low) for bar in advice.tornado]
    assert swings == sorted(swings, reverse=True)
    checked = 0
    for name in ("value_per_point", "price_per_example", "cost_per_month"):
        bar = bars[name]
        assert (
            bar.low == pytest.approx(money[name] / SWING) and plan(fc, **money | {name: bar.low}).choice == bar.choice_low
        )
        assert plan(fc, **money | {name: bar.high}).choice == bar.choice_high
        for flip in bar.flips:
            away = 1.01 if flip > money[name] else 1 / 1.01
            assert plan(fc, **money | {name: flip * away}).choice != advice.choice
            assert plan(fc, **money | {name: flip / away}).choice == advice.choice
            checked += 1
    assert checked >= 3


def test_nothing_flips_what_is_clear(fc) -> None:
    advice = plan(fc, value_per_point=1e-6, price_per_example=10.0)
    assert advice.choice == "nothing" and all(not bar.flips for bar in advice.tornado)
    assert any("No other option becomes the best if" in sentence for sentence in advice.sentences)


def test_time_costs_what_comes_late(fc) -> None:
    money = {"value_per_point": 2e4, "price_per_example": 0.1}
    at_once, slow = plan(fc, **money), plan(fc, **money, deadline=12, examples_per_month=30_000)
    assert OWNED <= slow.best.n < at_once.best.n
    never = plan(fc, **money, deadline=12, examples_per_month=1.0)
    assert never.choice == "nothing" and at_once.choice == "labels"
    late = plan(fc, **money, **ENGINEERS | {"months": 24}, deadline=12)
    assert option(late, "engineers").saving == pytest.approx(-24 * 3000.0)
    dear = [option(plan(fc, **money, **ENGINEERS, discount=rate), "engineers").saving for rate in (0.0, 0.1, 0.3)]
    assert dear == sorted(dear, reverse=True)


def test_nothing_is_bought_beyond_the_horizon() -> None:
    short = measured(noise=0.05, runs=1)
    advice = plan(short, value_per_point=1e9, price_per_example=1e-3)
    assert advice.best.n == pytest.approx(short.horizon) and advice.beyond
    reach = f"Beyond {size(short.horizon)} any forecast is a guess. Measure again there: more labels may pay."
    assert any(sentence.startswith(reach) for sentence in advice.sentences)
    less = plan(short, value_per_point=1e9, price_per_example=1e-3, available=2 * OWNED)
    assert less.best.n == pytest.approx(2 * OWNED) and not less.beyond
    assert any("It pays to buy all 256,000 examples that exist." in sentence for sentence in less.sentences)


def test_all_that_is_owned_is_where_the_advice_starts(fc) -> None:
    advice = plan(fc, value_per_point=2e4, price_per_example=0.1, owned=10 * OWNED)
    assert option(advice, "nothing").n == 10 * OWNED and advice.choice == "nothing"
    beyond = plan(fc, value_per_point=2e4, price_per_example=0.1, owned=100 * OWNED)
    assert beyond.status == "refused" and not beyond.options
    assert "owned lie beyond " in beyond.sentences[0]
    none_left = plan(fc, value_per_point=2e4, price_per_example=0.1, available=OWNED)
    assert any("We can't say whether labels pay" in sentence for sentence in none_left.sentences)


def test_what_cannot_be_judged_is_said_first_and_has_no_probability_of_being_best() -> None:
    n = np.repeat(OWNED / 2.0 ** np.arange(6)[::-1], 3)
    flat = forecast(n, 0.5 * (1 + 0.02 * np.random.default_rng(4).normal(size=len(n))), metric="error")
    assert flat.flat
    money = {"value_per_point": 2e4, "price_per_example": 0.5}
    look, cannot, until, *rest = plan(flat, **money).sentences
    assert look.startswith("Check this first: ") and cannot.startswith("We can't say whether labels pay")
    assert until == "Until then buy nothing."
    assert not any("probability" in one or "No single change" in one for one in (until, *rest))
    assert len([one for one in (look, *rest) if one in look]) == 1  # the caution is said once
    engineers = plan(flat, **money, **ENGINEERS).sentences
    assert any(one.startswith("Cheapest of what we can judge: ") for one in engineers)


def test_what_cannot_be_owned_and_what_has_no_effect_is_said(fc) -> None:
    money = {"value_per_point": 2e4, "price_per_example": 0.1}
    with pytest.raises(KleiberError, match="nothing is forecast below the smallest size"):
        plan(fc, **money, owned=1)
    with pytest.raises(KleiberError, match="it counts those owned too"):
        plan(fc, **money, available=OWNED / 2)
    advice = plan(fc, **money, deadline=6.0)
    assert [w.code for w in advice.cautions] == ["labels-at-once"]
    assert "The deadline has no effect" in advice.sentences[-1]
    assert not plan(fc, **money, deadline=6.0, examples_per_month=1000.0).cautions


def test_where_the_floor_dominates_the_advice_is_neither(fc) -> None:
    chance = np.random.default_rng(0)
    n = np.repeat(100.0 * 2.0 ** np.arange(10), 3)
    flat = forecast(n, (0.2 + 0.3 * (n / 100) ** -0.9) * (1 + 0.003 * chance.normal(size=len(n))))
    money = {"value_per_point": 2e3, "price_per_example": 0.1} | ENGINEERS
    advice = plan(flat, **money)
    assert advice.neither and advice.floor_dominates > 0.65 and advice.choice == "nothing"
    assert advice.sentences[0].startswith("Buy neither labels nor engineers: change labels, task or metric.")
    assert not plan(fc, **money).neither and plan(fc, **money).floor_dominates < 0.2


@pytest.mark.parametrize("metric", ["bleu", "rougeL", "mAP", "accuracy"])
def test_an_upper_end_that_nobody_reaches_is_no_evidence(metric) -> None:
    """A score of 19 to 31 in percent that levels off at 36: what lacks to 100 is a floor of an accuracy alone."""
    n = np.repeat(5000.0 * 2.0 ** np.arange(9), 2)
    score = 36 - 17.5 * (n / 5000) ** -0.25 + 0.1 * np.random.default_rng(3).normal(size=len(n))
    found = plan(forecast(n, score, metric=metric), value_per_point=2e3, price_per_example=1e-4)
    assert found.floor_dominates > 0.5 and found.choice == "labels"
    assert found.neither == (metric == "accuracy")
    said = " ".join(found.sentences)
    assert ("Buy neither" in said) == (metric == "accuracy") and "It saves " in said


def test_a_point_of_a_percentage_is_one_percent() -> None:
    chance = np.random.default_rng(0)
    n = np.repeat(OWNED / 2.0 ** np.arange(8)[::-1], 2)
    error = curve(n) * (1 + 0.01 * chance.normal(size=len(n)))
    share, percent = (forecast(n, k * error, metric="error") for k in (1.0, 100.0))
    money = {"value_per_point": 2e4, "price_per_example": 0.1}
    assert plan(percent, **money).best.n == pytest.approx(plan(share, **money).best.n, rel=0.02)
    assert plan(percent, **money).best.cost == pytest.approx(plan(share, **money).best.cost, rel=0.02)


def test_a_refused_forecast_gives_its_reason() -> None:
    advice = plan(forecast([100, 200], [1.0, 0.9]), value_per_point=1.0, price_per_example=1.0)
    assert advice.status == "refused" and advice.choice is None and advice.options == ()
    assert advice.sentences == (f"No advice, because there is no forecast: {advice.reason}",)
    assert "2 sizes were measured" in advice.sentences[0]
    assert json.dumps(advice.to_dict(), allow_nan=False)


def test_an_advice_shows_itself_by_its_sentences(fc) -> None:
    advice = plan(fc, value_per_point=2e4, price_per_example=0.1)
    assert repr(advice) == "\n".join(advice.sentences)


def test_warnings_are_carried_along() -> None:
    few = measured(runs=1)
    advice = plan(few, value_per_point=2e4, price_per_example=0.1)
    said = {w.code: w.message for w in few.warnings}
    assert "noise-unknown" in said and said["noise-unknown"] in advice.sentences
    assert {w["code"] for w in advice.to_dict()["warnings"]} == set(said)


def test_a_distrusted_forecast_says_so_first_and_buys_no_labels(fc) -> None:
    money = {"value_per_point": 2e4, "price_per_example": 0.1} | ENGINEERS
    doubt = Caution("backtest-failed", "The back-test failed.")
    advice = plan(replace(fc, distrusted=doubt), **money)
    assert advice.sentences[0] == doubt.message and doubt in advice.warnings
    assert all(o.n == OWNED for o in advice.options) and not advice.beyond
    assert any("We can't say whether labels pay" in sentence for sentence in advice.sentences)
    assert plan(fc, **money).best.n > OWNED and not any("can't say" in s for s in plan(fc, **money).sentences)


def test_what_makes_it_worse_is_not_put_to_use(fc) -> None:
    money = {"value_per_point": 2e4, "price_per_example": 0.1, "months": 6, "cost_per_month": 100.0}
    assert option(plan(fc, **money, gain=(-0.5, -0.1)), "engineers").saving >= -600
    assert option(plan(fc, **money, gain=(-0.5, -0.1)), "engineers").saving_low == pytest.approx(-600)
    helps = option(plan(fc, **money, gain=(0.2, 0.2)), "engineers").saving  # a cut of all but the floor
    assert 0.2 * 2e6 * (0.98 * curve(OWNED) - fc.floor.high) < helps + 600 < 0.2 * 2e6 * 1.02 * curve(OWNED)


def test_it_never_warns_itself() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plan(measured(noise=0.05, runs=1), value_per_point=1e9, price_per_example=1e-3, **ENGINEERS, deadline=12)
        plan(measured(noise=0.05, runs=1), value_per_point=1.0, price_per_example=0.0)


GOOD = {"value_per_point": 1.0, "price_per_example": 1.0}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"value_per_point": 0.0}, "^value_per_point is 0.0: .* positive: .*whole life"),
        ({"value_per_point": float("nan")}, "^value_per_point is nan"),
        ({"value_per_point": "much"}, "^value_per_point is 'much'"),
        ({"price_per_example": -1.0}, "^price_per_example is -1.0: .*for one label"),
        ({"price_per_example": None}, "^price_per_example is None"),
        ({"discount": 8.0}, "^discount is 8.0: .*0.08 for 8 %"),
        ({"deadline": 0}, "^deadline is 0: "),
        ({"owned": -5}, "^owned is -5: "),
        ({"owned": 10}, "^owned is 10: nothing is forecast below the smallest size measured, 1000"),
        ({"examples_per_month": float("inf")}, "^examples_per_month is inf"),
        ({"available": 0}, "^available is 0"),
        ({"months": 6}, "^cost_per_month is missing: .*together"),
        (ENGINEERS | {"gain": (0.3, 0.1)}, r"^gain is \(0.3, 0.1\): .*low and high"),
        (ENGINEERS | {"gain": (10, 30)}, "^gain is .*fractions below 1"),
        (ENGINEERS | {"gain": 0.3}, "^gain is 0.3"),
        (ENGINEERS | {"cost_per_month": -1}, "^cost_per_month is -1"),
        ({"random_state": 0.5}, "^random_state is 0.5"),
    ],
)
def test_what_is_wrong_is_named_with_the_remedy(fc, bad, message) -> None:
    with pytest.raises(KleiberError, match=message):
        plan(fc, **GOOD | bad)


def test_the_advice_is_better_than_that_for_other_money() -> None:
    """On simulated truths: realised cost over that of the best in hindsight, each up to the horizon.

    The negative controls are the advice for ten times the value and for a tenth of it, buying nothing, and buying all.
    """
    chance = np.random.default_rng(5)
    excess = []
    for seed in range(8):
        floor, price = chance.uniform(0.0, 0.03), float(np.exp(chance.uniform(*np.log([0.01, 1.0]))))
        known = measured(floor, seed)
        n = np.geomspace(OWNED, known.horizon, 400)
        true = 2e6 * curve(n, floor) + price * (n - OWNED)
        bought = [plan(known, value_per_point=2e4 * k, price_per_example=price).best.n for k in (1.0, 10.0, 0.1)]
        excess.append(np.interp([*bought, OWNED, known.horizon], n, true) / true.min() - 1.0)
    ours, *others = np.mean(excess, axis=0)
    assert ours < 0.01 and all(other > ours + 0.02 for other in others)


@pytest.mark.parametrize("floor", [0.0, 0.01])
def test_stated_probabilities_and_intervals_hold(floor) -> None:
    """Truths with noise: the 90 % interval of the cost of nothing but labels, and of what they save, cover the truth."""
    inside, saved = [], []
    for seed in range(24):
        known = measured(floor, 100 + seed, noise=0.02)
        best = option(plan(known, value_per_point=2e4, price_per_example=0.02), "labels")
        true = 2e6 * curve([OWNED, best.n], floor) + np.array([0.0, best.spend])
        inside.append(best.low <= true[1] <= best.high)
        saved.append(best.saving_low <= true[0] - true[1] <= best.saving_high)
    assert 18 <= sum(inside) <= 24 and 18 <= sum(saved) <= 24  # P(fewer than 18 of 24 | 0.9) is 1 %
    narrow = option(plan(known, value_per_point=2e4, price_per_example=0.02), "labels")
    assert not narrow.low <= 1.5 * true[1] <= narrow.high


def test_a_point_and_what_is_reduced_are_named_in_the_metric_that_was_measured() -> None:
    n = OWNED / 2.0 ** np.arange(8)[::-1]
    words = {
        "error": (curve(n), "a point (0.01 of error)", "the reducible error"),
        "accuracy": (100 - 100 * curve(n), "a point (1 % of accuracy)", "the reducible error"),
        "bleu": (100 - 100 * curve(n), "a point (1 of bleu)", "the reducible gap to a perfect bleu"),
    }
    for metric, (values, point, reducible) in words.items():
        advice = plan(forecast(n, values, metric=metric), value_per_point=2e4, price_per_example=0.1, **ENGINEERS)
        text = " ".join(advice.sentences)
        assert point in text and reducible in text and "1 - bleu" not in text


@pytest.mark.parametrize(("month", "ends"), [(5000.0, "{high} less to {low} more"), (9000.0, "{high} to {low}")])
def test_what_costs_more_than_it_brings_is_said_to_cost_that(fc, month, ends) -> None:
    """At 5,000 a month engineers may save after all, at 9,000 they surely cost."""
    advice = plan(fc, value_per_point=2e4, price_per_example=0.1, **ENGINEERS | {"cost_per_month": month})
    engineers = option(advice, "engineers")
    assert engineers.saving < 0 and (engineers.saving_high > 0) == (month == 5000.0)
    between = ends.format(high=number(abs(engineers.saving_high)), low=number(-engineers.saving_low))
    text = f"It costs {number(-engineers.saving)} more than doing nothing (90 % interval {between})."
    assert sum(text in sentence for sentence in advice.sentences) == 1
    assert not any("saves -" in sentence for sentence in advice.sentences)


def test_a_saving_that_may_be_a_loss_says_so_in_words() -> None:
    wide = measured(0.01, 3, noise=0.2)
    advice = plan(wide, value_per_point=2e4, price_per_example=0.3)
    labels = option(advice, "labels")
    assert labels.saving_low < 0 < labels.saving < labels.saving_high
    ends = f"{number(-labels.saving_low)} lost to {number(labels.saving_high)} saved"
    assert any(
        f"It saves {number(labels.saving)} over doing nothing (90 % interval {ends})." in s for s in advice.sentences
    )


def test_each_threshold_has_the_interval_of_the_draws_own_thresholds(fc) -> None:
    advice = plan(fc, value_per_point=2e4, price_per_example=0.1, **ENGINEERS)
    even = advice.break_even
    for name in ("price", "value", "gain", "months"):
        low, high = getattr(even, f"{name}_ends")
        assert low <= getattr(even, name) <= high, name
    assert even.price_ends[0] < even.price_ends[1] and even.gain_ends[0] < even.gain_ends[1]
    for bar in advice.tornado:
        assert len(bar.flip_ends) == len(bar.flips)
        for flip, (low, high) in zip(bar.flips, bar.flip_ends, strict=True):
            assert 0 <= low <= flip * 1.05 and flip <= high * 1.05, bar.what


def test_what_nothing_removes_is_in_the_cost_and_not_in_the_saving(fc) -> None:
    """A floor that is higher raises the cost of all options alike."""
    labels, *_ = plan(fc, value_per_point=2e4, price_per_example=0.1).costs
    assert labels.saving[0] == labels.saving_low[0] == labels.saving_high[0] == 0
    assert labels.high[0] - labels.low[0] > 0
    best = option(plan(fc, value_per_point=2e4, price_per_example=0.1), "labels")
    assert max(labels.saving) == pytest.approx(best.saving, rel=0.02)
