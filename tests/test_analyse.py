"""Findings: plain data, strict JSON, and sentences that carry intervals and counts."""

import json

import numpy as np
import pytest

from kleiber import sentences
from kleiber.analyse import analyse
from kleiber.curve import make_curve
from kleiber.errors import KleiberError

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
    said = analyse(runs, target=0.06, price_per_example=0.08).sentences
    assert "reaches 0.06 with probability 50% by n = " in said[0]
    assert "At 0.08 for each example" in said[1] and "80% interval" in said[1]
    assert any("90% interval" in s and "from 12 runs at 6 sizes up to 3,200" in s for s in said)
    assert any(s.startswith("Back-test: 6 forecasts of 3 hidden sizes of the error of lenet, from 3 cuts: ") for s in said)
    assert said[-1].startswith("No forecast for the error of short: 2 sizes were measured")


def test_a_target_that_no_searched_size_reaches_is_null_beside_what_was_searched() -> None:
    found = analyse(make_curve(N, ERROR), target=1e-6)
    needed = found.to_dict()["curves"][0]["forecast"]["target"]["needed"]
    assert needed[-1] == {"probability": 0.9, "n": None, "searched_to": 3200e4, "withheld": False}
    assert "no size searched" in found.sentences[0] and found.sentences[0].count("over 99 %") == 0


def curve_of(found):
    return found.to_dict()["curves"][0]


def test_beyond_the_horizon_no_size_and_no_price_is_named() -> None:
    found = analyse(make_curve(N, ERROR), target=0.045, price_per_example=1.0)
    fc = curve_of(found)["forecast"]
    rows = {row["probability"]: row for row in fc["target"]["needed"]}
    assert rows[0.9]["withheld"] and (rows[0.9]["n"] or 1e9) > fc["horizon"]
    assert all(row["withheld"] == (row["n"] > fc["horizon"]) for row in rows.values() if row["n"])
    horizon = sentences.size(fc["horizon"])
    assert f"by more than {horizon}" in found.sentences[0] or f"(more than {horizon})" in found.sentences[0]
    assert "more than " + sentences.number(fc["horizon"] - 3200) in found.sentences[1]


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


def test_a_curve_that_no_law_fits_fails_its_back_test_and_nothing_is_forecast() -> None:
    n = np.repeat(100.0 * 2.0 ** np.arange(7), 2)
    loss = 2 * np.exp(-n / 2000) * (1 + 0.01 * np.random.default_rng(0).normal(size=14))
    found = analyse(make_curve(n, loss), target=0.01, price_per_example=2.0)
    fc = curve_of(found)["forecast"]
    assert {"backtest-failed", "bends-down"} <= {warning["code"] for warning in fc["warnings"]}
    assert {"backtest-failed", "bends-down"} <= {warning["code"] for warning in found.content["warnings"]}
    assert all(entry["withheld"] for entry in fc["at"]) and fc["horizon"] == 6400
    assert all(row["withheld"] for row in fc["target"]["needed"])
    assert "is not forecast, since the back-test failed" in found.sentences[0]
    assert any(s.startswith("The back-test failed: of 4 forecasts of the next size, 4 missed") for s in found.sentences)


def test_a_size_below_the_smallest_is_withheld() -> None:
    found = analyse(make_curve(N, ERROR), at=[50, 100, 5000])
    assert [entry["withheld"] for entry in curve_of(found)["forecast"]["at"]] == [True, False, False]
    assert any(
        s == "At n = 50 nothing is forecast: that is below the smallest size measured, 100." for s in found.sentences
    )


def test_the_floor_has_a_median_only_where_the_data_tell_it() -> None:
    open_ = analyse(make_curve(N, ERROR)).sentences
    assert any("the data leave the floor between 0 and " in s for s in open_)
    n = np.repeat(100.0 * 4.0 ** np.arange(7), 3)
    told = analyse(
        make_curve(n, (n / 100) ** -0.7 + 0.3 * (1 + 0.003 * np.random.default_rng(1).normal(size=21)))
    ).sentences
    assert any("what no data removes is 0.3, between 0." in s for s in told)
    three = analyse(make_curve([100, 200, 400], [2.0, 1.7, 1.5])).sentences
    assert any(s.startswith("Three sizes were measured") and "falls with exponent" in s for s in three)
    flat = analyse(make_curve([100, 200, 400, 800], [1.0, 1.0, 1.0, 1.0])).sentences
    assert any(s.startswith("The loss is flat") and "falls with exponent" in s for s in flat)


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
