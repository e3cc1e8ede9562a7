"""The 90 % interval of the exponent covers what it says where exponents are drawn from a plain distribution."""

import numpy as np

from benchmarks import exponents as benchmark


def test_exponents_of_forty_curves_are_forty_and_intervals_cover_what_they_say() -> None:
    drawn = benchmark.curves(benchmark.plain, 480, 31)
    ends, truth = benchmark.intervals(drawn), np.array([one.exponent for one in drawn])
    low, middle, high = ends.T
    assert benchmark.twice(middle[:40]) == 0
    assert 0.84 <= np.mean((low <= truth) & (truth <= high)) <= 0.965
    narrow = np.mean((middle - (middle - low) / 2 <= truth) & (truth <= middle + (high - middle) / 2))
    assert narrow < 0.84  # the negative control
    assert np.median(np.abs(middle - truth)) < 0.02


def test_middles_that_come_twice_are_counted() -> None:
    assert benchmark.twice(np.array([0.3, 0.2, 0.3 + 1e-7, 0.4])) == 1
