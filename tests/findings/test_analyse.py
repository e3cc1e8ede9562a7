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
from kleiber.wording import given, size

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
    assert content == found.to_dict() and content["schema"] == "kleiber-findings/2"
    lenet, short = content["curves"]
    assert [point["count"] for point in lenet["points"]] == [2] * 6 and len(lenet["backtest"]) == 6
    assert all(p["low"] < p["mean"] < p["high"] for p in lenet["points"])
    fc = lenet["forecast"]
    assert [entry["n"] for entry in fc["at"]] == [6400, 12800, 25600] and fc["largest"] == 3200
    assert all((entry["grade"] == "guess") == (entry["n"] > fc["horizon"]) for entry in fc["at"])
    assert len({len(values) for values in fc["band"].values()}) == 1
    assert fc["target"]["loss"] == fc["target"]["value"] == 0.06 and fc["target"]["needed"][1]["n"] > 3200
    assert lenet["line"]["exponent"] == pytest.approx(0.3, abs=0.1)
    assert short["forecast"]["status"] == "refused" and short["forecast"]["band"] is None
    assert content["provenance"]["source"] == "runs.csv"


def test_sentences_state_interval_grade_and_price(runs) -> None:
    said = analyse(runs, at=[3200], target=0.1, price_per_example=0.08).sentences
    took = re.fullmatch(
        r"lenet: error 0.1 is reached already, at 3,200 examples \(probability over 99 %\). It takes about ([\d,]+) "
        r"examples \(90 % interval ([\d,]+) to ([\d,]+)\)\.",
        said[0],
    )
    low, middle, high = (int(took[place].replace(",", "")) for place in (2, 1, 3))
    assert 800 < low < middle < high < 1600
    assert said[1] == "lenet: error 0.1 costs nothing more (probability over 99 %)."
    assert re.fullmatch(
        r"lenet: At 3,200 examples expect error 0\.0\d+ \(firm; 90 % interval 0\.0\d+ to 0\.0\d+\)\.", said[2]
    )
    assert said[3].startswith("short: No forecast of error. 2 sizes were measured")
    assert sum("Each doubling of the data removes" in s for s in said) == 1
    assert sum(s.startswith("lenet: Back-test: ") for s in said) == 1
    assert all(s.startswith(("lenet: ", "short: ")) for s in said)


def test_the_price_is_that_of_the_examples_beyond_those_measured(runs) -> None:
    found = analyse(runs, metric="error", model="lenet", target=0.07, price_per_example=0.08)
    needed = {row["probability"]: row["n"] for row in curve_of(found)["forecast"]["target"]["needed"]}
    low, middle, high = (sentences.number(0.08 * (needed[p] - 3200)) for p in (0.05, 0.5, 0.95))
    assert found.sentences[1].startswith(f"At 0.08 an example, error 0.07 costs about {middle} more (")
    assert f"; 90 % interval {low} to {high})." in found.sentences[1]
    low, middle, high = (size(needed[p]) for p in (0.05, 0.5, 0.95))
    assert found.sentences[0].startswith(f"error 0.07 takes about {middle} examples (")
    assert f"; 90 % interval {low} to {high})." in found.sentences[0]


def test_the_price_of_what_sizes_count_is_said_as_such() -> None:
    found = analyse(replace(make_curve(N, ERROR), unit_of_n="tokens"), target=0.07, price_per_example=0.08)
    assert any(said.startswith("At 0.08 for one of the tokens, loss 0.07 costs about ") for said in found.sentences)


def test_a_target_that_no_searched_size_reaches_is_null_beside_what_was_searched() -> None:
    found = analyse(make_curve(N, ERROR), target=1e-6)
    needed = found.to_dict()["curves"][0]["forecast"]["target"]["needed"]
    assert [row["probability"] for row in needed] == [0.05, 0.1, 0.5, 0.8, 0.9, 0.95]
    assert needed[-1] == {"probability": 0.95, "n": None, "searched_to": 3200e4, "grade": "guess"}
    assert found.sentences[0].startswith("loss 1e-06 is unlikely even with 32,000,000 examples (probability under 1 %). ")
    assert "no amount of data is enough" in found.sentences[0] and "over 99 %" not in found.sentences[0]


