"""Findings: plain data, strict JSON, and sentences that carry intervals and counts."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from kleiber.answers.compare import compare as compare_module
from kleiber.curves.curve import make_curve
from kleiber.curves.sources import choose
from kleiber.errors import KleiberError
from kleiber.findings import findings, sentences
from kleiber.findings.analyse import analyse
from kleiber.forecasting.forecasts import forecast

N = np.repeat(100 * 2 ** np.arange(6), 2)
ERROR = (1.2 * N**-0.4 + 0.03) * (1 + 0.02 * np.random.default_rng(0).normal(size=12))


def no_constants(text):
    raise AssertionError(f"not strict JSON: {text}")


@pytest.fixture
def runs(tmp_path):
    path = tmp_path / "runs.csv"
    rows = [f"{n},{e:.5f},lenet,{i % 2}" for i, (n, e) in enumerate(zip(N, ERROR, strict=True))]
    path.write_text("\n".join(["n,error,model,seed", *rows, "100,0.5,short,0", "200,0.4,short,0"]))
    return path


def test_findings_of_a_file(runs) -> None:
    found = analyse(str(runs), metric="error", target=0.06, price_per_example=0.08)
    content = json.loads(found.to_json(), parse_constant=no_constants)
    assert content == found.to_dict() and content["schema"] == "kleiber-findings/1"
    lenet, short = content["curves"]
    assert [point["count"] for point in lenet["points"]] == [2] * 6 and len(lenet["backtest"]) == 6
    assert all(p["low"] < p["mean"] < p["high"] for p in lenet["points"])
    fc = lenet["forecast"]
    assert [entry["n"] for entry in fc["at"]] == [6400, 12800, 25600] and fc["largest"] == 3200
    assert [entry["withheld"] for entry in fc["at"]] == [entry["n"] > fc["horizon"] for entry in fc["at"]]
    assert len({len(values) for values in fc["band"].values()}) == 1
    assert fc["target"]["loss"] == 0.06 and fc["target"]["needed"][1]["n"] > 3200
    assert lenet["line"]["exponent"] == pytest.approx(0.3, abs=0.1)
    assert short["forecast"]["status"] == "refused" and short["forecast"]["band"] is None
    assert content["provenance"]["source"] == "runs.csv"


def test_sentences_state_interval_count_and_price(runs) -> None:
    said = analyse(runs, at=[3200], target=0.1, price_per_example=0.08).sentences
    assert said[0].startswith("The error of lenet has reached 0.1 already, at n = 3,200 (probability over 99 %)")
    assert "It gets there with probability 50% by n = " in said[0]
    assert "of the error of lenet" in said[1] or "the error of lenet to 0.1" in said[1]
    assert any("90% interval" in s and "from 12 runs at 6 sizes up to 3,200" in s for s in said)
    assert any("falls with exponent" in s and "each doubling of the data takes" in s for s in said)
    assert any(s.startswith("Back-test: 6 forecasts of 3 hidden sizes of the error of lenet, from 3 cuts: ") for s in said)
    assert said[-1].startswith("No forecast for the error of short: 2 sizes were measured")


def test_a_target_that_no_searched_size_reaches_is_null_beside_what_was_searched() -> None:
    found = analyse(make_curve(N, ERROR), target=1e-6)
    needed = found.to_dict()["curves"][0]["forecast"]["target"]["needed"]
    assert [row["probability"] for row in needed] == [0.1, 0.5, 0.8, 0.9, 0.95]
    assert needed[-1] == {"probability": 0.95, "n": None, "searched_to": 3200e4, "withheld": False}
    assert "no size searched" in found.sentences[0] and found.sentences[0].count("over 99 %") == 0


def curve_of(found):
    return found.to_dict()["curves"][0]


def test_beyond_the_horizon_no_size_and_no_price_is_named() -> None:
    fc = forecast(make_curve(N, ERROR))
    beyond = fc.posterior.quantile(np.array([1.5 * fc.horizon]), np.array([0.5]), None)[0, 0]  # half the mass is above it
    found = analyse(make_curve(N, ERROR), target=float(beyond), price_per_example=1.0)
    given = curve_of(found)["forecast"]
    rows = {row["probability"]: row for row in given["target"]["needed"]}
    assert all(row["withheld"] == (row["n"] > given["horizon"]) for row in rows.values() if row["n"])
    assert rows[0.9]["n"] is None or rows[0.9]["withheld"]
    horizon = sentences.size(given["horizon"])
    assert f"by more than {horizon}" in found.sentences[0] or f"(more than {horizon})" in found.sentences[0]
    assert "more than " + sentences.number(given["horizon"] - 3200) in found.sentences[1]


def test_what_was_reached_costs_nothing_more() -> None:
    found = analyse(make_curve(N, ERROR), target=0.3, price_per_example=1.0)
    assert "takes no example beyond the 3,200 measured, so it costs nothing more" in found.sentences[1]


def test_an_accuracy_as_target_is_read_as_an_error_and_said(tmp_path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("n,accuracy\n" + "".join(f"{n},{100 - 100 * e:.3f}\n" for n, e in zip(N, ERROR, strict=True)))
    found = analyse(path, metric="accuracy", target=94)
    assert curve_of(found)["forecast"]["target"]["loss"] == pytest.approx(0.06)
    assert "The target, accuracy 94, was read as error 0.06." in found.sentences
    assert "target" in {warning["code"] for warning in found.content["warnings"]}
    with pytest.raises(KleiberError, match="write 94"):
        analyse(path, metric="accuracy", target=0.94)
    with pytest.raises(KleiberError, match=r"write 0\.06"):
        analyse(path, metric="error", target=6)


def test_a_curve_that_fails_its_back_test_is_told_and_nothing_is_forecast(monkeypatch) -> None:
    n = np.repeat(100.0 * 2.0 ** np.arange(7), 2)
    loss = 2 * np.exp(-n / 2000) * (1 + 0.01 * np.random.default_rng(0).normal(size=14))
    honest = findings.backtest

    def missed(curve, **options):
        return tuple(replace(check, inside=False) for check in honest(curve, **options))

    monkeypatch.setattr(findings, "backtest", missed)
    found = analyse(make_curve(n, loss), target=0.01, price_per_example=2.0)
    fc = curve_of(found)["forecast"]
    assert {"backtest-failed", "bends-down"} <= {warning["code"] for warning in fc["warnings"]}
    assert {"backtest-failed", "bends-down"} <= {warning["code"] for warning in found.content["warnings"]}
    assert all(entry["withheld"] for entry in fc["at"]) and fc["horizon"] == 6400
    assert all(row["withheld"] for row in fc["target"]["needed"])
    assert "is not forecast, since the back-test failed" in found.sentences[0]
    assert any(s.startswith("The back-test failed: of 4 forecasts of the next size, 4 missed") for s in found.sentences)


def test_the_back_test_is_of_the_laws_that_forecast(monkeypatch) -> None:
    asked = []
    honest = findings.backtest
    monkeypatch.setattr(findings, "backtest", lambda curve, **how: asked.append(how) or honest(curve, **how))
    found = analyse(make_curve(N, ERROR), laws=["power"], calibration="untaught")
    assert asked[0]["laws"] == ["power"] and asked[0]["calibration"] == "untaught"
    assert [law["name"] for law in curve_of(found)["forecast"]["laws"]] == ["power"]
    assert any("rests on one form of curve alone, a plain power law" in s for s in found.sentences)
    assert found.content["provenance"]["calibration"] == {"learnt": "nothing"}
    with pytest.raises(KleiberError, match="unknown law"):
        analyse(make_curve(N, ERROR), laws=["powr"])


def test_each_curve_is_forecast_and_back_tested_once(monkeypatch) -> None:
    asked = {"forecast": 0, "backtest": 0}

    def counting(name):
        honest = getattr(findings, name)

        def counted(*args, **how):
            asked[name] += 1
            return honest(*args, **how)

        monkeypatch.setattr(findings, name, counted)

    counting("forecast")
    counting("backtest")
    for name in ("forecast_many", "backtest"):
        monkeypatch.setattr(compare_module, name, None)
    curves = [make_curve(N, ERROR * (1 + 0.1 * k), model=f"m{k}") for k in range(3)]
    found = analyse(curves, value_per_point=1000.0, price_per_example=0.1).to_dict()
    assert asked == {"forecast": 3, "backtest": 3}
    assert len(found["comparisons"][0]["pairs"]) == 3 and len(found["advice"]) == 3


def test_a_size_asked_for_twice_is_told_once() -> None:
    found = analyse([make_curve(N, ERROR, model=m) for m in "ab"], at=[6400, 100, 6400]).to_dict()
    assert [entry["n"] for entry in found["curves"][0]["forecast"]["at"]] == [6400, 100]
    assert [place["n"] for place in found["comparisons"][0]["pairs"][0]["at"]] == [6400, 100]


@pytest.mark.parametrize(
    ("n", "text"), [(999e12, "999,000,000,000,000"), (1e15, "1e+15"), (2.5e18, "2.5e+18"), (12_800, "12,800")]
)
def test_a_size_of_more_than_a_person_reads_is_a_power_of_ten(n, text) -> None:
    assert sentences.size(n) == text == sentences.given(n)


def test_laws_come_with_all_the_weight_the_heaviest_first() -> None:
    laws = curve_of(analyse(make_curve(N, ERROR)))["forecast"]["laws"]
    weights = [law["weight"] for law in laws]
    assert len(laws) == 9 and sum(weights) == pytest.approx(1) and weights == sorted(weights, reverse=True)
    assert all(law["name"] in sentences.NAMES for law in laws)


def region(small: float, power: float, floor: float) -> dict:
    named = {"small_data": small, "power_law": power, "floor": floor}
    return {**named, "likely": max(named, key=lambda name: named[name])}


@pytest.mark.parametrize(
    ("regions", "text"),
    [
        (
            [(0.95, 0.05, 0), (0.9, 0.1, 0), (0, 0.99, 0.01), (0, 0.95, 0.05), (0, 0.3, 0.7)],
            "Of the 5 sizes of the loss of m, 2 (up to n = 200) lie in the small-data region, 2 lie on the power law and 1 "
            "(from n = 1,600) lies near the floor (probability 90% or more for 4 of them).",
        ),
        ([(0, 0.97, 0.03)] * 3, "Of the 3 sizes of the loss of m, 3 lie on the power law (probability 90% or more for all"),
        (
            [(0.1, 0.7, 0.2), (0.1, 0.5, 0.4)],
            "1 lies on the power law and 1 cannot be told (probability 90% or more for none",
        ),
        ([(0, 0.55, 0.45), (0.4, 0.5, 0.1)], "cannot be told: no region has a probability of 60% at any of the 2 sizes."),
        ([(0, 0, 0.9), (0, 0.9, 0.1), (0, 0, 0.9)], "1 lies on the power law and 2 lie near the floor ("),
        ([None, None], "cannot be told: no region has"),
    ],
)
def test_regions_are_counted_as_far_as_they_can_be_told(regions, text) -> None:
    points = [{"n": 100 * 2**i, "region": r and region(*r)} for i, r in enumerate(regions)]
    assert text in sentences._regions("loss of m", {"points": points, "forecast": {"warnings": []}})


def test_each_measured_size_has_its_region_unless_the_curve_is_flat_or_refused(runs) -> None:
    lenet, short = analyse(runs).to_dict()["curves"]
    for point in lenet["points"]:
        shares = [point["region"][name] for name in ("small_data", "power_law", "floor")]
        assert sum(shares) == pytest.approx(1) and point["region"][point["region"]["likely"]] == max(shares)
    assert [point["region"] for point in short["points"]] == [None, None]
    found = analyse(make_curve([100, 200, 400, 800], [1.0, 1.0, 1.0, 1.0]), target=0.5)
    assert "no amount of data" not in found.sentences[0] and "cannot be told, since the curve is flat" in found.sentences[0]
    assert all(point["region"] is None for point in curve_of(found)["points"])
    assert any(
        "since its power law has not begun, or since it is at its floor, cannot be told" in s for s in found.sentences
    )


def test_a_name_matches_however_its_letters_are_composed() -> None:
    composed, apart = "caf\u00e9", "cafe\u0301"
    for stored, asked in ((composed, apart), (apart, composed)):
        curves = [make_curve(N, ERROR, model=stored), make_curve(N, ERROR, model="other")]
        assert len(analyse(curves, model=asked).content["curves"]) == 1
        assert choose(curves, metric=None, model=asked) is curves[0]


def test_points_of_losses_that_no_forecast_takes_have_intervals_all_the_same() -> None:
    found = analyse(make_curve([1, 1, 2, 2, 3, 3], [1.0, 1.1, 0.0, 0.0, 0.5, 0.6]))
    first, zero, _ = curve_of(found)["points"]
    assert first["low"] < first["mean"] < first["high"] and zero["low"] == zero["mean"] == zero["high"] == 0
    assert curve_of(found)["forecast"]["code"] == "not-positive"


def test_a_size_below_the_smallest_is_withheld() -> None:
    found = analyse(make_curve(N, ERROR), at=[50, 100, 3200])
    assert [entry["withheld"] for entry in curve_of(found)["forecast"]["at"]] == [True, False, False]
    assert any(
        s == "At n = 50 nothing is forecast: that is below the smallest size measured, 100." for s in found.sentences
    )


def test_the_floor_has_a_median_only_where_the_data_tell_it() -> None:
    open_ = analyse(make_curve(N, ERROR), laws=["power"]).sentences
    assert any("the data leave the floor between 0 and " in s for s in open_)
    n = np.repeat(100.0 * 4.0 ** np.arange(7), 3)
    loss = (n / 100) ** -0.7 + 0.3 * (1 + 0.003 * np.random.default_rng(1).normal(size=21))
    told = analyse(make_curve(n, loss), laws=["power_floor"], calibration="untaught").sentences
    assert any(re.search(r"what no data removes is 0\.\d+, between 0\.\d+ and 0\.\d+ \(90% interval\)", s) for s in told)
    three = analyse(make_curve([100, 200, 400], [2.0, 1.7, 1.5])).sentences
    assert any(s.startswith("Three sizes were measured") and "falls with exponent" in s for s in three)
    flat = analyse(make_curve([100, 200, 400, 800], [1.0, 1.0, 1.0, 1.0])).sentences
    assert any(s.startswith("The loss is flat") and "Neither an exponent nor a floor is told" in s for s in flat)
    assert not any("falls with exponent" in s or "what no data removes" in s for s in flat)


@pytest.mark.parametrize(("p", "text"), [(0.0, "under 1 %"), (0.26, "26%"), (0.9995, "over 99 %")])
def test_a_probability_of_draws_is_never_nothing_or_all(p, text) -> None:
    assert sentences.probability(p) == text


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"at": 5000}, r"at=5000: give a list of sizes, such as \[5000\]"),
        ({"at": "5000"}, "give a list"),
        ({"at": ["x"]}, "sizes must be finite"),
        ({"target": "1.0"}, "target is '1.0'"),
        ({"target": True}, "target is True"),
        ({"target": 0.1, "price_per_example": "x"}, "price_per_example is 'x'"),
        ({"price_per_example": 0.1}, "give target= too"),
        ({"metric": 5}, "metric is 5"),
        ({"model": 5}, "model is 5"),
        ({"random_state": "x"}, "random_state is 'x'"),
    ],
)
def test_options_of_another_type_are_named(options, text) -> None:
    with pytest.raises(KleiberError, match=text):
        analyse(make_curve(N, ERROR), **options)


def test_sizes_out_of_all_range_give_finite_numbers() -> None:
    json.loads(analyse(make_curve(N, ERROR), at=[1e-300, 1e300]).to_json(), parse_constant=no_constants)


def test_unusable_values_are_refused_in_words_and_in_strict_json() -> None:
    found = analyse(make_curve([1, 2, 3], [1.0, float("nan"), 0.5]))
    json.loads(found.to_json(), parse_constant=no_constants)
    assert found.sentences[0].startswith("No forecast for the loss of model: 1 of 3 losses are not finite")


def test_wrong_questions_are_named(runs) -> None:
    with pytest.raises(KleiberError, match="no curve with metric='auc'"):
        analyse(runs, metric="auc")
    with pytest.raises(KleiberError, match="price_per_example"):
        analyse(runs, target=0.1, price_per_example=-1)
    with pytest.raises(KleiberError, match="sizes must be finite"):
        analyse(runs, at=[0])
    two = [make_curve(N, ERROR, metric="error"), make_curve(N, ERROR, metric="loss")]
    with pytest.raises(KleiberError, match="choose metric= among error, loss"):
        analyse(two, target=0.1)
