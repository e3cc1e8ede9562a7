"""What a target takes: the verdicts, the atom at infinity, and its place in the findings."""

import json

import numpy as np
import pytest

from kleiber import KleiberError, Refused, analyse, forecast, need
from kleiber.answers.need import LEVELS
from kleiber.curves.curve import make_curve
from kleiber.wording import probability, size

N = 100.0 * 2.0 ** np.arange(8)


def curve(exponent=0.3, floor=0.1, noise=0.01, seed=0):
    loss = (N[:, None] / 100) ** -exponent + floor
    rows = loss * (1 + noise * np.random.default_rng(seed).normal(size=(8, 3)))
    return forecast(np.repeat(N, 3), rows.ravel(), replicate=list(range(3)) * 8)


def truth(n, exponent=0.3, floor=0.1):
    return float((n / 100) ** -exponent + floor)


def test_sizes_rise_with_probability_and_agree_with_the_forecast() -> None:
    fc = curve()
    found = need(fc, truth(2 * N[-1]))
    sizes = [entry.n for entry in found.enough]
    assert [entry.probability for entry in found.enough] == list(LEVELS) and sizes == sorted(sizes)
    assert found.size(0.9) == pytest.approx(fc.needed(found.target, probability=0.9), rel=3e-7)
    assert found.never == fc.never(found.target)
    assert found.size(0.05) <= 2 * N[-1] <= found.size(0.95)


@pytest.mark.parametrize(
    ("exponent", "floor", "noise"), [(0.3, 0.1, 0.01), (0.5, 0.2, 0.003), (0.1, 0.0, 0.05), (0.4, 0.1, 0.0)]
)
@pytest.mark.parametrize("multiple", [0.3, 2, 100])
def test_every_size_is_the_one_that_the_forecast_gives_alone(exponent, floor, noise, multiple) -> None:
    fc = curve(exponent, floor, noise)
    found = need(fc, truth(multiple * N[-1], exponent, floor))
    alone = [fc.posterior.needed(found.target, entry.probability) for entry in found.enough]
    assert [entry.n for entry in found.enough] == pytest.approx(alone, rel=3e-7)
    if found.if_reached is not None:
        given = [found.if_reached.low, found.if_reached.median, found.if_reached.high]
        levels = [p * found.reached for p in (0.05, 0.5, 0.95)]
        assert given == pytest.approx([fc.posterior.needed(found.target, p) for p in levels], rel=3e-7)


def test_each_verdict_is_given_where_it_is_due() -> None:
    steep, slow = curve(exponent=0.5, floor=0.2, noise=0.003), curve(exponent=0.1, floor=0.0, noise=0.003)
    assert need(steep, truth(N[-1] / 4, 0.5, 0.2)).verdict == "reached"
    assert need(steep, truth(2 * N[-1], 0.5, 0.2)).verdict == "likely"
    assert need(slow, truth(300 * N[-1], 0.1, 0.0)).verdict == "unlikely"
    assert need(steep, 0.1).verdict == "unreachable"


def test_what_cannot_be_told_is_called_so() -> None:
    fc = curve(noise=0.05)
    chances = {goal: need(fc, goal) for goal in np.linspace(0.05, 0.4, 36)}
    middle = [found for found in chances.values() if 0.25 < found.by_horizon < 0.75]
    assert middle and all(found.verdict == "not-identifiable" for found in middle)
    flat = forecast(np.repeat(N, 3), 0.7 + 0.01 * np.random.default_rng(1).normal(size=24))
    assert need(flat, 0.5).verdict == "not-identifiable"


def test_the_atom_at_infinity_is_kept_and_what_it_rests_on_is_told() -> None:
    found = need(curve(floor=0.1), 0.1)
    assert 0 < found.never < 1 and found.never_with_floor >= found.never and 0 <= found.floorless < 1
    assert found.never == pytest.approx(found.never_with_floor * (1 - found.floorless))
    least = need(curve(floor=0.3, noise=0.002), 0.05)
    assert least.size(0.95) == np.inf and least.to_dict()["needed"][-1]["n"] is None
    json.dumps(least.to_dict(), allow_nan=False)


def test_each_size_has_the_grade_of_the_forecast_there() -> None:
    fc = curve(noise=0.03)
    found = need(fc, float(fc.posterior.quantile(np.array([2 * fc.horizon]), np.array([0.5]), None)[0, 0]))
    told = {entry.probability: entry for entry in found.enough}
    assert told[0.5].n == pytest.approx(2 * fc.horizon, rel=1e-3) and told[0.5].grade == "guess"
    for entry in found.enough:
        assert entry.grade == (fc.grade(entry.n) if np.isfinite(entry.n) else "guess")
        assert (entry.grade == "guess") == (entry.n > fc.horizon)
    near = need(fc, truth(2 * N[-1]))
    assert near.enough[0].grade == fc.grade(near.enough[0].n) == "firm"


def test_bad_targets_and_refused_forecasts_raise() -> None:
    with pytest.raises(KleiberError, match="target"):
        need(curve(), float("nan"))
    with pytest.raises(Refused, match="three"):
        need(forecast([100, 200], [1.0, 0.9]), 0.5)


def test_findings_say_the_verdict() -> None:
    fc = curve()
    found = analyse(make_curve(fc.curve.n, fc.curve.loss, replicate=fc.curve.replicate), target=truth(2 * N[-1]))
    assert found.to_dict()["curves"][0]["forecast"]["target"]["verdict"] == "likely"
    needed = {entry.probability: entry for entry in need(fc, truth(2 * N[-1])).enough}
    low, middle, high = (size(needed[p].n) for p in (0.05, 0.5, 0.95))
    start = f"loss {truth(2 * N[-1]):.6g} takes about {middle} examples (firm; "
    assert found.sentences[0].startswith(f"{start}90 % interval {low} to {high}).")


def test_it_prints_in_a_few_lines_of_words() -> None:
    fc = curve()
    found = need(fc, truth(2 * N[-1]))
    first, second = repr(found).split("\n")
    assert first == found.sentences[0] and first.startswith("loss ") and "90 % interval" in first
    by = f"With {size(fc.horizon)} examples, as far as this forecast is good to act on, it is reached with probability "
    assert second == f"{by}{probability(found.by_horizon)}."
    assert found._repr_html_() == f"<div><p><b>{first}</b></p><p>{second}</p></div>"
    assert repr(need(fc, truth(N[-1] / 4))).count("\n") == 0 and "reached already" in repr(need(fc, truth(N[-1] / 4)))
    named = make_curve(fc.curve.n, fc.curve.loss, replicate=fc.curve.replicate, metric="<b>")
    page = need(forecast(named), 0.2)._repr_html_()
    assert "&lt;b&gt;" in page and "<b><b>" not in page
