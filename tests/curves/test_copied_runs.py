"""Runs that are copies: what random sums leave out is what comparing every run would leave out."""

import numpy as np
import pytest

from kleiber.curves import copied_runs
from kleiber.curves.curve import make_curve, sizes, up_to


def runs(seed):
    """Draw runs of a few digits, some of which are copies, or copies in part, and lack a size here and there."""
    rng = np.random.default_rng(seed)
    count, width = int(rng.integers(2, 40)), int(rng.integers(3, 9))
    loss = np.round(rng.random((count, width)), int(rng.choice([0, 1, 2, 9]))) + 0.5
    for i in range(1, count):
        if rng.random() < 0.3:
            part = rng.random(width) < rng.choice([0.6, 1.0])
            loss[i, part] = loss[rng.integers(i), part]
    there = rng.random(loss.shape) > rng.choice([0.0, 0.05, 0.3])
    run, size = np.nonzero(there)
    return 100.0 * 2.0**size, loss[there], run


@pytest.mark.parametrize("seed", range(60))
def test_the_copies_are_those_of_comparing_all(seed, monkeypatch) -> None:
    n, loss, run = runs(seed)
    found = make_curve(n, loss, seed=run)
    monkeypatch.setattr(copied_runs, "_alike", lambda groups, runs: runs)
    every = make_curve(n, loss, seed=run)
    assert found.n.tolist() == every.n.tolist() and found.loss.tolist() == every.loss.tolist()
    assert found.seed == every.seed and found.cautions == every.cautions


def test_few_runs_are_compared_where_losses_are_rounded_and_none_is_a_copy(monkeypatch) -> None:
    rng = np.random.default_rng(0)
    loss = np.round(rng.normal(0.5, 0.05, (3000, 12)), 3)
    compared = []
    members = copied_runs._members
    monkeypatch.setattr(copied_runs, "_members", lambda groups, runs: compared.append(len(runs)) or members(groups, runs))
    labels = np.repeat(np.arange(3000), 12)
    curve = make_curve(np.tile(100.0 * 2.0 ** np.arange(12), 3000), loss.ravel(), seed=labels)
    assert len(curve.n) == loss.size and compared == [0]


def test_a_curve_up_to_a_size_shares_its_numbers() -> None:
    curve = make_curve([100, 100, 200, 400], [1.0, 0.9, 0.8, 0.7], replicate=[0, 1, 0, 0], se=[0.1] * 4)
    part = up_to(curve, 250)
    assert part.n.tolist() == [100, 100, 200] and part.replicate == ("0", "1", "0") and part.se is not None
    assert np.shares_memory(part.loss, curve.loss) and len(up_to(curve, 50).n) == 0
    assert sizes(part).values == ((1.0, 0.9), (0.8,)) and sizes(part).values[-1] == (0.8,)
    assert sizes(part).values[:1] == ((1.0, 0.9),)
