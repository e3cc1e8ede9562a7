"""Whatever goes in, what comes out is a forecast in finite, ordered numbers, or one of kleiber's own errors or refusals."""

import math
import warnings
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kleiber import Forecast, forecast
from kleiber.errors import KleiberError, Refused

ODD = st.sampled_from(
    [0.0, -0.0, -1.0, 5e-324, 1e-310, 1e-200, 1e200, 1e308, 1.7e308, math.nan, math.inf, -math.inf, 1.0, 100.0]
)
USUAL_N = st.sampled_from([50.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0])
USUAL_LOSS = st.floats(0.01, 10.0)
LABELS = st.one_of(st.integers(-3, 3), st.text(max_size=3), st.none(), st.floats(), st.booleans())


def values(usual: st.SearchStrategy[float], count: int) -> st.SearchStrategy[list[float]]:
    """Usual numbers, the same with a few odd ones, and any floats."""
    mixed = st.one_of(usual, usual, usual, usual, usual, usual, ODD)
    return st.one_of(*(st.lists(of, min_size=count, max_size=count) for of in (usual, mixed, st.one_of(ODD, st.floats()))))


@st.composite
def curves(draw: st.DrawFn) -> dict[str, Any]:
    count = draw(st.integers(0, 14))
    sizes = draw(values(USUAL_N, count))
    if draw(st.booleans()):  # a curve that falls, mostly
        steep, scale = draw(st.floats(0.0, 1.5)), draw(st.sampled_from([1e-190, 1e-6, 1.0, 90.0, 1e190]))
        wobble = draw(st.lists(st.floats(0.9, 1.1), min_size=count, max_size=count))
        with np.errstate(all="ignore"):
            losses: Any = [scale * float(np.float64(n) ** -steep) * w for n, w in zip(sizes, wobble, strict=True)]
    else:
        losses = draw(values(USUAL_LOSS, count))
    rows: dict[str, Any] = {"n_or_source": sizes, "loss": losses}
    if draw(st.integers(0, 3)) == 0:
        rows["se"] = draw(values(st.floats(1e-4, 1.0), count))
    for name in ("replicate", "seed"):
        if draw(st.integers(0, 3)) == 0:
            rows[name] = draw(st.lists(LABELS, min_size=count, max_size=count))
    if draw(st.integers(0, 3)) == 0:
        rows["n_test"] = draw(st.one_of(st.integers(-1, 10**6), st.floats(), st.booleans()))
    if draw(st.integers(0, 3)) == 0:
        rows["chance"] = draw(st.one_of(st.floats(0.1, 5.0), ODD))
    if draw(st.integers(0, 2)) == 0:
        rows["metric"] = draw(st.sampled_from(["error", "accuracy", "loss", "auc", "f1", "", "perplexity"]))
    return rows


def ordered(low: Any, middle: Any, high: Any) -> bool:
    """Say whether all are finite, and each low <= middle <= high."""
    all_of = np.array([low, middle, high], dtype=np.float64)
    return bool(np.all(np.isfinite(all_of)) and np.all(all_of[0] <= all_of[1]) and np.all(all_of[1] <= all_of[2]))


def check(fc: Forecast) -> None:
    assert all(w.code and w.message for w in fc.warnings)
    assert all("nan" not in w.message.lower().split() for w in fc.warnings)
    if fc.status == "refused":
        assert fc.reason and fc.help
        try:
            fc.median(100.0)
        except Refused:
            return
        raise AssertionError("a refused forecast gave a number")
    largest = float(fc.curve.n[-1])
    at = np.array([float(fc.curve.n[0]), largest, 2 * largest, 8 * largest, 32 * largest])
    for of in ("run", "mean"):
        assert ordered(*fc.quantile(at, [0.05, 0.5, 0.95], of).T)
        assert np.all(fc.quantile(at, 0.05, of) >= 0)
    assert ordered(fc.exponent.low, fc.exponent.median, fc.exponent.high)
    assert ordered(0.0, fc.floor.low, fc.floor.high)
    assert largest * (1 - 1e-9) <= fc.horizon <= 32 * largest * (1 + 1e-9)
    middle = float(fc.median(2 * largest))
    assert np.isfinite(fc.logpdf(2 * largest, middle)) or middle == 0
    assert fc.draws(at, 20).shape == (20, 5) and np.all(np.isfinite(fc.draws(at, 20)))
    assert 0 <= fc.never(middle) <= 1 and fc.never(-1.0) == 1.0
    assert fc.needed(middle) > 0 and fc.needed(0.0) == math.inf
    assert all(abs(r.small_data + r.power_law + r.floor - 1) < 1e-6 for r in fc.regions)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(curves())
def test_anything_gives_ordered_finite_numbers_or_a_refusal_or_an_own_error(rows: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)  # the horizon's
        try:
            fc = forecast(**rows)
        except KleiberError as error:
            assert str(error)
            return
        check(fc)