def curve_of(found):
    return found.to_dict()["curves"][0]


def test_beyond_the_horizon_size_and_price_are_called_a_guess() -> None:
    fc = forecast(make_curve(N, ERROR))
    beyond = fc.posterior.quantile(np.array([1.5 * fc.horizon]), np.array([0.5]), None)[0, 0]  # half the mass is above it
    found = analyse(make_curve(N, ERROR), target=float(beyond), price_per_example=1.0)
    given = curve_of(found)["forecast"]
    rows = {row["probability"]: row for row in given["target"]["needed"]}
    assert rows[0.5]["n"] == pytest.approx(1.5 * fc.horizon, rel=1e-3)
    assert all((row["grade"] == "guess") == (row["n"] > given["horizon"]) for row in rows.values() if row["n"])
    assert all(row["grade"] == "guess" for row in rows.values() if row["n"] is None)
    low, middle = (rows[p]["n"] for p in (0.05, 0.5))
    open_end = "with even chances (a guess; the 90 % interval has no upper end)."
    assert rows[0.95]["n"] is None and given["target"]["grade"] == "guess"
    assert f"takes at least {size(low)} examples, about {size(middle)} {open_end}" in found.sentences[0]
    money = [sentences.number(n - 3200) for n in (low, middle)]
    assert f"costs at least {money[0]} more, about {money[1]} {open_end}" in found.sentences[1]


def test_what_was_reached_costs_nothing_more() -> None:
    found = analyse(make_curve(N, ERROR), target=0.3, price_per_example=1.0)
    assert found.sentences[0].startswith("loss 0.3 is reached already, at 3,200 examples")
    assert found.sentences[1] == "loss 0.3 costs nothing more (probability over 99 %)."


def test_today_is_told_by_the_runs_that_the_forecast_uses() -> None:
    far = np.concatenate([ERROR[:-1], [0.9]])
    found = analyse(make_curve(N, far))
    last = curve_of(found)["points"][-1]
    assert last["left_out"] == 1 and last["count"] == len(last["values"]) - 1 and max(last["values"]) == 0.9
    assert last["mean"] == pytest.approx(np.mean(sorted(last["values"])[:-1])) and last["high"] < 0.5
    assert [point["left_out"] for point in curve_of(found)["points"][:-1]] == [0] * 5
    assert f"less than the {last['mean']:.4f} measured at 3,200" in found.sentences[0]


def test_a_largest_size_that_is_left_out_whole_is_not_today() -> None:
    n = 100.0 * 2 ** np.arange(7)
    error = 0.5 * (n / 100) ** -0.4
    error[-1] = 0.9
    found = analyse(make_curve(n, error))
    last = curve_of(found)["points"][-1]
    assert (last["mean"], last["count"], last["left_out"]) == (0.9, 1, 1)
    assert " less than the 0.125" in found.sentences[0]


def test_findings_show_themselves_by_their_sentences_and_a_refusal_names_its_metric_once(tmp_path) -> None:
    runs = {"n": [100, 200], "error": [0.3, 0.25], "loss": [0.9, 0.8]}
    found = analyse(runs)
    assert repr(found) == "\n".join(found.shown) and len(repr(found)) < 1000
    assert [one.partition(".")[0] for one in found.sentences] == ["No forecast of loss", "No forecast of error"]


def test_which_rows_count_is_shown_and_the_rest_of_how_a_table_was_read_is_not() -> None:
    losses = np.outer(ERROR[::2], [1.5, 1.0]).ravel()
    runs = {"n": np.repeat(N[::2], 2), "epoch": [1, 2] * 6, "loss": losses}
    (said,) = [one for one in analyse(runs).content["warnings"] if one["code"] == "rows"]
    assert said["shown"] and "the last row of each run was kept, 6 of 12 rows" in said["message"]
    assert not any(one["code"] == "rows" for one in analyse({"n": N, "loss": ERROR}).content["warnings"])


