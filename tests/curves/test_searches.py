"""Searches that are repeated: what their winners tell of the luck, beside their trials, and what they can't tell."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.search_luck_interval import LUCKS, NOISE, simulated
from kleiber.curves.curve import make_curve, sizes
from kleiber.curves.searches import complete, luck_of, repeated
from kleiber.forecasting.shared import SHARED, noise_of, share_of


def studies(luck, count=120, number=6):
    chance = np.random.default_rng([7, round(1000 * luck)])
    return [simulated(chance, luck, number, searches=2).curve for _ in range(count)]


@pytest.mark.parametrize("luck", [each for each in LUCKS if each])
def test_the_luck_is_within_a_factor_and_its_interval_holds_it(luck):
    for curves, least in ((studies(luck), 0.85), ([replace(each, searched=()) for each in studies(luck)], 0.5)):
        said = [sizes(each).luck for each in curves]
        assert {one.told_by for one in said} == {"trials and winners" if least > 0.5 else "winners"}
        off = np.log([one.middle for one in said]) - np.log(luck)
        assert abs(np.median(off)) < np.log(1.25)
        assert np.mean(np.abs(off) < np.log(1.5)) >= least
        assert np.mean([one.low <= luck <= one.high for one in said]) >= 0.84


def test_winners_that_differ_by_no_more_than_their_runs_tell_of_little_luck():
    said = [sizes(replace(each, searched=())).luck for each in studies(0.0)]
    assert np.median([one.middle for one in said]) < NOISE / 2


def test_the_mean_of_two_winners_has_half_the_variance_of_the_luck_and_a_new_run_all_of_it():
    curve = studies(0.05, 1)[0]
    found = sizes(curve)
    noise, share = noise_of(found), share_of(found)
    assert list(found.searches) == [2.0] * 6 and list(found.count) == [3] * 6
    run = found.own + found.apart
    assert noise.variance == pytest.approx(found.luck.middle**2 + run)
    assert noise.variance * share[0] == pytest.approx(found.luck.middle**2 / 2 + found.own / 3)
    quiet = noise_of(replace(found, luck=replace(found.luck, middle=1e-4)))
    assert quiet.common[0] / (quiet.common[0] + quiet.alone) == pytest.approx(SHARED)


def test_runs_on_one_subset_are_compared_and_what_it_adds_to_all_cancels():
    rng = np.random.default_rng(0)
    n, subset = np.repeat([100.0, 200.0, 400.0], 6), np.tile(["1", "2", "3"] * 2, 3)
    search = np.tile([0, 0, 0, 1, 1, 1], 3)
    luck, shared = 0.02 * search, 0.3 * np.repeat(rng.normal(size=(3, 3)), 2, axis=0).ravel()
    found = repeated(n, np.exp(luck + shared), subset, search)
    assert [one.between for one in found] == pytest.approx([0.0002] * 3)
    assert [one.left for one in found] == pytest.approx([0.0] * 3, abs=1e-12)
    said = luck_of(found, None)
    assert said.low < 0.02 / np.sqrt(2) < said.high


def test_a_search_that_lacks_a_subset_waits():
    n = np.array([100.0] * 5 + [200.0] * 2)
    subset, search = ("1", "2", "3", "1", "2", "1", "1"), np.array([0, 0, 0, 1, 1, 0, 1])
    assert list(complete(n, subset, search)) == [True] * 3 + [False] * 2 + [True] * 2
    curve = make_curve(n, [1, 2, 3, 9, 9, 1, 2], replicate=subset, seed=list("abcdea") + ["d"])
    found = sizes(replace(curve, search_of={"a": 0, "b": 0, "c": 0, "d": 1, "e": 1}))
    assert list(found.mean) == [2.0, 1.5] and list(found.searches) == [1.0, 2.0]


def test_equal_winners_are_no_copies_and_tell_of_no_luck():
    from kleiber.curves.curve import curves_of
    from kleiber.importers import Row, Table

    rows = [
        Row("m", "loss", n, 2.0 * n**-0.3 + r / 1000, replicate=str(r), seed=f"{r}.{k}")
        for n in (100, 200, 400, 800)
        for k in (0, 1)
        for r in (1, 2)
    ]
    told = {"search": {}, "sizes": [], "runs": {f"{r}.{k}": k for k in (0, 1) for r in (1, 2)}}
    (curve,) = curves_of(Table(tuple(rows), searched={"m": told}))
    assert len(curve.n) == 16
    found = sizes(curve)
    assert list(found.searches) == [2.0] * 4 and found.luck.middle < 0.005


def test_too_few_winners_tell_nothing_by_themselves():
    found = repeated(np.array([100.0] * 2), np.array([1.0, 1.1]), ("1", "1"), np.array([0, 1]))
    assert len(found) == 1 and luck_of(found, None) is None
