import json

import numpy as np
import pytest

from kleiber import Forecast, forecast
from kleiber.answers.compare.exponents import bayes_factor, exponents, log_evidence
from kleiber.errors import KleiberError
from kleiber.fitting.power_profile import EXPONENTS, Study, profile

N = 100.0 * 2.0 ** np.arange(8)


def measured(exponent, noise, seed, *, floor=0.1, amplitude=1.0, replicates=3) -> Forecast:
    law = amplitude * (N / N[0]) ** -exponent + floor
    chance = np.random.default_rng([7, seed])
    loss = law[:, None] * (1 + noise * chance.normal(size=(len(N), replicates)))
    labels = np.tile(np.arange(replicates), len(N))
    return forecast(np.repeat(N, replicates), loss.ravel(), replicate=labels)


def test_equal_exponents_speak_for_a_common_one_and_different_ones_against_it():
    same = exponents({"a": measured(0.3, 0.01, 1), "b": measured(0.3, 0.01, 2, amplitude=0.6)})
    other = exponents({"a": measured(0.3, 0.01, 1), "b": measured(0.5, 0.01, 2)})
    assert same.bayes_factor > 3 and same.pairs[0].probability < 0.4 and same.test.p_value > 0.05
    assert other.bayes_factor < 0.01 and other.pairs[0].probability > 0.95 and other.test.p_bootstrap < 0.01
    assert other.pairs[0].difference.low < -0.2 < other.pairs[0].difference.high < -0.05


def test_a_difference_is_that_of_the_exponents_that_stand_beside_it():
    forecasts = {"a": measured(0.3, 0.02, 3), "b": measured(0.36, 0.02, 4)}
    one = exponents(forecasts)
    assert one.separate == tuple(fc.exponent for fc in forecasts.values())
    difference = one.pairs[0].difference
    assert difference.median == one.separate[0].median - one.separate[1].median
    assert difference.low < difference.median < difference.high


def test_ninety_per_cent_intervals_of_the_exponent_cover_it():
    hits = [0, 0]
    for k in range(30):
        one = exponents({"a": measured(0.3, 0.02, 200 + k, replicates=1), "b": measured(0.32, 0.02, 300 + k, replicates=1)})
        hits[0] += one.separate[0].low <= 0.3 <= one.separate[0].high
        hits[1] += one.pairs[0].difference.low <= -0.02 <= one.pairs[0].difference.high
    assert all(hit >= 30 * 0.9 - 3 * np.sqrt(30 * 0.09) for hit in hits)


def test_evidence_is_the_integral_that_it_says():
    """The marginal likelihood at one exponent against brute force over amplitude, floor and noise, as a ratio of two b."""
    study = Study(N, measured(0.3, 0.05, 5).measured.mean[None], np.ones(len(N)))
    fit = profile(study)
    evidence = log_evidence(study, fit)
    log_ratio = np.log(N) - np.log(N).mean()
    best = int(np.argmin(fit.squares[0]))
    level = fit.a[0, best] * np.exp(-EXPONENTS[best] * log_ratio) + fit.c[0, best]
    floors = np.linspace(0.0, study.y.min(), 401)

    def brute(g):
        amplitudes = fit.a[0, g] + np.linspace(-1, 1, 801)
        law = amplitudes[:, None, None] * np.exp(-EXPONENTS[g] * log_ratio) + floors[:, None]
        squares = np.sum(((study.y[0] - law) / level) ** 2, axis=2)
        return np.log(np.sum((0.02**2 + squares) ** (-(1.0 + len(N)) / 2)))

    low, high = best // 2, best * 3 // 2
    assert evidence[high] - evidence[low] == pytest.approx(brute(high) - brute(low), abs=0.1)


def test_the_bayes_factor_of_the_same_evidence_twice_is_above_one_and_of_no_evidence_is_one():
    flat = np.zeros((2, len(EXPONENTS)))
    assert bayes_factor(flat) == pytest.approx(1.0)
    sharp = -0.5 * ((EXPONENTS - 0.3) / 0.01) ** 2
    assert bayes_factor(np.stack([sharp, sharp])) > 10
    assert bayes_factor(np.stack([sharp, -0.5 * ((EXPONENTS - 0.5) / 0.01) ** 2])) < 1e-6


def test_a_wider_prior_speaks_more_for_a_common_exponent_in_proportion_to_its_width():
    sharp = -0.5 * ((EXPONENTS - 0.3) / 0.002) ** 2  # at the prior's middle
    narrow, middle, wide = (bayes_factor(np.stack([sharp, sharp]), spread) for spread in (0.2, 0.4, 0.8))
    assert middle / narrow == pytest.approx(2, rel=0.1) and wide / middle == pytest.approx(2, rel=0.1)
    one = exponents({"a": measured(0.3, 0.01, 1), "b": measured(0.3, 0.01, 2, amplitude=0.6)})
    assert one.bayes_factor_narrow < one.bayes_factor < one.bayes_factor_wide


def test_three_models_are_tested_together_and_in_pairs_and_read_as_plain_data():
    one = exponents({name: measured(b, 0.01, k) for k, (name, b) in enumerate([("a", 0.3), ("b", 0.3), ("c", 0.45)])})
    assert one.test.constraints == 2 and 5 <= one.test.dof <= 15
    assert [(p.first, p.second) for p in one.pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert one.pairs[1].probability > 0.9 > one.pairs[0].probability
    plain = json.loads(json.dumps(one.to_dict(), allow_nan=False))
    assert plain["models"] == ["a", "b", "c"] and plain["pairs"][0]["differ"] == 0.02


def test_a_larger_margin_is_exceeded_less_and_the_answer_is_the_same_each_time():
    curves = {"a": measured(0.3, 0.01, 1), "b": measured(0.36, 0.01, 2)}
    chances = [exponents(curves, differ=margin).pairs[0].probability for margin in (0.005, 0.02, 0.05, 0.2)]
    assert chances == sorted(chances, reverse=True) and chances[0] > 0.8 > 0.1 > chances[-1]
    assert exponents(curves, random_state=3) == exponents(curves, random_state=3)


def test_too_few_sizes_or_models_are_named():
    few = forecast([100, 200, 400], [1.0, 0.8, 0.7])
    with pytest.raises(KleiberError, match=r"model 'b'.*4 sizes.*leave it out"):
        exponents({"a": measured(0.3, 0.01, 1), "b": few})
    with pytest.raises(KleiberError, match="two models"):
        exponents({"a": measured(0.3, 0.01, 1)})
