"""Thousands of sizes, and thousands of runs of a size: what is far off is found without looking at every pair."""

import numpy as np
import pytest

from kleiber.curves.curve import make_curve
from kleiber.forecasting import outliers


@pytest.mark.parametrize(("sizes", "runs"), [(5000, 1), (4, 1000)])
def test_one_run_far_off_among_thousands_is_named(sizes, runs) -> None:
    rng = np.random.default_rng(0)
    n = np.repeat(np.round(np.geomspace(1e3, 1e6, sizes)), runs)
    loss = (0.2 + 3 * n**-0.4) * np.exp(0.02 * rng.normal(size=len(n)))
    assert outliers.far_off(make_curve(n, loss)) is None
    loss[len(n) // 2] *= 50
    caution, refusal = outliers.far_off(make_curve(n, loss)) or (None, None)
    assert caution is not None and f"n = {n[len(n) // 2]:g}," in caution.message and refusal is not None


def test_medians_of_many_runs_are_those_of_few() -> None:
    values, count = np.random.default_rng(0).normal(size=300), np.array([99, 100, 101])
    place = np.repeat(np.arange(3), count)
    few = [np.median(values[place == i]) for i in range(3)]
    assert outliers.medians(values, place, count).tolist() == few
    assert (
        outliers.medians(np.repeat(values, 2)[:6], np.arange(6) // 2, np.array([2, 2, 2])).tolist() == values[:3].tolist()
    )
