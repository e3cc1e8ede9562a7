import json

import numpy as np
import pytest
from scipy import stats

from kleiber.curve import make_curve, sizes
from kleiber.errors import KleiberError
from kleiber.exponents import (
    EXPONENTS,
    Study,
    bayes_factor,
    detectable,
    exponents,
    f_statistic,
    log_evidence,
    profile,
    standard_errors,
    test_common,
)

N = 100.0 * 2.0 ** np.arange(8)
STUDIES = 1000
SECOND = 0.35  # exponent of the second model, the first has .3
TABLE = {(False, 0.02): 1.00, (False, 0.05): 0.82, (True, 0.01): 0.85, (True, 0.02): 0.30, (True, 0.05): 0.05}
"""METHODS 3b: how often a difference of .05 was found, by whether the floor is free and by the relative noise of a run."""
TABLE_STUDIES = 300  # at most so many stand behind each figure of that table


def simulated(exponent, noise, *, floor, seed, studies=STUDIES):
    """One run a size, eight sizes that double, amplitude 1; the floor is a tenth of the reducible loss at the largest."""
    law = (N / N[0]) ** -exponent
    law = law + (0.1 * (N[-1] / N[0]) ** -0.3 if floor else 0.0)
    chance = np.random.default_rng([20261125, seed])
    return Study(N, law * (1 + noise * chance.normal(size=(studies, len(N)))), np.ones(len(N)))


def found(second, noise, *, floor, seed):
    pair = [simulated(0.3, noise, floor=floor, seed=seed), simulated(second, noise, floor=floor, seed=seed + 1)]
    f, constraints, dof = f_statistic(pair, [profile(one, floor=floor) for one in pair], floor=floor)
    assert (constraints, dof) == (1, 10 if floor else 12)
    return float(np.mean(stats.f.sf(f, constraints, dof) < 0.05))


def measured(exponent, noise, seed, *, floor=0.1, amplitude=1.0, replicates=3):
    law = amplitude * (N / N[0]) ** -exponent + floor
    chance = np.random.default_rng([7, seed])
    loss = law[:, None] * (1 + noise * chance.normal(size=(len(N), replicates)))
    labels = np.tile(np.arange(replicates), len(N))
    return sizes(make_curve(np.repeat(N, replicates), loss.ravel(), replicate=labels))


@pytest.mark.parametrize(("floor", "noise"), TABLE)
def test_the_f_test_finds_a_difference_of_five_hundredths_as_often_as_the_table_says(floor, noise):
    told = TABLE[floor, noise]
    rate = found(SECOND, noise, floor=floor, seed=1)
    error = np.sqrt(rate * (1 - rate) / STUDIES + told * (1 - told) / TABLE_STUDIES)
    assert abs(rate - told) <= 3 * error + 0.005  # the table is rounded to 1 %


@pytest.mark.parametrize(("floor", "noise"), TABLE)
def test_where_exponents_are_equal_the_f_test_finds_a_difference_in_five_studies_of_a_hundred(floor, noise):
    assert abs(found(0.3, noise, floor=floor, seed=3) - 0.05) <= 3 * np.sqrt(0.05 * 0.95 / STUDIES)


def test_a_test_that_does_not_know_the_floor_would_be_wrong_about_the_size():
    pair = [simulated(0.3, 0.01, floor=True, seed=5), simulated(0.3, 0.01, floor=False, seed=6)]
    f, constraints, dof = f_statistic(pair, [profile(one, floor=False) for one in pair], floor=False)
    assert np.mean(stats.f.sf(f, constraints, dof) < 0.05) > 0.5


def test_the_bootstrap_agrees_with_the_f_distribution_and_has_the_size():
    p_values = []
    for k in range(40):
        pair = [simulated(0.3, 0.02, floor=True, seed=100 + 2 * k + j, studies=1) for j in range(2)]
        one = test_common(pair, k, resamples=199)
        assert one.p_bootstrap == pytest.approx(one.p_value, abs=0.15)
        p_values.append(one.p_bootstrap)
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    far = [simulated(b, 0.005, floor=True, seed=9, studies=1) for b in (0.2, 0.5)]
    assert test_common(far, 0, resamples=199).p_bootstrap == 1 / 200


