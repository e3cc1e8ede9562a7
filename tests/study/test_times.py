"""What is left is foreseen from the times of what was measured, with an interval that holds."""

import numpy as np
import pytest

from kleiber.records import Purpose
from kleiber.study.times import Times

SIZES = [100 * 2**i for i in range(7)]
TRIALS = ((Purpose.SEARCH, 6), (Purpose.SCORE, 2))
GROWTH = {
    "constant": lambda n: 1.0,
    "affine": lambda n: 1 + n / 400,
    "linear": lambda n: n / 100,
    "steep": lambda n: (n / 100) ** 1.6,
}


def left_after(measured, each, spread, rng):
    """Give whether the interval of what is left holds, and its width as a ratio."""
    times, true = Times(lambda kind: 15.0), 0.0
    for n in SIZES:
        for purpose, count in TRIALS:
            for _ in range(count):
                seconds = each(n) * np.exp(rng.normal(0, spread))
                if n <= SIZES[measured - 1]:
                    times.add((n, purpose, None), seconds)
                else:
                    true += seconds
    span = times.left({(n, purpose, None): count for n in SIZES[measured:] for purpose, count in TRIALS})
    return span.low <= true <= span.high, span.high / span.low


@pytest.mark.parametrize("growth", GROWTH)
@pytest.mark.parametrize("spread", [0.05, 0.4])
def test_the_interval_of_what_is_left_holds_once_two_sizes_are_measured_and_narrows(growth, spread):
    rng = np.random.default_rng(0)
    widths = []
    for measured in range(2, len(SIZES)):
        found = [left_after(measured, GROWTH[growth], spread, rng) for _ in range(60)]
        assert np.mean([held for held, _ in found]) >= 0.75
        widths.append(np.median([width for _, width in found]))
    assert widths == sorted(widths, reverse=True) and widths[-1] < 5


def test_a_kind_that_was_measured_takes_its_mean_and_others_go_by_their_passes():
    times = Times(lambda kind: 1.0 if kind[2] == 1 else 10.0)
    assert times.expected((100, Purpose.SEARCH, 1)) is None and times.left({}) is None
    for seconds in (1.0, 3.0):
        times.add((100, Purpose.SEARCH, 1), seconds)
    assert times.expected((100, Purpose.SEARCH, 1)) == 2.0
    assert times.expected((100, Purpose.SCORE, None)) == pytest.approx(20.0)
    assert 2.0 < times.expected((200, Purpose.SEARCH, 1)) < 8.0
    nothing = times.left({(100, Purpose.SEARCH, 1): 0})
    assert (nothing.seconds, nothing.low, nothing.high) == (0.0, 0.0, 0.0)
