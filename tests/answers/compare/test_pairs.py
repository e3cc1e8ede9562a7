"""What is worked out once for all pairs is what each pair alone would get, but for the chance of its draws."""

from dataclasses import astuple
from typing import Any

import numpy as np
import pytest

from kleiber import Forecast, compare
from kleiber.forecasting.draws import Drawn

N = [100, 200, 400, 800, 1600]


def runs(a: float, b: float, c: float, seed: int) -> dict[str, list[float]]:
    chance = np.random.default_rng(seed)
    n = np.repeat(N, 2)
    loss = (a * n**-b + c) * (1 + 0.01 * chance.normal(size=len(n)))
    return {"n": n.tolist(), "loss": loss.tolist(), "seed": [0, 1] * len(N)}


MODELS = {"lenet": runs(5, 0.35, 0.1, 1), "mlp": runs(6, 0.3, 0.2, 2), "forest": runs(4, 0.4, 0.3, 3)}


def test_each_pair_of_three_has_the_numbers_of_the_two_alone() -> None:
    told: list[tuple[str, int, int]] = []
    three = compare(MODELS, at=[3200, 6400], watch=lambda *how: told.append(how))
    assert [(pair.first, pair.second) for pair in three.pairs] == [("lenet", "mlp"), ("lenet", "forest"), ("mlp", "forest")]
    for pair in three.pairs:
        alone = compare({name: MODELS[name] for name in (pair.first, pair.second)}, at=[3200, 6400]).pairs[0]
        assert (pair.largest_common, pair.horizon, pair.paired) == (alone.largest_common, alone.horizon, alone.paired)
        for ours, theirs in zip(pair.at, alone.at, strict=True):
            assert (ours.n, ours.beats_run, ours.grade) == (theirs.n, theirs.beats_run, theirs.grade)
            assert ours.beats == pytest.approx(theirs.beats, abs=0.02)
            assert astuple(ours.ratio) == pytest.approx(astuple(theirs.ratio), rel=0.03)
        assert pair.crossing and alone.crossing and pair.crossing.crosses == pytest.approx(alone.crossing.crosses, abs=0.03)
        for one, other in zip(pair.multipliers, alone.multipliers, strict=True):
            assert (one.loss, one.first_never, one.second_never) == pytest.approx(
                (other.loss, other.first_never, other.second_never), rel=1e-9
            )
            assert (one.first_within, one.second_within) == pytest.approx(
                (other.first_within, other.second_within), abs=0.02
            )


@pytest.mark.parametrize("sizes", [[N] * 5, [[n * (1 + 0.3 * i) for n in N] for i in range(5)]], ids=["same", "others"])
def test_each_model_is_drawn_once_for_all_its_pairs(sizes: list[list[float]], monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def count(forecast: Forecast, *how: Any, **more: Any) -> Drawn:
        drawn.append(forecast.curve.model)
        return draw(forecast, *how, **more)

    draw = Forecast.drawn
    monkeypatch.setattr(Forecast, "drawn", count)
    models = {f"model-{i}": {**runs(4 + i, 0.3, 0.1, i), "n": np.repeat(own, 2).tolist()} for i, own in enumerate(sizes)}
    found = compare(models)
    assert len(found.pairs) == 10
    assert all(pair.at for pair in found.pairs)
    assert sorted(drawn) == sorted(models)


def test_a_refused_model_leaves_the_others_compared_and_pairs_in_order() -> None:
    short = {"n": [100, 200], "loss": [1.0, 0.9]}
    found = compare({"short": short, **MODELS})
    assert [pair.first for pair in found.pairs] == ["short"] * 3 + ["lenet", "lenet", "mlp"]
    assert [bool(pair.at) for pair in found.pairs] == [False] * 3 + [True] * 3
