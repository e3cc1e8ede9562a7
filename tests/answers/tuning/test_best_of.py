"""The expected best of k trials against k: at each k what one call for that k gives."""

import numpy as np
import pytest

from kleiber.answers.tuning.selection import at_common_trials, best_of, expected_best

LOSSES = np.random.default_rng(2).weibull(1.5, size=40) + 0.2


def test_each_k_has_the_unbiased_expectation_and_it_falls():
    found = best_of(LOSSES)
    assert found.k[0] == 1 and found.k[-1] == 40 and len(found.k) <= 13
    assert found.expected == pytest.approx([expected_best(LOSSES, k) for k in found.k])
    assert np.all(np.diff(found.expected) < 0)
    assert all(low <= middle <= high for low, middle, high in zip(found.low, found.expected, found.high, strict=True))
    assert min(found.low) > 0


def test_the_interval_is_as_wide_as_that_at_a_common_number_of_trials():
    found = best_of(LOSSES)
    at = found.k.index(9) if 9 in found.k else 6
    (one,) = at_common_trials({100: LOSSES}, found.k[at]).sizes
    assert found.high[at] - found.low[at] == pytest.approx(one.high - one.low, rel=0.15)


def test_trials_that_diverged_leave_the_first_expectations_open():
    told = best_of([0.5, 0.4, np.inf, 0.6]).to_dict()
    assert told["expected"][0] is None and told["expected"][-1] == pytest.approx(0.4)
