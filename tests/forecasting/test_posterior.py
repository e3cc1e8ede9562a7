"""The posterior's arrays: many sizes at once, in bounded memory."""

import tracemalloc

import numpy as np
import pytest

import kleiber


def test_thousands_of_sizes_are_worked_out_in_parts_with_the_same_answers() -> None:
    n = 100.0 * 2.0 ** np.arange(6)
    fc = kleiber.forecast(n, 0.1 + (n / 100) ** -0.4)
    many = np.geomspace(100.0, 1e5, 6000)
    some = [0, 499, 500, 3000, 5999]
    tracemalloc.start()
    found = fc.posterior.quantile(many, np.array([0.05, 0.5]), 1.0)
    density = fc.posterior.logpdf(many, found[:, 1])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.shape == (6000, 2) and peak < 400e6
    assert found[some] == pytest.approx(fc.posterior.quantile(many[some], np.array([0.05, 0.5]), 1.0), rel=1e-9)
    assert density[some] == pytest.approx(fc.posterior.logpdf(many[some], found[some, 1]), rel=1e-9)
    assert fc.posterior.quantile(many[:0], np.array([0.5]), None).shape == (0, 1)