def percent(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text("n,accuracy\n" + "".join(f"{n},{100 - 100 * e:.3f}\n" for n, e in zip(N, ERROR, strict=True)))
    return path


def test_all_is_in_the_metric_that_was_measured_and_the_losses_stand_beside(tmp_path) -> None:
    found = curve_of(analyse(percent(tmp_path), at=[6400]))
    assert found["metric"] == "accuracy" and found["scale"]["unit"] == "%" and found["scale"]["loss"] == "error"
    entries = [*found["points"], *found["forecast"]["at"], found["forecast"]["floor"]]
    for entry in entries:
        middle = "mean" if "mean" in entry else "median"
        assert entry[middle] == pytest.approx(100 - 100 * entry["loss"][middle])
        assert entry["low"] == pytest.approx(100 - 100 * entry["loss"]["high"])
        assert entry["high"] == pytest.approx(100 - 100 * entry["loss"]["low"])
        assert entry["low"] <= entry[middle] <= entry["high"]
    assert found["points"][0]["mean"] == pytest.approx(100 - 100 * ERROR[:2].mean(), abs=1e-3)
    assert found["points"][0]["sd"] == pytest.approx(100 * ERROR[:2].std(ddof=1), abs=1e-3)
    assert found["backtest"][0]["measured"] == pytest.approx(100 - 100 * found["backtest"][0]["loss"]["measured"])
    band = found["forecast"]["band"]
    assert band["median"] == sorted(band["median"]) and 50 < band["median"][0] < band["median"][-1] < 100
    for low, middle, high in zip(band["low90"], band["median"], band["high90"], strict=True):
        assert low <= middle <= high


def test_a_target_is_in_the_unit_of_the_column(tmp_path) -> None:
    path = percent(tmp_path)
    for target in (94, "94", "94%", "94 %"):
        found = analyse(path, metric="accuracy", target=target)
        assert curve_of(found)["forecast"]["target"]["loss"] == pytest.approx(0.06)
        assert curve_of(found)["forecast"]["target"]["value"] == pytest.approx(94)
        assert found.sentences[0].startswith("accuracy 94 % takes about ")
    with pytest.raises(KleiberError, match=r"'accuracy' is in percent here: 94\? Or write 0.94%"):
        analyse(path, target=0.94)
    assert analyse(path, target="0.94%").sentences[0].startswith("accuracy 0.94 % is reached already")
    with pytest.raises(KleiberError, match=r"the best 'accuracy' there is is 100%"):
        analyse(path, target=101)
    with pytest.raises(KleiberError, match=r"write 0\.06, or 6%"):
        analyse(path, metric="error", target=6)


def test_whoever_asks_for_the_error_of_an_accuracy_is_told_the_error(tmp_path) -> None:
    path = percent(tmp_path)
    for target in (0.06, "6%"):
        found = analyse(path, metric="error", target=target)
        assert curve_of(found)["metric"] == "error" and curve_of(found)["points"][0]["mean"] < 0.5
        assert found.sentences[0].startswith("error 6 % takes about ")


def test_a_curve_that_fails_its_back_test_is_told_and_all_beyond_it_is_a_guess(monkeypatch) -> None:
    n = np.repeat(100.0 * 2.0 ** np.arange(7), 2)
    loss = 2 * np.exp(-n / 2000) * (1 + 0.01 * np.random.default_rng(0).normal(size=14))
    honest = findings.backtest

    def missed(curve, **options):
        return tuple(replace(check, inside=False) for check in honest(curve, **options))

    monkeypatch.setattr(findings, "backtest", missed)
    found = analyse(make_curve(n, loss), at=[1600, 3200, 12_800], target=0.01, price_per_example=2.0)
    fc = curve_of(found)["forecast"]
    assert {"backtest-failed", "bends-down"} <= {warning["code"] for warning in fc["warnings"]}
    assert {"backtest-failed", "bends-down"} <= {warning["code"] for warning in found.content["warnings"]}
    assert found.content["warnings"][0]["code"] == "backtest-failed" and found.content["warnings"][0]["shown"]
    grades = [entry["grade"] for entry in fc["at"]]
    assert "guess" not in grades[:2] and grades[2] == "guess" and fc["horizon"] == 6400 and fc["distrusted"]
    assert all(row["grade"] == "guess" for row in fc["target"]["needed"])
    assert "(a guess, since the back-test failed; " in found.sentences[0]
    assert [entry["why"] for entry in fc["at"]] == [None, None, "backtest"] and fc["untold"] is None
    ahead = analyse(make_curve(n, loss), at=[12_800])
    assert ahead.sentences[0].endswith("It is a guess: the back-test failed, 4 of 4 forecasts of the next size missed.")


def test_the_back_test_is_of_the_laws_that_forecast(monkeypatch) -> None:
    asked = []
    honest = findings.backtest
    monkeypatch.setattr(findings, "backtest", lambda curve, **how: asked.append(how) or honest(curve, **how))
    found = analyse(make_curve(N, ERROR), laws=["power"], calibration="untaught")
    assert asked[0]["laws"] == ["power"] and asked[0]["calibration"] == "untaught"
    assert [law["name"] for law in curve_of(found)["forecast"]["laws"]] == ["power"]
    assert any(s == "The forecast uses one law alone, as you asked: plain power law." for s in found.sentences)
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


def test_of_a_score_whose_best_is_nominal_no_size_is_near_the_floor_and_misses_are_in_its_unit() -> None:
    n = 5000.0 * 2.0 ** np.arange(9)
    score = 36 - 17.5 * (n / 5000) ** -0.25
    bleu, accuracy = (
        analyse([{"n": size, "loss": one, "metric": name} for size, one in zip(n, score, strict=True)])
        for name in ("bleu", "val_acc")
    )
    assert not any("near the floor" in said for said in bleu.sentences)
    assert any("near the floor" in said for said in accuracy.sentences)
    assert all(point["region"] is None for point in curve_of(bleu)["points"])
    (record,) = (said for said in bleu.sentences if said.startswith("Back-test: "))
    assert record.endswith(f"The median error was {missed(bleu):.2g}.")
    (record,) = (said for said in accuracy.sentences if said.startswith("Back-test: "))
    assert record.endswith(f"The median error was {missed(accuracy):.2g} points.")


def missed(found):
    misses = sorted(abs(check["predicted"] - check["measured"]) for check in curve_of(found)["backtest"])
    return misses[len(misses) // 2]


def test_a_size_asked_for_twice_is_told_once() -> None:
    found = analyse([make_curve(N, ERROR, model=m) for m in "ab"], at=[6400, 100, 6400]).to_dict()
    assert [entry["n"] for entry in found["curves"][0]["forecast"]["at"]] == [6400, 100]
    assert [place["n"] for place in found["comparisons"][0]["pairs"][0]["at"]] == [6400, 100]


@pytest.mark.parametrize(
    ("n", "text"), [(999e12, "999,000,000,000,000"), (1e15, "1e+15"), (2.5e18, "2.5e+18"), (12_800, "12,800")]
)
def test_a_size_of_more_than_a_person_reads_is_a_power_of_ten(n, text) -> None:
    assert size(n) == text == given(n)


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
            "5 sizes: probably 2 (up to 200) in the small-data region, 2 on the power law and 1 (from 1,600) near the "
            "floor. Of these, 4 have a probability of 90 % or more.",
        ),
        ([(0, 0.97, 0.03)] * 3, "All 3 sizes probably lie on the power law. Each has a probability of 90 % or more."),
        (
            [(0.1, 0.7, 0.2), (0.1, 0.5, 0.4)],
            "2 sizes: probably 1 on the power law and 1 unclear, none with certainty.",
        ),
        (
            [(0, 0.55, 0.45), (0.4, 0.5, 0.1)],
            "We can't say in which region of the learning curve the 2 sizes lie.",
        ),
        (
            [(0, 0, 0.9), (0, 0.9, 0.1), (0, 0, 0.9)],
            "1 on the power law and 2 near the floor. Each has a probability of 90 % or more.",
        ),
        ([None, None], "We can't say in which region of the learning curve the 2 sizes lie."),
    ],
)
def test_regions_are_counted_as_far_as_they_can_be_told(regions, text) -> None:
    points = [{"n": 100 * 2**i, "region": r and region(*r)} for i, r in enumerate(regions)]
    assert text in sentences._regions({"points": points})


