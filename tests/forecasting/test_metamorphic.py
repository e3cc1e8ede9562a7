"""What must not change a forecast, and what must change it in one direction."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from kleiber import Forecast, forecast, forecast_many

KINDS = ("dense", "replicates", "few", "errors", "rates", "noisy")
LEVELS = np.array([0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975])
AWAY = np.array([0.1, 0.5, 1.0, 2.0, 8.0, 32.0])  # times the largest size


def random_curve(seed: int) -> dict[str, Any]:
    """A curve of one kind after the other: dense, with replicates, of few sizes, with standard errors, rates, noisy."""
    chance, kind = np.random.default_rng([7, seed]), KINDS[seed % len(KINDS)]
    sizes = int(chance.integers(4, 9))
    n = 100.0 * 2.0 ** np.arange(sizes)
    if kind == "dense":
        n = np.unique(np.round(np.exp(chance.uniform(np.log(50.0), np.log(50.0) + chance.uniform(2.0, 9.0), 50))))
    rows: dict[str, Any] = {}
    if kind in ("replicates", "rates"):
        rows["replicate"] = np.tile([0, 1, 2], len(n))
        n = np.repeat(n, 3)
    exponent, floor = chance.uniform(0.03, 0.8), chance.choice([0.0, chance.uniform(0.0, 0.5)])
    curve = (1 - floor) * (n / n[0]) ** -exponent + floor
    noise = chance.uniform(0.05, 0.1) if kind == "noisy" else np.exp(chance.uniform(np.log(0.002), np.log(0.04)))
    if kind == "errors":
        rows["se"] = noise * curve * chance.uniform(0.5, 2.0, len(n))
    loss = np.maximum(curve * (1 + noise * chance.normal(size=len(n))), 1e-3)
    if kind == "rates":
        rows["metric"] = "error"
        loss = np.clip(np.round(0.7 * loss * 2000), 1, 2000) / 2000
    return rows | {"n": n, "loss": loss}


CURVES = [random_curve(seed) for seed in range(120)]


def reordered(rows: dict[str, Any], order: np.ndarray) -> dict[str, Any]:
    return {key: value if isinstance(value, str) else np.asarray(value)[order] for key, value in rows.items()}


def intervals(fc: Forecast, per_n: float = 1.0, per_loss: float = 1.0, away: np.ndarray = AWAY) -> np.ndarray:
    """Quantiles of a new run and of the curve, in units in which they ought to be equal."""
    at = fc.curve.n[-1] * away
    found = [fc.posterior.quantile(at, LEVELS, runs) / per_loss for runs in (None, 1.0)]
    return np.array([*found, np.full_like(found[0], fc.horizon / per_n)])


def codes(fc: Forecast) -> list[str]:
    return [w.code for w in fc.warnings]


def test_the_kinds_are_as_they_should_be() -> None:
    assert Counter(fc.status for fc in forecast_many(CURVES))["ok"] >= 110


def test_units_and_order_change_nothing() -> None:
    chance = np.random.default_rng(1)
    per_n, per_loss = 10 ** chance.uniform(-6, 9, len(CURVES)), 10 ** chance.uniform(-6, 6, len(CURVES))
    changed = []
    for i, rows in enumerate(CURVES):
        per_loss[i] = 1.0 if "metric" in rows else per_loss[i]  # the unit of a rate is 1 and percent, and a test of its own
        scaled = rows | {"n": rows["n"] * per_n[i], "loss": rows["loss"] * per_loss[i]}
        if "se" in rows:
            scaled["se"] = rows["se"] * per_loss[i]
        changed.append(reordered(scaled, chance.permutation(len(rows["n"]))))
    pairs = zip(forecast_many(CURVES), forecast_many(changed), per_n, per_loss, strict=True)
    for i, (one, other, by_n, by_loss) in enumerate(pairs):
        assert one.status == other.status
        assert codes(one) == codes(other)
        if one.status == "ok":
            assert intervals(other, by_n, by_loss) == pytest.approx(intervals(one), rel=1e-6)
            assert other.never(0.5 * by_loss) == pytest.approx(one.never(0.5), abs=1e-6)
        if one.status == "ok" and i % 5 == 0:
            found = other.posterior.needed(0.5 * by_loss, 0.5) / by_n
            assert found == pytest.approx(one.posterior.needed(0.5, 0.5), rel=1e-6)


@pytest.mark.parametrize("size", [1, 13])
def test_a_batch_of_any_composition_gives_what_each_curve_gives_alone(size: int) -> None:
    some = CURVES[:36]
    order = np.random.default_rng(size).permutation(len(some))
    together: dict[int, Forecast] = {}
    for start in range(0, len(order), size):
        slots = [int(i) for i in order[start : start + size]]
        together |= dict(zip(slots, forecast_many([some[i] for i in slots]), strict=True))
    for i, one in enumerate(forecast_many(some)):
        assert together[i].status == one.status and codes(together[i]) == codes(one)
        if one.status == "ok":
            assert intervals(together[i]) == pytest.approx(intervals(one), rel=1e-9)


def test_copies_of_one_run_do_not_narrow_the_interval_and_are_named() -> None:
    for seed in range(10):
        rows = random_curve(6 * seed + 2)
        copied = forecast(
            np.tile(rows["n"], 10), np.tile(rows["loss"], 10), replicate=np.repeat(np.arange(10), len(rows["n"]))
        )
        assert "copied-runs" in codes(copied)
        assert intervals(copied) == pytest.approx(intervals(forecast(rows["n"], rows["loss"])), rel=1e-9)


def test_names_of_runs_and_a_row_given_twice_change_nothing() -> None:
    for seed in range(1, 60, 6):
        rows = random_curve(seed)
        one = forecast(**_split(rows))
        renamed = rows | {"replicate": [f"subset {'xyz'[i]}" for i in rows["replicate"]]}
        assert intervals(forecast(**_split(renamed))) == pytest.approx(intervals(one), rel=1e-12)
        twice = forecast(**_split(reordered(rows, np.append(np.arange(len(rows["n"])), 4))))
        assert intervals(twice) == pytest.approx(intervals(one), rel=1e-12)
        assert "duplicate-rows" in codes(twice) and "duplicate-rows" not in codes(one)


def _split(rows: dict[str, Any]) -> dict[str, Any]:
    return {("n_or_source" if key == "n" else key): value for key, value in rows.items()}


def test_accuracy_error_and_percent_are_one_curve() -> None:
    for seed in range(4, 60, 6):
        rows = random_curve(seed)
        error = rows["loss"]
        ways = (("error", error), ("error", 100 * error), ("accuracy", 1 - error), ("accuracy", 100 * (1 - error)))
        found = forecast_many([rows | {"metric": metric, "loss": values} for metric, values in ways])
        assert {fc.curve.metric for fc in found} == {"error"}
        if found[0].status == "ok":
            for fc in found[1:]:
                scale = fc.curve.loss[0] / found[0].curve.loss[0]  # errors in percent stay so
                assert intervals(fc, per_loss=scale)[:, 2:4] == pytest.approx(intervals(found[0])[:, 2:4], rel=1e-6)


def test_farther_out_is_never_narrower() -> None:
    far = 2.0 ** np.arange(0.0, 5.01, 0.5)
    for runs in (None, 1.0):
        for rows, fc in zip(CURVES, forecast_many(CURVES), strict=True):
            if fc.status == "ok":
                low, high = fc.posterior.quantile(fc.curve.n[-1] * far, np.array([0.1, 0.9]), runs).T
                width = np.log(high / low)
                slack = np.maximum(0.01 * width[1:], 5e-4)  # what nobody sees: a twentieth of a per cent of the loss
                slack[0] = max(slack[0], 2.5e-3)  # at the largest size kinds of curve differ by its noise
                assert np.all(np.diff(width) >= -slack), (rows, runs)


def test_more_noise_is_wider_in_the_median() -> None:
    n = np.repeat(100.0 * 2.0 ** np.arange(6), 2)
    widths = []
    for noise in (0.003, 0.01, 0.03, 0.1):
        chance = np.random.default_rng(3)  # the same deviates at each noise
        curves = [((n / 100) ** -0.3 * (1 + noise * chance.normal(size=len(n))),) for _ in range(40)]
        found = forecast_many([(n, loss) for (loss,) in curves])
        ends = np.array([fc.posterior.quantile(np.array([25600.0]), np.array([0.05, 0.95]), None)[0] for fc in found])
        widths.append(float(np.median(np.log(ends[:, 1] / ends[:, 0]))))
    assert widths[1:] == sorted(widths[1:]) and widths[-1] > 1.5 * widths[0]
    assert widths[0] < 1.1 * widths[1]  # real curves of least noise miss most: what was learnt narrows them no further


def test_larger_standard_errors_are_wider() -> None:
    n = 100.0 * 2.0 ** np.arange(6)
    loss = (n / 100) ** -0.3
    small, large = (forecast(n, loss, se=share * loss) for share in (0.003, 0.1))
    width = [np.diff(np.log(fc.posterior.quantile(np.array([12800.0]), LEVELS[[1, -2]], None)[0])) for fc in (small, large)]
    assert width[1] > 1.2 * width[0]


def test_all_is_the_same_again_for_one_random_state_and_draws_follow_it() -> None:
    rows = _split(random_curve(1))
    one, again, other = forecast(**rows), forecast(**rows), forecast(**rows, random_state=1)
    at = one.curve.n[-1] * AWAY
    assert np.array_equal(one.draws(at), again.draws(at)) and not np.array_equal(one.draws(at), other.draws(at))
    assert np.array_equal(intervals(one), intervals(again)) and np.array_equal(intervals(one), intervals(other))


def test_draws_agree_with_the_quantiles() -> None:
    off = []
    for fc in forecast_many(CURVES[:30]):
        if fc.status == "ok":
            at = fc.curve.n[-1] * np.array([1.0, 8.0])
            ends = np.quantile(fc.draws(at, 2000), LEVELS, axis=0).T
            off.append(fc.posterior.cdf(at, ends, None) - LEVELS)
    assert np.abs(np.mean(off, axis=0)).max() < 0.05  # a mixture merges components by moments, draws take each
    assert np.abs(off).max() < 0.1
