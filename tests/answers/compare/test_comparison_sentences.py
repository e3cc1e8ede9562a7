"""Where runs and curves contradict each other at one size, one sentence says what each says."""

from dataclasses import replace

import numpy as np
import pytest

from kleiber.answers.compare.comparison_sentences import sentences_of
from kleiber.answers.compare.model_pair import AtSize, PairComparison
from kleiber.answers.compare.paired import Paired
from kleiber.forecasting.forecast import Interval
from kleiber.forecasting.forecasts import forecast
from kleiber.metric import Metric

LOSS = Metric.of_loss("loss")
ACCURACY = Metric("accuracy", "error", True, 100.0, 100.0, "%")
N = 100.0 * 2.0 ** np.arange(4)
LOWER = Interval(-0.02, -0.03, -0.01)
"""First is lower, surely."""
OPEN = Interval(0.01, -0.01, 0.03)
"""Second may be lower."""


def told(measured: Interval, by_curves: Interval, n: float = 800.0, scale: Metric = LOSS) -> list[str]:
    beats, ratio = (0.99, Interval(0.9, 0.8, 0.95)) if by_curves.median < 0 else (0.3, Interval(1.02, 0.95, 1.1))
    place = AtSize(800.0, beats, beats, by_curves, ratio, "firm")
    later = replace(place, n=1600.0, grade="rough")
    paired = (Paired(n, 3, measured, 0.5),)
    pair = PairComparison("A", "B", 800.0, False, 3200.0, (place, later), paired, None, ())
    forecasts = {name: forecast(N, N**-0.3) for name in "AB"}
    return list(sentences_of(scale, forecasts, [pair], None, []))


@pytest.mark.parametrize(("measured", "by_curves"), [(LOWER, OPEN), (OPEN, LOWER)])
def test_a_contradiction_is_one_sentence_with_both(measured, by_curves):
    best, _, first, second = told(measured, by_curves)
    assert first.startswith("At 800 runs and curves disagree. Measured: loss of ")
    assert first.count("90 % interval") == 2 and ". By the curves of all sizes, " in first
    assert second.startswith("At 1,600 ") and "(rough): loss " in second
    winner = "A" if by_curves is LOWER else "B"
    assert (
        best.startswith(f"{winner} is the best of 2 models from 800 to 1,600 (probability ")
        and "; rough). Expect loss " in best
    )


def test_each_says_who_leads_and_by_how_much_with_an_interval() -> None:
    _, _, first, _ = told(LOWER, OPEN)
    measured, by_curves = first.split(". By the curves of all sizes, ")
    assert measured.endswith("loss of A is 0.020 lower (90 % interval 0.010 to 0.030) than that of B, over 3 pairs of runs")
    assert by_curves == "B is better than A with probability 70 % (firm): loss 0.010 lower (90 % interval -0.010 to 0.030)."


def test_of_a_score_the_better_one_is_higher_in_its_unit() -> None:
    found = told(LOWER, LOWER, scale=ACCURACY)
    lead = "2.0 points higher (90 % interval 1.0 to 3.0)"
    assert found[1].startswith("Expected accuracy at 1,600 with its 90 % interval, best first: ")
    measured = f"Measured at 800: accuracy of A is {lead} than that of B, over 3 pairs of runs."
    assert found[2] == f"{measured} By their curves, A is better than B with probability 99 % (firm)."
    assert found[3].startswith("At 1,600 A is better than B ")  # the gap at 800 is told once
    assert (
        "). Expect accuracy 89.0" in found[0] and " % at 1,600 (90 % interval " in found[0]
    )  # 100 - 100 * 1600^-.3 = 89.1


def test_without_a_contradiction_there_is_none() -> None:
    unsure = Interval(-0.01, -0.03, 0.01)
    for measured, by_curves, n in ((LOWER, LOWER, 800.0), (unsure, OPEN, 800.0), (LOWER, OPEN, 400.0)):
        found = told(measured, by_curves, n)
        assert len(found) == (4 if n == 800 else 5) and not any("disagree" in one for one in found)
        assert found[2].startswith(f"Measured at {n:.0f}: loss of A is ")
