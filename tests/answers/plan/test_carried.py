"""What a page carries: it decodes to what the forecast says, and is small."""

import base64
import json

import numpy as np
import pytest
from scipy import special

import kleiber
from kleiber.answers.plan.carried import carried as carry
from kleiber.answers.plan.carried import coded
from kleiber.answers.plan.scenarios import drawn_curves

N = np.repeat(200.0 * 2.0 ** np.arange(6), 2)


@pytest.fixture(scope="module")
def forecast():
    noise = 1 + 0.01 * np.random.default_rng(0).normal(size=12)
    return kleiber.forecast(N, (0.05 + 0.8 * (N / 200) ** -0.45) * noise, metric="error")


def decoded(row):
    codes = np.frombuffer(base64.b64decode(row["codes"]), dtype=f"<u{row['bits'] // 8}")
    return row["low"] + codes * (row["high"] - row["low"]) / (2 ** row["bits"] - 1)


@pytest.mark.parametrize(("bits", "moved"), [(8, 0.004), (16, 0.0)])
def test_codes_give_numbers_back_to_half_a_step(bits, moved):
    values = np.random.default_rng(1).normal(size=1000)
    row = coded(values, bits=bits)
    off = np.abs(decoded(row) - values) > (row["high"] - row["low"]) / (2**bits - 1) / 2 * (1 + 1e-9)
    assert np.mean(off) == pytest.approx(moved, abs=1e-3)
    assert decoded(coded(np.array([3.0, 3.0]))).tolist() == [3.0, 3.0]


def test_the_quantiles_are_those_of_the_mean_curve(forecast):
    need = carry(forecast)["need"]
    n = np.geomspace(need["smallest"], need["searched_to"], 161)
    for name, level in (("low", 0.05), ("half", 0.5), ("high", 0.95)):
        expected = forecast.posterior.quantile(n, np.array([level]), None)[:, 0]
        assert np.exp(decoded(need[name])) == pytest.approx(expected, rel=1e-4)
    levels = special.ndtr(np.linspace(-need["scores"], need["scores"], 21))
    now = forecast.posterior.quantile(forecast.curve.n[-1:], levels, None)[0]
    assert np.exp(decoded(need["now"])) == pytest.approx(now, rel=1e-4)
    for never, floor in zip(np.linspace(1, 0, 101), decoded(need["floor"]), strict=True):
        assert forecast.never(1.005 * floor + 1e-3) - 2e-3 <= never <= forecast.never(0.995 * floor - 1e-3) + 2e-3


def test_the_draws_are_those_of_a_plan(forecast):
    plan = carry(forecast)["plan"]
    n, loss, floor = drawn_curves(forecast, plan["owned"], plan["most"])
    assert plan["at"] == [0, 18, 36, 60] and len(plan["mean"]) == len(n)
    for row, place in zip(plan["loss"], plan["at"], strict=True):
        step = (row["high"] - row["low"]) / 255
        assert np.mean(np.abs(decoded(row) - np.log(loss[:, place])) <= step) > 0.995
    assert plan["mean"] == pytest.approx(loss.mean(axis=0), rel=1e-6)
    assert decoded(plan["floor"]).mean() == pytest.approx(floor.mean(), rel=0.01)
    assert np.mean(decoded(plan["floor"]) < 1e-9) == pytest.approx(np.mean(floor == 0), abs=0.01)
    score = decoded(plan["score"])
    assert (score.mean(), score.std()) == (pytest.approx(0, abs=0.01), pytest.approx(1, abs=0.01))


def test_it_is_plain_and_small(forecast):
    assert len(json.dumps(carry(forecast), allow_nan=False)) < 20_000


def test_beyond_the_horizon_there_are_no_draws_and_all_owned_leaves_one_size(forecast):
    assert carry(forecast, owned=2 * forecast.horizon)["plan"] is None
    one = carry(forecast, owned=6400.0, available=6400.0)["plan"]
    assert len(one["loss"]) == 1 == len(one["mean"])
