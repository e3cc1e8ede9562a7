"""Least squares: truth found again, bounds, and what the status says."""

import numpy as np
import pytest

from kleiber.errors import KleiberError
from kleiber.fit import fit
from kleiber.laws import law

N = np.array([200, 400, 800, 1600, 3200, 6400, 12800, 25600, 40000.0])  # the origin's sizes


@pytest.mark.parametrize(("a", "b", "c"), [(4.0, 0.12, 0.6), (9.0, 0.35, 0.02), (30.0, 0.9, 1.4), (3.0, 0.45, 0.05)])
def test_synthetic_truths_to_six_digits(a, b, c) -> None:
    found = fit(law("power_floor"), N, a * N**-b + c)
    assert found.converged and found.theta == pytest.approx([a, b, c], rel=1e-6)


def test_a_floor_at_its_bound_is_said_and_has_no_standard_error() -> None:
    y = 3 * N**-0.3 - 0.01
    found = fit(law("power_floor"), N, y)
    assert found.theta[2] == 0 and found.se is None and found.predict_se(1e5) is None
    assert found.status.startswith("Converged; c at its bound")
    free = fit(law("power_floor"), N, y, bounded=False)
    assert free.theta[2] == pytest.approx(-0.01, rel=1e-6)


def test_standard_errors_shrink_with_the_noise() -> None:
    noise = np.random.default_rng(1).normal(size=len(N))
    found = [fit(law("power_floor"), N, (3 * N**-0.3 + 0.1) * (1 + s * noise)) for s in (0.01, 0.001)]
    assert all(f.se is not None for f in found)
    assert found[1].se == pytest.approx(found[0].se / 10, rel=0.2)


def test_wrong_input_is_named() -> None:
    with pytest.raises(KleiberError, match="2 different sizes"):
        fit(law("power_floor"), [1, 2], [2.0, 1.0])
    with pytest.raises(KleiberError, match="finite"):
        fit(law("power"), [1, 2, 3], [2.0, np.nan, 1.0])