def test_each_measured_size_has_its_region_unless_the_curve_is_flat_or_refused(runs) -> None:
    lenet, short = analyse(runs).to_dict()["curves"]
    for point in lenet["points"]:
        shares = [point["region"][name] for name in ("small_data", "power_law", "floor")]
        assert sum(shares) == pytest.approx(1) and point["region"][point["region"]["likely"]] == max(shares)
    assert [point["region"] for point in short["points"]] == [None, None]
    found = analyse(make_curve([100, 200, 400, 800], [1.0, 1.0, 1.0, 1.0]), target=0.5)
    assert (
        found.sentences[0]
        == "We can't say whether more data reaches loss 0.5: the noise hides whether loss still improves."
    )
    assert all(point["region"] is None for point in curve_of(found)["points"])
    assert not any("region" in said or "floor lies" in said for said in found.sentences)


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


def test_a_size_outside_what_was_measured_and_its_horizon_is_a_guess_and_says_why() -> None:
    found = analyse(make_curve(N, ERROR), at=[50, 100, 3200, 40 * 3200])
    grades = [entry["grade"] for entry in curve_of(found)["forecast"]["at"]]
    assert grades[0] == grades[3] == "guess" and "guess" not in grades[1:3]
    below = analyse(make_curve(N, ERROR), at=[50]).sentences[0]
    assert below.startswith("At 50 examples expect loss 0.") and "(guess; 90 % interval " in below
    assert below.endswith("It is a guess: the smallest size measured is 100.")
    beyond = analyse(make_curve(N, ERROR), at=[40 * 3200]).sentences[0]
    assert beyond.endswith("It is a guess: that is 40 times the largest size measured.")


