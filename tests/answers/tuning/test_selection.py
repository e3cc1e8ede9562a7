"""Honest selection: the two expected bests to the digits, and no luck of many trials."""

import json

import numpy as np
import pytest
from scipy import integrate, special, stats

from kleiber.answers.tuning import selection
from kleiber.errors import KleiberError

TRUE = 0.300  # exponent of the simulated searches
SIZES = 1000.0 * 2.0 ** np.arange(7)
TRIALS = np.array([64, 40, 25, 16, 10, 6, 4])
SCATTER = {
    "weibull": lambda chance, shape: 0.3 * chance.weibull(2.0, shape),
    "seed": lambda chance, shape: 0.03 * chance.normal(size=shape),
    "exponential": lambda chance, shape: 0.2 * chance.exponential(size=shape),
}


def order_statistic(i, count):
    """Give E[v_(i)] of `count` standard normals, integrated."""
    log_factor = special.gammaln(count + 1) - special.gammaln(i) - special.gammaln(count - i + 1)

    def inside(x):
        log_tails = (i - 1) * special.log_ndtr(x) + (count - i) * special.log_ndtr(-x)
        return x * np.exp(log_factor + log_tails) * stats.norm.pdf(x)

    return integrate.quad(inside, -10, 10, epsabs=1e-12, limit=300)[0]


@pytest.fixture(scope="module")
def twenty():
    return [order_statistic(i, 20) for i in range(1, 21)]


def test_the_best_of_ten_out_of_twenty_normals_is_exact_and_the_plug_in_is_not(twenty):
    """Both are linear in the order statistics, so the expectation of either is its value at their expectations."""
    truth = order_statistic(1, 10)
    assert truth == pytest.approx(-1.5388, abs=5e-5)
    assert selection.expected_best(twenty, 10) == pytest.approx(truth, abs=1e-9)
    assert selection.plug_in_best(twenty, 10) == pytest.approx(-1.4197, abs=5e-5)


@pytest.mark.parametrize("k", [1, 2, 5, 19, 20])
def test_every_k_is_unbiased(twenty, k):
    assert selection.expected_best(twenty, k) == pytest.approx(order_statistic(1, k), abs=1e-8)


def test_it_is_the_mean_over_all_subsets():
    from itertools import combinations

    losses = [0.7, 0.2, 0.9, 0.4, 0.4, 1.3]
    for k in range(1, 7):
        assert selection.expected_best(losses, k) == pytest.approx(np.mean([min(s) for s in combinations(losses, k)]))


def test_many_trials_neither_overflow_nor_lose_weight():
    assert selection.expected_best(np.ones(5000), 2500) == pytest.approx(1.0)


def test_trials_that_diverged_count_as_the_worst():
    losses = [0.5, 0.6, np.nan, np.inf]
    assert selection.expected_best(losses, 3) == pytest.approx((3 * 0.5 + 1 * 0.6) / 4)
    assert selection.expected_best(losses, 2) == np.inf
    assert selection.at_common_trials({10: losses}, 2).to_dict()["sizes"][0]["expected"] is None


@pytest.mark.parametrize("k", [0, 5, 2.0, True])
def test_a_k_that_cannot_be_is_named(k):
    with pytest.raises(KleiberError, match="k is"):
        selection.expected_best([1.0, 2.0, 3.0, 4.0], k)


def slope(loss):
    return -np.polyfit(np.log(SIZES), np.log(loss), 1)[0]