@pytest.mark.parametrize("noise", [0.005, 0.01])
def test_the_delta_methods_standard_error_is_that_of_simulation(noise):
    study = simulated(0.3, noise, floor=True, seed=11)
    best = EXPONENTS[np.argmin(profile(study).squares, axis=1)]
    errors = []
    for k in range(50):
        one = Study(N, study.y[k : k + 1], study.share)
        errors.append(standard_errors([one], [profile(one)])[0] ** 2)
    assert np.sqrt(np.mean(errors)) == pytest.approx(np.std(best), rel=0.25)


def test_a_difference_as_large_as_the_detectable_one_is_found_in_four_studies_of_five():
    noise = 0.01
    study = simulated(0.3, noise, floor=True, seed=17, studies=50)
    each = [Study(N, study.y[k : k + 1], study.share) for k in range(50)]
    error = np.sqrt(np.mean([standard_errors([one], [profile(one)])[0] ** 2 for one in each]))
    least = detectable(error, error, 10)
    assert found(0.3 + least, noise, floor=True, seed=13) == pytest.approx(0.80, abs=0.08)
    assert found(0.3 + least / 3, noise, floor=True, seed=15) < 0.4
    assert detectable(1.0, 1.0, 10) == float("inf")


def test_equal_exponents_speak_for_a_common_one_and_different_ones_against_it():
    same = exponents({"a": measured(0.3, 0.01, 1), "b": measured(0.3, 0.01, 2, amplitude=0.6)})
    other = exponents({"a": measured(0.3, 0.01, 1), "b": measured(0.5, 0.01, 2)})
    assert same.bayes_factor > 3 and same.pairs[0].probability < 0.4 and same.test.p_value > 0.05
    assert other.bayes_factor < 0.01 and other.pairs[0].probability > 0.95 and other.test.p_bootstrap < 0.01
    assert other.pairs[0].difference.low < -0.2 < other.pairs[0].difference.high < -0.1


def test_partial_pooling_draws_exponents_together():
    one = exponents({"a": measured(0.3, 0.02, 3), "b": measured(0.36, 0.02, 4)})
    apart, pooled = (b.median - a.median for a, b in (one.separate, one.pooled))
    assert 0 < pooled < apart


def test_ninety_per_cent_intervals_of_the_exponent_cover_it():
    hits = [0, 0]
    for k in range(30):
        one = exponents({"a": measured(0.3, 0.02, 200 + k, replicates=1), "b": measured(0.32, 0.02, 300 + k, replicates=1)})
        hits[0] += one.separate[0].low <= 0.3 <= one.separate[0].high
        hits[1] += one.pairs[0].difference.low <= -0.02 <= one.pairs[0].difference.high
    assert all(hit >= 30 * 0.9 - 3 * np.sqrt(30 * 0.09) for hit in hits)


def test_evidence_is_the_integral_that_it_says():
    """The marginal likelihood at one exponent against brute force over amplitude, floor and noise, as a ratio of two b."""
    study = Study(N, measured(0.3, 0.05, 5).mean[None], np.ones(len(N)))
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


def test_three_models_are_tested_together_and_in_pairs_and_read_as_plain_data():
    one = exponents({name: measured(b, 0.01, k) for k, (name, b) in enumerate([("a", 0.3), ("b", 0.3), ("c", 0.45)])})
    assert one.test.constraints == 2 and one.test.dof == 15
    assert [(p.first, p.second) for p in one.pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert one.pairs[1].probability > 0.9 > one.pairs[0].probability
    plain = json.loads(json.dumps(one.to_dict(), allow_nan=False))
    assert plain["models"] == ["a", "b", "c"] and plain["pairs"][0]["differ"] == 0.02


def test_a_larger_margin_is_exceeded_less_and_the_answer_is_the_same_each_time():
    curves = {"a": measured(0.3, 0.01, 1), "b": measured(0.36, 0.01, 2)}
    chances = [exponents(curves, differ=margin).pairs[0].probability for margin in (0.005, 0.02, 0.05, 0.2)]
    assert chances == sorted(chances, reverse=True) and chances[0] > 0.9 > chances[-1]
    assert exponents(curves, random_state=3) == exponents(curves, random_state=3)


def test_too_few_sizes_or_models_are_named():
    few = sizes(make_curve([100, 200, 400], [1.0, 0.8, 0.7]))
    with pytest.raises(KleiberError, match=r"model 'b'.*4 sizes.*leave it out"):
        exponents({"a": measured(0.3, 0.01, 1), "b": few})
    with pytest.raises(KleiberError, match="two models"):
        exponents({"a": measured(0.3, 0.01, 1)})
