"""Intervals cover what they say, are not bought with width, and warnings are for those who need them: by simulation.

1,000 studies a scenario, forecast at eight times the largest size. Every claim that is checked has a negative control:
the same studies with intervals of half the width, or with a trend where there ought to be none, must fail it. The
tolerance of a share p of 1,000 is a standard error of sqrt(p (1 - p) / 1000), .01 at .9, so limits of .86 and .94 are
four of them from what is promised.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.forecasting import coverage_scenarios as scenarios
from tests.forecasting.coverage_scenarios import Study, oracle, studies

from kleiber import Forecast, forecast_many

COUNT, BATCH = 1000, 250
NINETY = np.array([0.05, 0.5, 0.95])
SCENARIOS = {
    "clean": (scenarios.power, scenarios.even, 1),
    "shared noise": (scenarios.power, scenarios.shared, 2),
    "heavy tails": (scenarios.power, scenarios.heavy, 3),
    "noisier at small sizes": (scenarios.power, scenarios.growing, 4),
    "small-data bend": (scenarios.bend, scenarios.even, 5),
    "break beyond the range": (scenarios.broken, scenarios.even, 6),
    "no trend": (scenarios.flat, scenarios.even, 7),
    "no trend, shared noise": (scenarios.flat, scenarios.shared, 8),
}
MISSPECIFIED = ("shared noise", "heavy tails", "noisier at small sizes", "small-data bend")


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Of the studies that were forecast, columns low, middle, high, truth: `mean`, `run (k, 4)`; and the oracle's width.

    `warned` says which of all studies carry a warning or are refused, `codes` counts the warnings; `improves` is the
    probability that the curve at eight times the largest size is below that at the largest.
    """

    mean: NDArray[np.float64]
    run: NDArray[np.float64]
    oracle: NDArray[np.float64]
    warned: NDArray[np.bool_]
    codes: Counter[str]
    improves: NDArray[np.float64]


def covered(table: NDArray[np.float64], shrink: float = 1.0) -> float:
    """Share of intervals, their half-widths times `shrink`, that hold the truth."""
    low, middle, high, truth = table.T
    return float(np.mean((truth >= middle - shrink * (middle - low)) & (truth <= middle + shrink * (high - middle))))


def width(table: NDArray[np.float64]) -> float:
    return float(np.median(table[:, 2] - table[:, 0]))


def improves(fc: Forecast, study: Study) -> float:
    """P(the curve at eight times the largest size is below that at the largest), from joint draws."""
    now, then = fc.draws([float(study.n[-1]), study.ahead], 400).T
    return float(np.mean(then < now))


@cache
def measured(name: str, *, labelled: bool = True, count: int = COUNT) -> Measured:
    fall, noise, seed = SCENARIOS[name]
    drawn = studies(fall, noise, count, seed)
    mean, run, width_of, warned, falls = [], [], [], [], []
    codes: Counter[str] = Counter()
    for start in range(0, count, BATCH):
        some = drawn[start : start + BATCH]
        for study, fc in zip(some, forecast_many([s.rows(labelled=labelled) for s in some]), strict=True):
            found = {w.code for w in fc.warnings} | ({"refused"} if fc.status == "refused" else set())
            codes.update(found)
            warned.append(bool(found))
            if fc.status == "refused":
                continue
            at = np.array([study.ahead])
            mean.append([*fc.posterior.quantile(at, NINETY, None)[0], study.truth])
            run.append([*fc.posterior.quantile(at, NINETY, 1.0)[0], study.run])
            width_of.append(np.subtract(*oracle(study)[::-1]))
            falls.append(improves(fc, study) if "no trend" in name or len(falls) < 200 else np.nan)
    return Measured(
        np.array(mean), np.array(run), np.array(width_of), np.array(warned), codes, np.array(falls, dtype=np.float64)
    )


def report(name: str, found: Measured) -> str:
    return (
        f"{name}: coverage of the curve {covered(found.mean):.3f}, of a new run {covered(found.run):.3f}; median width "
        f"{width(found.mean):.3g}, the oracle's {np.median(found.oracle):.3g}; warned {found.warned.mean():.3f}, "
        f"{dict(found.codes)}"
    )


@pytest.mark.slow
def test_clean_power_laws_with_floors() -> None:
    found = measured("clean")
    for table in (found.mean, found.run):
        assert 0.86 <= covered(table) <= 0.94, report("clean", found)
        assert covered(table, 0.5) < 0.86  # the negative control
        assert covered(table, 2.0) > 0.94  # and the other
    assert width(found.mean) <= 2 * np.median(found.oracle), report("clean", found)
    assert found.warned.mean() <= 0.1, report("clean", found)


@pytest.mark.slow
def test_clean_power_laws_whose_runs_have_no_labels() -> None:
    found, labelled = measured("clean", labelled=False, count=200), measured("clean", count=200)
    assert found.mean == pytest.approx(labelled.mean, rel=1e-9)
    assert found.codes == labelled.codes


@pytest.mark.slow
@pytest.mark.parametrize("name", MISSPECIFIED)
def test_noise_and_shapes_that_no_law_has(name: str) -> None:
    found = measured(name)
    honest = covered(found.mean) >= 0.84 and covered(found.run) >= 0.84
    assert honest or found.warned.mean() >= 0.8, report(name, found)
    assert width(found.mean) <= 2 * np.median(found.oracle), report(name, found)
    assert covered(found.mean, 0.5) < 0.84  # the negative control


@pytest.mark.slow
def test_a_break_beyond_the_range_is_reported_and_no_interval_can_know_it(capsys: pytest.CaptureFixture[str]) -> None:
    found = measured("break beyond the range", count=300)
    with capsys.disabled():
        print("\n" + report("break beyond the range", found))
    assert 0 < covered(found.mean) < 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["no trend", "no trend, shared noise"])
def test_noise_without_trend_is_not_said_to_improve(name: str) -> None:
    found = measured(name)
    assert np.mean(found.improves > 0.95) <= 0.05, report(name, found)
    assert found.codes["flat"] >= 0.9 * len(found.warned)
    assert np.nanmean(measured("clean", count=200).improves > 0.95) > 0.9  # the negative control: a trend is seen


def test_the_oracle_covers_what_it_says_where_its_law_holds() -> None:
    drawn = studies(scenarios.power, scenarios.even, COUNT, 9)
    ends = np.array([oracle(study) for study in drawn])
    truth = np.array([study.truth for study in drawn])
    share = np.mean((truth >= ends[:, 0]) & (truth <= ends[:, 1]))
    assert 0.86 <= share <= 0.94
    middle, half = ends.mean(axis=1), (ends[:, 1] - ends[:, 0]) / 4
    assert np.mean(np.abs(truth - middle) <= half) < 0.86  # the negative control