@pytest.mark.parametrize("kind", SCATTER)
def test_unequal_trials_bend_the_exponent_and_a_common_k_does_not(kind):
    """METHODS 3f: .2788 to .2903 raw, .3004, .3001, .3002 at a common k, where trials fall from 64 to 4 over the sizes."""
    chance = np.random.default_rng(7)
    raw, corrected = [], []
    for _ in range(400):
        rows = [n**-TRUE * (1 + SCATTER[kind](chance, k)) for n, k in zip(SIZES, TRIALS, strict=True)]
        raw.append(slope([row.min() for row in rows]))
        corrected.append(slope([selection.expected_best(row, int(TRIALS.min())) for row in rows]))
    error = np.std(corrected) / np.sqrt(len(corrected))
    assert error < 0.001
    assert np.mean(corrected) == pytest.approx(TRUE, abs=3 * error)
    assert 0.270 < np.mean(raw) < 0.294
    assert np.mean(raw) < TRUE - 8 * np.std(raw) / np.sqrt(len(raw))


def test_sizes_at_a_common_number_of_trials_and_the_caution():
    chance = np.random.default_rng(1)
    found = selection.at_common_trials({100: 1.2 + chance.exponential(size=16), 200: 1 + chance.exponential(size=4)})
    assert found.k == 4
    assert [size.trials for size in found.sizes] == [16, 4]
    assert all(size.low <= size.expected <= size.high for size in found.sizes)
    assert found.sizes[0].expected > found.sizes[0].lowest and found.sizes[1].expected == found.sizes[1].lowest
    (caution,) = found.cautions
    assert caution.code == "unequal-trials" and "16 at n = 100, 4 at n = 200" in caution.message
    json.dumps(found.to_dict(), allow_nan=False)


def test_equal_trials_are_not_warned_of():
    assert selection.unequal_trials({100: 8, 200: 8}) is None
    assert selection.at_common_trials({100: [1.0, 2.0], 200: [1.0, 3.0]}).cautions == ()


def test_a_size_with_too_few_trials_is_named():
    with pytest.raises(KleiberError, match=r"trials\[200\] has 2 trials"):
        selection.at_common_trials({100: [1.0, 2.0, 3.0], 200: [1.0, 2.0]}, 3)


@pytest.mark.parametrize("draw", ["normal", "exponential"])
def test_what_more_trials_bring_is_covered_and_an_interval_of_a_third_is_not(draw):
    chance = np.random.default_rng(3)
    sample = getattr(chance, draw)
    many = sample(size=(100_000, 16))
    truth = np.mean(many[:, :8].min(axis=1) - many.min(axis=1))
    found = [selection.more_trials(sample(size=16)) for _ in range(200)]
    inside = np.mean([f.low <= truth <= f.high for f in found])
    narrow = np.mean([abs(f.gain - truth) <= (f.high - f.low) / 6 for f in found])
    assert 0.78 <= inside <= 0.995
    assert narrow < 0.75
    assert np.mean([f.gain for f in found]) == pytest.approx(truth, rel=0.15)


def test_the_next_half_brings_no_more_than_the_last():
    """E[min of k] falls by less with each trial, whatever the distribution."""
    chance = np.random.default_rng(4)
    for sample in (chance.normal, chance.exponential, chance.standard_cauchy):
        sets = np.sort(np.abs(sample(size=(400, 24))), axis=1)
        at = [np.mean([selection.expected_best(row, k) for row in sets]) for k in (8, 16, 24)]
        assert at[1] - at[2] <= at[0] - at[1]


def test_more_trials_says_it_with_its_interval_and_count():
    found = selection.more_trials(np.linspace(1, 2, 10))
    assert found == selection.more_trials(np.linspace(1, 2, 10)[::-1])
    assert "From 5 to 10 trials" in found.sentence and "90 % interval" in found.sentence
    assert found.to_dict()["gain"] == pytest.approx(found.expected_half - found.expected_all)
    with pytest.raises(KleiberError, match="give 4 or more"):
        selection.more_trials([1.0, 2.0, 3.0])


def test_no_interval_of_a_loss_falls_below_nought():
    found = selection.at_common_trials({100: [0.48, 2.1, 2.2, 2.2, 2.3], 200: [0.1, 0.9, 2.3, np.inf, np.inf]})
    assert all(0 < size.low < size.expected <= size.high for size in found.sizes)