def test_the_answer_says_how_much_better_than_today() -> None:
    found = analyse(make_curve(N, ERROR), at=[6400])
    median, today = curve_of(found)["forecast"]["at"][0]["median"], curve_of(found)["points"][-1]["mean"]
    assert f"{today - median:.4f} less than the {today:.4f} measured at 3,200." in found.sentences[0]
    flat = analyse(make_curve([100, 200, 400, 800], [1.0, 1.0, 1.0, 1.0])).sentences[0]
    assert flat.endswith(". That is no better than the 1.000 measured at 800. It is a guess: no improvement is seen yet.")


def test_the_floor_has_a_median_only_where_the_data_tell_it() -> None:
    open_ = analyse(make_curve(N, ERROR)).sentences
    assert any(
        re.search(r"The floor lies somewhere in 0\.000 to 0\.\d+; these runs can't narrow it down", s) for s in open_
    )
    none = analyse(make_curve(N, ERROR), laws=["power"]).sentences
    assert any(s.endswith("). The form of curve that you asked for has no floor.") for s in none)
    n = np.repeat(100.0 * 4.0 ** np.arange(7), 3)
    loss = (n / 100) ** -0.7 + 0.3 * (1 + 0.003 * np.random.default_rng(1).normal(size=21))
    told = analyse(make_curve(n, loss), laws=["power_floor"], calibration="untaught").sentences
    assert any(re.search(r"The floor is 0\.\d+ \(90 % interval 0\.\d+ to 0\.\d+\)", s) for s in told)
    flat = analyse(make_curve([100, 200, 400, 800], [1.0, 1.0, 1.0, 1.0])).sentences
    why = "the noise hides whether loss still improves"
    assert f"We can't estimate an exponent or a floor from these runs: {why}." in flat
    assert not any("Each doubling" in s or "he floor is" in s or "he floor lies" in s for s in flat)


def test_a_score_levels_off_and_has_no_floor(tmp_path) -> None:
    said = " ".join(analyse(percent(tmp_path)).sentences)
    assert (
        "It levels off somewhere in 9" in said
        and "to 100.0 %" in said
        and " floor" not in said.split("The forecast weighs")[0]
    )


@pytest.mark.parametrize(("p", "text"), [(0.0, "under 1 %"), (0.26, "26 %"), (0.9995, "over 99 %")])
def test_a_probability_of_draws_is_never_nothing_or_all(p, text) -> None:
    assert sentences.probability(p) == text


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"at": 5000}, r"at=5000: give a list of sizes, such as \[5000\]"),
        ({"at": "5000"}, "give a list"),
        ({"at": ["x"]}, "sizes must be finite"),
        ({"target": "one"}, "target is 'one'"),
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
    assert found.sentences[0].startswith("No forecast of loss. 1 of 3 losses is not finite")


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
