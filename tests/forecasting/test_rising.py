"""More data that makes a metric worse is refused, however much there is of it; what rises after a fall is a guess."""

import numpy as np
import pytest
from tests.forecasting import coverage_scenarios as scenarios
from tests.forecasting.coverage_scenarios import studies

from kleiber import forecast, forecast_many
from kleiber.curves.curve import make_curve, sizes
from kleiber.findings.analyse import analyse
from kleiber.forecasting.trend import rises

N = 100 * 2.0 ** np.arange(9)
ACCURACY = 0.93 - 0.035 * np.arange(9)
NOISE = np.random.default_rng(5).normal(size=(9, 3))
WORSE = {
    "straight": 1 - ACCURACY,
    "ever faster": 0.07 * np.exp(0.04 * np.arange(9) ** 2),
    "late": np.array([0.07, 0.07, 0.071, 0.069, 0.07, 0.08, 0.12, 0.2, 0.38]),
    "slow": 0.3 * (N / 100) ** 0.05,
}


def repeated(loss, noise):
    return np.repeat(N[: len(loss)], 3), (loss[:, None] * (1 + noise * NOISE[: len(loss)])).ravel()


@pytest.mark.parametrize("count", range(3, 10))
def test_an_accuracy_that_falls_is_refused_at_every_number_of_sizes(count) -> None:
    fc = forecast(N[:count], ACCURACY[:count], metric="accuracy")
    assert fc.refusal is not None and fc.refusal.code == "rising"
    ends = f"100 to {N[count - 1]:,.0f}"
    assert fc.reason == f"More data makes accuracy worse: 0.035 less with each doubling, at all {count} sizes, {ends}."
    assert "--lower-is-better" in str(fc.help) and "metric=" not in str(fc.help)


@pytest.mark.parametrize("shape", WORSE)
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_more_evidence_of_a_rise_never_turns_a_refusal_into_a_forecast(shape, noise) -> None:
    for rows in ((N, WORSE[shape]), repeated(WORSE[shape], noise)):
        told = [rises(sizes(make_curve(rows[0][rows[0] <= end], rows[1][rows[0] <= end]))) for end in N[2:]]
        assert told[-1] and told == sorted(told), (shape, told)


def test_a_loss_and_a_score_without_bounds_are_told_in_their_own_unit() -> None:
    loss = forecast(N, 1.0 + 0.2 * np.arange(9))
    assert loss.reason is not None and "makes loss worse: 0.20 more with each doubling" in loss.reason
    assert "If higher is better, add --higher-is-better." in str(loss.help)
    bleu = forecast(N, 30 - 1.5 * np.arange(9), metric="bleu")
    assert bleu.reason is not None and "makes bleu worse: 1.5 less with each doubling" in bleu.reason
    percent = forecast(N, 100 * ACCURACY, metric="accuracy")
    assert percent.reason is not None and "3.5 points less with each doubling" in percent.reason


def test_a_fall_at_the_smallest_sizes_is_left_out_of_what_gets_worse() -> None:
    reason = forecast(N, [0.30, 0.25, 0.3, 0.36, 0.43, 0.52, 0.6, 0.7, 0.8]).reason
    assert reason is not None and reason.endswith("more with each doubling, from 200 to 25,600.")


@pytest.mark.parametrize("rise", [0.0, 0.001, 0.002])
def test_what_rises_within_its_noise_or_by_next_to_nothing_is_flat(rise) -> None:
    loss = 0.3 * (1 + rise * np.arange(9))
    for rows in ((N, loss), repeated(loss, 0.03)):
        fc = forecast(*rows)
        assert fc.status == "ok" and fc.flat


@pytest.mark.parametrize(
    "loss",
    [
        [1.0, 0.8, 0.65, 0.55, 0.5, 0.55, 0.65, 0.8],
        [1.0, 0.8, 0.65, 0.5, 0.4, 0.38, 0.4, 0.45],
    ],
)
def test_a_rise_after_a_fall_makes_all_beyond_a_guess(loss) -> None:
    n = N[: len(loss)]
    fc = forecast(n, loss)
    codes = [w.code for w in fc.warnings]
    assert fc.turned and codes.count("u-shape") == 1 and codes[0] == "u-shape" and "bends-down" not in codes
    assert fc.grade([2 * n[-1], 8 * n[-1]]) == ["guess", "guess"] and fc.horizon == n[-1]
    curve = analyse(make_curve(n, loss), at=[2 * n[-1]], target=0.1).to_dict()["curves"][0]
    said = " ".join(analyse(make_curve(n, loss), at=[2 * n[-1]], target=0.1).sentences)
    assert curve["forecast"]["turned"] and all(point["region"] is None for point in curve["points"])
    assert "It is a guess: loss got worse at the largest sizes." in said
    assert "We can't say whether more data reaches loss 0.1: loss gets worse at the largest sizes." in said
    assert "Each doubling" not in said and "near the floor" not in said


def test_a_peak_on_the_way_is_no_rise() -> None:
    fc = forecast(N[:8], [0.60, 0.52, 0.45, 0.41, 0.47, 0.55, 0.40, 0.30])
    assert fc.status == "ok" and not fc.turned
    assert {"two-branch"} == {w.code for w in fc.warnings} & {"two-branch", "u-shape", "bends-down"}


def test_a_hump_that_the_loss_has_come_down_from_is_rough_at_best_and_one_just_passed_is_refused() -> None:
    hump = np.array([8.4, 8.5, 9.1, 10.8, 12.6, 14.9, 16.0, 15.9, 15.6, 14.6, 13.9, 12.9, 12.4, 11.8])
    n = 100 * 2.0 ** np.arange(14)
    fc = forecast(n, hump)
    assert fc.status == "ok" and "two-branch" in [w.code for w in fc.warnings]
    assert fc.grade(4 * n[-1]) in ("rough", "guess") and fc.grade(16 * n[-1]) == "guess"
    low, high = fc.posterior.quantile(4 * n[-1:], np.array([0.05, 0.95]), 1.0)[0]
    assert low < 10.0 < high  # where the branch leads
    passed = forecast(n[:10], hump[:10])  # four sizes from the peak on
    assert passed.refusal is not None and passed.refusal.code == "rising"


@pytest.mark.parametrize("noise", [scenarios.even, scenarios.shared, scenarios.heavy, scenarios.growing])
def test_no_curve_that_falls_is_refused(noise) -> None:
    drawn = [*studies(scenarios.power, noise, 150, 21), *studies(scenarios.bend, noise, 150, 22)]
    refusals = [fc.refusal for fc in forecast_many([study.rows(labelled=True) for study in drawn])]
    assert "rising" not in {refusal.code for refusal in refusals if refusal is not None}
