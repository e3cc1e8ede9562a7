"""Where runs and curves contradict each other at one size, one sentence says what each says."""

from dataclasses import replace

import pytest

from kleiber.answers.compare.comparison_sentences import sentences_of
from kleiber.answers.compare.model_pair import AtSize, PairComparison
from kleiber.answers.compare.paired import Paired
from kleiber.forecasting.forecast import Interval

LOWER = Interval(-0.02, -0.03, -0.01)
"""First is lower, surely."""
OPEN = Interval(0.01, -0.01, 0.03)
"""Second may be lower."""


def told(measured: Interval, by_curves: Interval, n: float = 800.0) -> list[str]:
    beats, ratio = (0.99, Interval(0.9, 0.8, 0.95)) if by_curves.median < 0 else (0.3, Interval(1.02, 0.95, 1.1))
    place = AtSize(800.0, beats, beats, by_curves, ratio, withheld=False)
    later = replace(place, n=1600.0)
    paired = (Paired(n, 3, measured, 0.5),)
    pair = PairComparison("A", "B", 800.0, False, 3200.0, (place, later), paired, None, ())
    return list(sentences_of("loss", {}, [pair], None, []))


@pytest.mark.parametrize(("measured", "by_curves"), [(LOWER, OPEN), (OPEN, LOWER)])
def test_a_contradiction_is_one_sentence_with_both(measured, by_curves):
    first, second = told(measured, by_curves)
    assert first.startswith("At n = 800 runs and curves disagree: measured, loss of A minus that of B, paired over 3 ")
    assert first.count("interval") == 2 and "by the curves, which draw on all sizes, the loss of" in first
    assert second.startswith("At n = 1,600 the loss of")


def test_without_a_contradiction_there_is_none():
    unsure = Interval(-0.01, -0.03, 0.01)
    for measured, by_curves, n in ((LOWER, LOWER, 800.0), (unsure, OPEN, 800.0), (LOWER, OPEN, 400.0)):
        found = told(measured, by_curves, n)
        assert len(found) == 3 and not any("disagree" in one for one in found)
        assert found[0].startswith(f"Measured at n = {n:.0f}, loss of A minus")
