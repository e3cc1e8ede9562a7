import numpy as np
import pytest
from scipy import stats

from kleiber.answers.compare.equal_exponents import (
    detectable,
    equal_exponents,
    exponent_variance,
    f_statistic,
    noise_variances,
)
from kleiber.fitting.power_profile import EXPONENTS, Study, lowest, profile

N = 100.0 * 2.0 ** np.arange(8)
STUDIES = 1000
SECOND = 0.35  # exponent of the second model, the first has .3
TABLE = {(False, 0.02): 1.00, (False, 0.05): 0.82, (True, 0.01): 0.85, (True, 0.02): 0.30, (True, 0.05): 0.05}
"""METHODS 3b: how often a difference of .05 was found, by whether the floor is free and by the relative noise of a run."""
TABLE_STUDIES = 300  # at most so many stand behind each figure of that table


def simulated(exponent, noise, *, floor, seed, studies=STUDIES, n=N):
    """One run a size, eight sizes that double, amplitude 1; the floor is a tenth of the reducible loss at the largest."""
    law = (n / n[0]) ** -exponent
    law = law + (0.1 * (n[-1] / n[0]) ** -0.3 if floor else 0.0)
    chance = np.random.default_rng([20261125, seed])
    luck = np.maximum(1 + noise * chance.normal(size=(studies, len(n))), 0.05)
    return Study(n, law * luck, np.ones(len(n)))


def found(second, noise, *, floor, seed):
    pair = [simulated(0.3, noise, floor=floor, seed=seed), simulated(second, noise, floor=floor, seed=seed + 1)]
    f, constraints, dof = f_statistic(pair, [profile(one, floor=floor) for one in pair], floor=floor)
    most = 10 if floor else 12
    assert constraints == 1 and most / 2 <= dof.min() and dof.max() <= most
    return float(np.mean(stats.f.sf(f, constraints, dof) < 0.05))


def error_of(study):
    """Give the root mean square over studies of the standard error of b that each tells."""
    fit = profile(study)
    return np.sqrt(np.mean(noise_variances([study], [fit])[0] * exponent_variance(study, fit)))


def pooled(studies, profiles):
    """Give the p-values of the F-test that takes one noise for all models."""
    own = np.sum([lowest(p.squares) for p in profiles], axis=0)
    common, saved = lowest(np.sum([p.squares for p in profiles], axis=0)), len(studies) - 1
    dof = sum(len(study.n) - 3 for study in studies)
    return stats.f.sf((common - own) / saved / (own / dof), saved, dof)


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
        one = equal_exponents(pair, k, resamples=199)
        assert one.p_bootstrap == pytest.approx(one.p_value, abs=0.15)
        p_values.append(one.p_bootstrap)
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    far = [simulated(b, 0.005, floor=True, seed=9, studies=1) for b in (0.2, 0.5)]
    assert equal_exponents(far, 0, resamples=199).p_bootstrap == 1 / 200


@pytest.mark.parametrize("noise", [0.005, 0.01])
def test_the_delta_methods_standard_error_is_that_of_simulation(noise):
    study = simulated(0.3, noise, floor=True, seed=11)
    best = EXPONENTS[np.argmin(profile(study).squares, axis=1)]
    assert error_of(study) == pytest.approx(np.std(best), rel=0.25)


def test_a_difference_as_large_as_the_detectable_one_is_found_in_four_studies_of_five():
    noise = 0.01
    error = error_of(simulated(0.3, noise, floor=True, seed=17))
    least = detectable(error, error, 10)
    assert found(0.3 + least, noise, floor=True, seed=13) == pytest.approx(0.80, abs=0.08)
    assert found(0.3 + least / 3, noise, floor=True, seed=15) < 0.4
    assert detectable(1.0, 1.0, 10) == float("inf")


@pytest.mark.parametrize("ratio", [1, 3, 10])
@pytest.mark.parametrize("sizes", [(8, 8), (12, 5), (5, 12)])
def test_noises_that_differ_between_models_leave_the_size_of_the_test(sizes, ratio):
    """One noise for all would find a difference in a fifth of the studies, where the model of few sizes is noisier."""
    pair = [
        simulated(0.3, 0.01 * times, floor=True, seed=21 + k, n=100.0 * 2.0 ** np.linspace(0, 7, m))
        for k, (m, times) in enumerate(zip(sizes, (1, ratio), strict=True))
    ]
    profiles = [profile(one) for one in pair]
    f, constraints, dof = f_statistic(pair, profiles)
    assert 0.02 <= np.mean(stats.f.sf(f, constraints, dof) < 0.05) <= 0.09
    if sizes == (12, 5) and ratio > 1:
        assert np.mean(pooled(pair, profiles) < 0.05) > 0.18
        few = [[Study(one.n, one.y[k : k + 1], one.share) for one in pair] for k in range(100)]
        told = [equal_exponents(studies, k, resamples=99).p_bootstrap for k, studies in enumerate(few)]
        assert np.mean(np.array(told) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)


@pytest.mark.parametrize("ratio", [1, 3, 10])
def test_of_three_models_one_may_be_noisier(ratio):
    three = [simulated(0.3, 0.01 * times, floor=True, seed=31 + k) for k, times in enumerate((1, 1, ratio))]
    f, constraints, dof = f_statistic(three, [profile(one) for one in three])
    assert constraints == 2 and abs(np.mean(stats.f.sf(f, constraints, dof) < 0.05) - 0.05) <= 0.02


def test_a_model_without_noise_and_one_with_few_sizes_are_tested_all_the_same():
    exact = simulated(0.3, 0.0, floor=True, seed=1, studies=1)
    few = simulated(0.3, 0.01, floor=True, seed=2, studies=1, n=N[::2])
    told = equal_exponents([exact, few], resamples=99)
    assert 0 < told.p_value <= 1 and 0 < told.p_bootstrap <= 1 and told.dof >= 1
